// Faults of the machine: named, never held against a run, and without leftovers.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ArtefactError, InputError } from '../../src/core/errors.ts';
import { faultReason, fileFault } from '../../src/core/file-fault.ts';
import { removeLeftovers } from '../../src/core/node/atomic-file.ts';
import { makeFolder } from '../../src/core/node/make-folder.ts';
import { ArenaError } from '../../src/kernels/arena-error.ts';
import { faultOf } from '../../src/run/run-event.ts';
import { temporaryFolder } from '../run/fake-runs.ts';

function systemError(errno: number, code: string, syscall = 'open'): Error {
  return Object.assign(new Error(`${code}: ${syscall} '/store/x'`), {
    errno,
    code,
    syscall,
    path: '/store/x',
  });
}

const PASSING: readonly (readonly [number, string])[] = [
  [-24, 'EMFILE'],
  [-13, 'EACCES'],
  [-16, 'EBUSY'],
  [-30, 'EROFS'],
  [-28, 'ENOSPC'],
  [-2, 'ENOENT'],
  [-5, 'EIO'],
  [-116, 'Unknown system error -116'],
  [-122, 'Unknown system error -122'],
  [-12, 'ENOMEM'],
];

describe('a fault of the machine', () => {
  test.each(PASSING)('%i %s ends the sweep and is not remembered as a failed run', (errno, code) => {
    for (const syscall of ['open', 'write', 'fsync', 'rename', 'unlink'])
      expect(faultOf(systemError(errno, code, syscall))).toMatchObject({ stopsSweep: true });
  });

  test('a damaged artefact of the cache likewise: it is made again', () => {
    expect(faultOf(new ArtefactError('gone'))).toMatchObject({ stopsSweep: true });
    expect(faultOf(new TypeError('a defect')).stopsSweep).toBeUndefined();
  });

  test('too little memory likewise: fewer workers may do', () => {
    const fault = faultOf(new ArenaError({ words: 2 ** 20, reason: 'the memory is used up' }));
    expect(fault).toMatchObject({ stopsSweep: true, error: expect.stringMatching(/fewer workers/) });
    expect(faultOf(new InputError('a width of 0')).stopsSweep).toBeUndefined();
  });

  test('is named where the call does not say of which file', () => {
    const nameless = { ...systemError(-122, 'Unknown system error -122', 'close'), path: undefined };
    const error = Object.assign(new Error('Unknown system error -122, close'), nameless);
    expect(fileFault(error)?.message).toMatch(/^a file \(close\) cannot be written: the quota is used up/);
    expect(faultOf(error)).toMatchObject({ stopsSweep: true, error: expect.stringMatching(/quota/) });
    const other = Object.assign(new Error('listen EADDRINUSE'), {
      syscall: 'listen',
      code: 'EADDRINUSE',
      errno: -98,
    });
    expect(fileFault(other)).toBeUndefined();
  });

  test('a used-up quota and a stale handle have their names, whatever Node calls them', () => {
    expect(fileFault(systemError(-122, 'UNKNOWN', 'write'))?.message).toMatch(
      /the quota is used up; make room/,
    );
    expect(fileFault(systemError(-116, 'Unknown system error -116'))?.message).toMatch(/its handle is stale/);
    expect(fileFault(systemError(-24, 'EMFILE'))?.message).toMatch(/too many files are open .*ulimit -n/);
  });
});

describe('folders', () => {
  test('are made with all that is missing above them, and again', () => {
    const root = temporaryFolder();
    makeFolder(join(root, 'a', 'b', 'c'));
    makeFolder(join(root, 'a', 'b', 'c'));
    expect(readdirSync(join(root, 'a', 'b'))).toEqual(['c']);
    writeFileSync(join(root, 'file'), '');
    expect(() => makeFolder(join(root, 'file', 'x'))).toThrow(/EEXIST|ENOTDIR/);
  });

  test.runIf(process.platform === 'linux')('that /proc refuses are an error, not a hang', () => {
    expect(() => makeFolder('/proc/tinypoison/a/b')).toThrow(/ENOENT|EACCES|EPERM/);
  });
});

describe('leftovers of killed processes', () => {
  test('are removed where they are ours and nobody writes them any more', () => {
    const folder = temporaryFolder();
    const names = [
      'summary.md.2147483646.3.tmp',
      `summary.md.${process.pid}.3.tmp`,
      'theirs.md.2147483646.3.tmp',
      'summary.md',
    ];
    for (const name of names) writeFileSync(join(folder, name), '');
    mkdirSync(join(folder, 'figures'));
    removeLeftovers(folder, (name) => name === 'summary.md');
    expect(readdirSync(folder).sort()).toEqual(['figures', ...names.slice(1)].sort());
  });
});

test('what reads a config says why in words, also of errors that Node has no name for', () => {
  const stale = Object.assign(new Error('Unknown system error -116: open'), { errno: -116, syscall: 'open' });
  expect(faultReason(stale)).toMatch(/its handle is stale/);
  expect(faultReason(new Error('other'))).toBeUndefined();
});
