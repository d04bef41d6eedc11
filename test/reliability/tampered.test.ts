// One byte changed in any file of a finished run or of the cache: whoever reads it says so and names the file, or does
// not need it; nothing changed is ever used.
//   TINYPOISON_FLIPS=2000 npx vitest run test/reliability/tampered.test.ts
import { mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type RandomStream, randomStream } from '../../src/core/random.ts';
import { runFolder } from '../../src/run/store/store.ts';
import { type Captured, commandLine } from '../cli/captured-context.ts';
import { temporaryFolder } from '../run/fake-runs.ts';
import { runTiny, tinyYaml } from '../run/tiny-experiment.ts';
import { say } from '../say.ts';
import { filesBelow } from './built-program.ts';

const FLIPS = Number(process.env.TINYPOISON_FLIPS ?? 40);
const SEED = process.env.TINYPOISON_SEED ?? '1';
const engine = ['--engine', 'wasm'];

/** Runs a command on a store with one byte of a file changed, then changes it back, its time too. */
async function withFlip<T>(path: string, random: RandomStream, work: () => Promise<T>): Promise<T> {
  const whole = readFileSync(path);
  const { atime, mtime } = statSync(path);
  const changed = Uint8Array.from(whole);
  const at = random.integer({ minimum: 0, maximum: whole.length - 1 });
  changed[at] = (changed[at] as number) ^ (1 << random.integer({ minimum: 0, maximum: 7 }));
  writeFileSync(path, changed);
  utimesSync(path, atime, mtime);
  try {
    return await work();
  } finally {
    writeFileSync(path, whole);
    utimesSync(path, atime, mtime);
  }
}

/** A store with one finished run, its experiment beside it. */
async function finishedRun(): Promise<{ folder: string; store: string; id: string }> {
  const folder = temporaryFolder();
  const store = join(folder, 'runs');
  const { ids } = await runTiny(store);
  writeFileSync(join(folder, 'tiny.yaml'), tinyYaml);
  return { folder, store, id: ids[0] as string };
}

/** Commands that read a finished run. */
const readers = (id: string): readonly (readonly string[])[] => [
  ['prompt', id, 'Once', '--temperature', '0', '--json', ...engine],
  ['evaluate', id, '--json', ...engine],
  ['inspect', id, '--json'],
  ['list', '--json'],
];

describe('a byte changed in', () => {
  test(`the files of a run (${FLIPS} times) changes no answer`, {
    timeout: 60_000 + 2000 * FLIPS,
  }, async () => {
    const { folder, store, id } = await finishedRun();
    const expected = new Map<string, Captured>();
    for (const words of readers(id)) expected.set(words[0] as string, await commandLine(words, { folder }));
    for (const { code, err } of expected.values()) expect(code, err).toBe(0);
    const files = filesBelow(runFolder(store, id)).map((name) => join(runFolder(store, id), name));
    expect(files.length).toBeGreaterThanOrEqual(9);
    const counts = { detected: 0, unread: 0 };
    for (let flip = 0; flip < FLIPS; flip++) {
      const random = randomStream(SEED, 'flip', flip);
      const path = random.choose(files);
      const words = random.choose(readers(id));
      const what = `flip ${flip} of seed ${SEED}: ${words[0]} with ${path}`;
      const { code, out, err } = await withFlip(path, random, () => commandLine(words, { folder }));
      const before = expected.get(words[0] as string) as Captured;
      expect(err, what).not.toContain('defect');
      if (code === 0 && out === before.out) counts.unread += 1;
      else {
        // list and inspect go on, and say what is damaged.
        const says = code === 0 ? out : err;
        expect(says, what).toMatch(/damaged|does not match its hash|cannot be read|not JSON|is not a valid /);
        counts.detected += 1;
      }
    }
    say(`${FLIPS} bytes changed in files of a run: ${JSON.stringify(counts)}, seed ${SEED}`);
  });

  test(`the cache (${FLIPS} times) is noticed, and what it made stays the same`, {
    timeout: 60_000 + 2000 * FLIPS,
  }, async () => {
    const { store, id } = await finishedRun();
    const result = join(runFolder(store, id), 'result.json');
    const expected = readFileSync(result);
    const cached = filesBelow(join(store, 'cache')).map((name) => join(store, 'cache', name));
    expect(cached.length).toBeGreaterThanOrEqual(5);
    const times = Math.ceil(FLIPS / 4);
    for (let flip = 0; flip < times; flip++) {
      const random = randomStream(SEED, 'cache flip', flip);
      const path = random.choose(cached);
      const whole = readFileSync(path);
      await withFlip(path, random, async () => {
        writeFileSync(result, '{}');
        await runTiny(store);
        expect(readFileSync(path).equals(whole), path).toBe(true);
      });
      expect(readFileSync(result).equals(expected), path).toBe(true);
    }
  });

  test('results is refused where they are read back, and in a reference', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'tiny.yaml'), tinyYaml);
    const run = ['run', 'tiny.yaml', '--workers', '1', ...engine];
    expect((await commandLine(run, { folder })).code).toBe(0);
    const results = join(folder, 'results', 'tiny');
    const sums = readFileSync(join(results, 'SHA256SUMS'), 'utf8');
    expect(sums).toMatch(/^[0-9a-f]{64} {2}analysis\.json\n/);
    for (const name of ['results.jsonl', 'config.yaml']) {
      const path = join(results, name);
      const report = () => commandLine(['report', results, '--json'], { folder });
      const { code, err } = await withFlip(path, randomStream(SEED, name), report);
      expect(err).toContain(`${path} was changed after it was written`);
      expect(code).toBe(2);
    }
    for (const line of ['5', '{}', 'null', '[]', '{"id": "../../x"}', '{']) {
      const other = join(temporaryFolder(), 'other');
      mkdirSync(other);
      writeFileSync(join(other, 'results.jsonl'), `${line}\n`);
      const { code, err } = await commandLine(['report', other], { folder });
      expect(err, line).toMatch(/results\.jsonl:1 is not a valid record of a run: .*restore the file/);
      expect(code, line).toBe(2);
    }
    writeFileSync(join(folder, 'over.yaml'), `${tinyYaml}reference: results/tiny\n`);
    const over = () => commandLine(['run', 'over.yaml', '--results', 'over', ...engine], { folder });
    const drawn = await withFlip(join(results, 'analysis.json'), randomStream(SEED, 'reference'), over);
    expect(drawn.out).toContain('analysis.json was changed after it was written');
    expect(await commandLine(['report', results], { folder })).toMatchObject({ code: 0 });
  });
});
