// Two sweeps on one store at once: each run is done once, and the death of one sweep holds up nothing.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runFile, storedRunIds } from '../../src/run/store/store.ts';
import { killGroup, resultFiles, startProgram, tinyRun, workplace } from './built-program.ts';

const sweep = (workers: number, seeds: string) => [
  ...tinyRun,
  '--set',
  `sweep.seeds=${seeds}`,
  '--workers',
  String(workers),
];

/** How often the runs of a store were begun, by run. */
function begun(folder: string): number[] {
  const store = join(folder, 'runs');
  return storedRunIds(store).map(
    (id) => readFileSync(runFile(store, id, 'log'), 'utf8').match(/ (started|resumed)/g)?.length ?? 0,
  );
}

describe('two sweeps on one store', () => {
  test('share the runs, and both end with all results', async () => {
    const folder = workplace();
    const words = sweep(1, '[1, 2]');
    const both = [words, [...words, '--results', 'other/tiny']].map((own) => startProgram(own, { folder }));
    for (const { ended, errors } of both) expect(await ended, errors()).toBe(0);
    expect(begun(folder)).toEqual([1, 1, 1, 1, 1, 1]);
    const csv = readFileSync(join(folder, 'other', 'tiny', 'results.csv'), 'utf8');
    expect(csv).toBe(resultFiles(folder)['results.csv']);
    for (const id of storedRunIds(join(folder, 'runs')))
      expect(existsSync(runFile(join(folder, 'runs'), id, 'lease'))).toBe(false);
  }, 60_000);

  test('where one is killed while it holds runs, the other does them', async () => {
    const folder = workplace();
    const words = [
      ...sweep(1, '[1]'),
      '--set',
      'phases.pretrain.tokens=200000',
      '--set',
      'evaluation.checkpoints=1',
    ];
    const killed = startProgram(words, { folder });
    const store = join(folder, 'runs');
    const held = () => storedRunIds(store).filter((id) => existsSync(runFile(store, id, 'config')));
    while (held().length === 0) await new Promise((done) => setTimeout(done, 10));
    const other = startProgram(words, { folder });
    // It waits for the runs of the first, or does those that are left.
    await new Promise((done) => setTimeout(done, 700));
    killGroup(killed.process);
    expect(await other.ended, other.errors()).toBe(0);
    expect(String(resultFiles(folder)['results.csv']).split('\n').length).toBeGreaterThan(3);
  }, 60_000);
});
