// run --shard and status: parts of a sweep on machines of their own, what a store says of them, and their results put together.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runFile } from '../../src/run/store/store.ts';
import { tinyYaml } from '../run/tiny-experiment.ts';
import { commandLine } from './captured-context.ts';

const folder = mkdtempSync(join(tmpdir(), 'tinypoison-shard-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const grid = ['--sweep', 'phases.pretrain.poison.documents=[0, 2, 4]'];
const run = (store: string, ...more: string[]) =>
  commandLine(
    ['run', 'tiny.yaml', ...grid, '--store', store, '--engine', 'wasm', '--executor', 'in-process', ...more],
    { folder },
  );

interface Status {
  readonly counts: Readonly<Record<string, number>>;
  readonly runs: readonly { id: string; state: string; reason?: string; tokensTrained?: number }[];
}
async function statusOf(store: string): Promise<Status> {
  const { out } = await commandLine(['status', 'tiny.yaml', ...grid, '--store', store, '--json'], { folder });
  return JSON.parse(out);
}
const inWords = async (store: string, ...more: string[]) =>
  (await commandLine(['status', 'tiny.yaml', ...grid, '--store', store, ...more], { folder })).out;

beforeAll(() => writeFileSync(join(folder, 'tiny.yaml'), tinyYaml));

describe('a sweep in two parts', () => {
  it('comes to the results of the whole when they are put together', async () => {
    for (const [part, store] of [
      ['1/2', 'one'],
      ['2/2', 'two'],
    ] as const) {
      const { code, err } = await run(store, '--shard', part);
      expect(code, err).toBe(0);
    }
    const parts = ['1-of-2', '2-of-2'].map((part) => join(folder, 'results', `tiny-shard-${part}`));
    const lines = parts.map((path) =>
      readFileSync(join(path, 'results.jsonl'), 'utf8').trimEnd().split('\n'),
    );
    expect(lines.map(({ length }) => length).sort()).toEqual([1, 2]);
    const merged = await run(
      'merged',
      '--results',
      'together',
      ...parts.flatMap((path) => ['--reuse', path]),
    );
    expect(merged.code, merged.err).toBe(0);
    expect(merged.err).toMatch(/taken from tiny-shard-1-of-2[\s\S]*taken from tiny-shard-2-of-2/);
    await run('whole', '--results', 'whole');
    for (const file of ['results.jsonl', 'results.csv', 'analysis.json', 'config.yaml'])
      expect(readFileSync(join(folder, 'together', file), 'utf8')).toBe(
        readFileSync(join(folder, 'whole', file), 'utf8'),
      );
  });

  it('is refused where a part is none, or a scheduler deals', async () => {
    for (const [words, message] of [
      [['--shard', '4/3'], '--shard is "4/3"'],
      [['--shard', '1/9'], 'give at most 3 parts'],
      [['--shard', '1/2', '--executor', 'slurm'], 'leave out one of the two'],
    ] as const) {
      const { code, err } = await run('none', ...words);
      expect(code).toBe(2);
      expect(err).toContain(message);
    }
  });
});

describe('status', () => {
  it('says from the store alone what is done, running, stopped, damaged and waiting', async () => {
    expect((await statusOf('new')).counts).toMatchObject({ done: 0, waiting: 3 });
    const { runs } = await statusOf('whole');
    expect(runs.map(({ state }) => state)).toEqual(['done', 'done', 'done']);
    const [first, second, third] = runs.map(({ id }) => id) as [string, string, string];

    const text = readFileSync(runFile(join(folder, 'whole'), first, 'result'), 'utf8');
    writeFileSync(runFile(join(folder, 'whole'), first, 'result'), text.replace('"done"', '"failed"'));
    const held = (id: string, name: 'lease' | 'config' | 'metrics', content: unknown) => {
      const path = runFile(join(folder, 'other'), id, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, `${JSON.stringify(content)}\n`);
    };
    expect((await statusOf('whole')).runs[0]).toMatchObject({ state: 'damaged' });

    held(first, 'lease', { pid: process.pid, host: hostname() });
    held(first, 'metrics', { tokensTrained: 100 });
    held(second, 'config', {});
    held(third, 'config', {});
    held(third, 'lease', { pid: 2 ** 22 + 1, host: hostname() });
    const { counts, runs: found } = await statusOf('other');
    expect(counts).toMatchObject({ running: 1, stopped: 2, waiting: 0 });
    expect(found[0]).toMatchObject({ state: 'running', tokensTrained: 100 });
    const words = await inWords('other');
    expect(words).toContain(`process ${process.pid}`);
    expect(words).toMatch(/stopped +2 +begun, and held by nobody/);
  });

  it('says why a run failed', async () => {
    const { runs } = await statusOf('one');
    const done = runs.find(({ state }) => state === 'done')?.id as string;
    const { readResult, writeResult } = await import('../../src/run/store/store.ts');
    const stored = readResult(join(folder, 'one'), done);
    if (stored.kind !== 'found') throw new Error('not there');
    writeResult(join(folder, 'one'), { ...stored.record, status: 'failed', error: 'the disk is full' });
    const words = await inWords('one');
    expect(words).toMatch(/failed +1 +`run --retry-failed` does them again/);
    expect(words).toContain('the disk is full');
  });
});
