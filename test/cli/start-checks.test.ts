// What a machine must grant is looked at before the program is loaded: a sentence, not a stack trace of Node.
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { limitProblem, ownLimitProblem } from '../../src/cli/start-checks.ts';
import { program } from '../reliability/built-program.ts';
import { temporaryFolder } from '../run/fake-runs.ts';

const limits = (files: string, bytes: string) =>
  [
    'Limit                     Soft Limit           Hard Limit           Units     ',
    `Max open files            ${files.padEnd(20)} 20000                files     `,
    `Max address space         ${bytes.padEnd(20)} unlimited            bytes     `,
    '',
  ].join('\n');

describe('limits', () => {
  test('that let nothing run are named, with what to do', () => {
    expect(limitProblem(limits('1024', 'unlimited'))).toBeNull();
    expect(limitProblem(limits('unlimited', '12000000000'))).toBeNull();
    expect(limitProblem(limits('100', 'unlimited'))).toMatch(
      /^this process may open 100 files, fewer than the 256 that it needs: `ulimit -n 256`/,
    );
    expect(limitProblem(limits('1024', '1024000000'))).toMatch(
      /may use 1024 MB of addresses, .*`ulimit -v unlimited`/,
    );
    expect(limitProblem('')).toBeNull();
    expect(ownLimitProblem()).toBeNull();
  });
});

const inShell = (commands: string) => {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', commands], {
    cwd: temporaryFolder(),
    encoding: 'utf8',
    env: { ...process.env, NODE: process.execPath, PROGRAM: program },
  });
  return { status, stdout, stderr };
};

describe.skipIf(process.platform !== 'linux')('the built program ends with a sentence', () => {
  test('in a folder that was deleted', () => {
    const found = inShell('mkdir gone && cd gone && rmdir ../gone && "$NODE" "$PROGRAM" list --json');
    expect(found.stderr).toBe('error: the current folder was deleted: change into one that is there\n');
    expect(JSON.parse(found.stdout)).toMatchObject({
      exitCode: 2,
      error: { message: expect.stringContaining('deleted') },
    });
    expect(found.status).toBe(2);
  });

  test.each(['ulimit -n 64', 'ulimit -v 1200000'])('under %s', (limit) => {
    const { status, stderr, stdout } = inShell(`${limit} && "$NODE" "$PROGRAM" list`);
    expect(stderr).toMatch(
      /^error: this process may (open 64 files|use 1229 MB of addresses), fewer than .*\n$/,
    );
    expect(stdout).toBe('');
    expect(status).toBe(1);
  });
});
