// One call of the file system fails, once, somewhere in a sweep or its report: a full disk, a used-up quota, a stale
// handle, too many open files, half a write. The command says so, the same command then ends well with the same bytes,
// and leaves nothing behind.
//   TINYPOISON_FAULTS=300 npm run test:reliability -- single-faults
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { randomStream } from '../../src/core/random.ts';
import { temporaryFolder } from '../run/fake-runs.ts';
import { say } from '../say.ts';
import { filesBelow, resultFiles, workplace } from './built-program.ts';
import { CommandLost, CommandServer } from './command-server.ts';

const FAULTS = Number(process.env.TINYPOISON_FAULTS ?? 25);
const SEED = process.env.TINYPOISON_SEED ?? '1';
const ONLY = process.env.TINYPOISON_FUZZ_CASE;
const LIMIT_MS = 60_000;
const words = [
  'run',
  'tiny.yaml',
  '--engine',
  'wasm',
  '--executor',
  'in-process',
  '--workers',
  '1',
  '--save-every',
  '0',
];

const READING = ['EIO', 'EACCES', 'EMFILE', 'ENFILE', 'ESTALE', 'EBUSY'];
const WRITING = [...READING, 'ENOSPC', 'EDQUOT', 'EROFS'];

/** What may befall a call. */
function codesFor(call: string): readonly string[] {
  const [name = ''] = call.split(' ');
  if (name === 'writeSync') return [...WRITING, 'half', 'half'];
  if (name === 'readSync') return [...READING, 'half', 'half'];
  return ['stat', 'exists', 'readdir', 'readFile', 'realpath'].some((reader) => name.startsWith(reader))
    ? READING
    : WRITING;
}

const isLeftover = (path: string) => /\.tmp$|lease\.json$|\.lock$|\.clock$|state\.bin$/.test(path);

test(`${FAULTS} single faults pass`, { timeout: 120_000 + FAULTS * 30_000 }, async () => {
  const server = new CommandServer();
  const run = (folder: string, fault: { below: string; call?: number; code?: string }) =>
    server.run(words, { folder, limitMs: LIMIT_MS, fault });
  const alone = workplace();
  // The first command of a process also loads what later ones have.
  await run(alone, { below: alone });
  const clean = workplace();
  const { code, err, calls } = await run(clean, { below: clean });
  expect(code, err).toBe(0);
  const expected = resultFiles(clean);
  expect(calls.length).toBeGreaterThan(200);
  const tally: Record<string, number> = {};
  const failures: string[] = [];
  const begin = performance.now();
  const cases = ONLY === undefined ? Array.from({ length: FAULTS }, (_, index) => index) : [Number(ONLY)];
  for (const index of cases) {
    const random = randomStream(SEED, 'fault', index);
    const call = random.integer({ minimum: 0, maximum: calls.length - 1 });
    const fault = random.choose(codesFor(calls[call] as string));
    const folder = workplace({ inside: join(temporaryFolder(), String(index)) });
    const what = `fault ${index} of seed ${SEED}, ${fault} at call ${call} (${calls[call]})`;
    try {
      const struck = await run(folder, { below: folder, call, code: fault });
      const outcome = struck.code === 0 ? 'did no harm' : `ended with exit code ${struck.code}`;
      tally[outcome] = (tally[outcome] ?? 0) + 1;
      if (ONLY !== undefined) say(`${what}: ${outcome}\n${struck.err}`);
      if (/defect|Unknown system error|\n {4}at /.test(struck.err))
        failures.push(`${what}: ${struck.err.slice(-300)}`);
      const again = await run(folder, { below: folder });
      const later = filesBelow(folder).filter(isLeftover);
      if (again.code !== 0)
        failures.push(`${what}: the same command ended with ${again.code}: ${again.err.slice(-300)}`);
      else if (JSON.stringify(resultFiles(folder)) !== JSON.stringify(expected))
        failures.push(`${what}: other bytes`);
      else if (later.length > 0) failures.push(`${what}: left behind: ${later.join(', ')}`);
    } catch (error) {
      if (!(error instanceof CommandLost)) throw error;
      failures.push(`${what}: ${error.message}`);
    }
    rmSync(folder, { recursive: true, force: true });
  }
  const seconds = ((performance.now() - begin) / 1000).toFixed(0);
  say(
    `${cases.length} single faults of ${calls.length} calls in ${seconds} s: ${JSON.stringify(tally)}, seed ${SEED}`,
  );
  expect(failures).toEqual([]);
});
