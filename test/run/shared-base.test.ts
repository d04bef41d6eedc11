import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sharedBases } from '../../src/run/execute/shared-base.ts';
import { runFile } from '../../src/run/store/store.ts';
import { temporaryFolder } from './fake-runs.ts';
import { runTiny, tinySweep, tinyYaml } from './tiny-experiment.ts';

/** A clean base, then a phase with poison. */
const yaml = tinyYaml.replace(
  '  - name: pretrain\n    tokens: 4096',
  '  - name: base\n    tokens: 4096\n    batch: { sequences: 4 }\n  - name: pretrain\n    tokens: 4096',
);
const DOSES = 'phases.pretrain.poison.documents=[0, 4, 8]';
const FILES = ['result', 'metrics', 'trace', 'losses', 'manifest'] as const;
const bytes = (store: string, id: string) =>
  FILES.map((file) => readFileSync(runFile(store, id, file), 'utf8'));
const bases = (store: string) => readdirSync(join(store, 'cache', 'bases'));
const log = (store: string, id: string) => readFileSync(runFile(store, id, 'log'), 'utf8');
const SHARES = /goes on from a base that runs of its sweep share, after step 16/;

test('a base that runs of a sweep share is trained once, and gives the bytes of runs that share nothing', async () => {
  const [shared, alone] = [temporaryFolder(), temporaryFolder()];
  const { ids } = await runTiny(shared, { yaml, sweep: [DOSES], workers: 2 });
  expect(bases(shared)).toHaveLength(1);
  expect(ids.filter((id) => SHARES.test(log(shared, id)))).toHaveLength(2);
  for (const documents of [0, 4, 8]) {
    const { ids: own } = await runTiny(alone, {
      yaml,
      set: [`phases.pretrain.poison.documents=${documents}`],
    });
    const [id = ''] = own;
    expect(ids).toContain(id);
    expect(log(alone, id)).not.toMatch(SHARES);
    expect(bytes(shared, id)).toEqual(bytes(alone, id));
  }
  const flops = ids.map(
    (id) => (JSON.parse(readFileSync(runFile(shared, id, 'provenance'), 'utf8')) as { flops: number }).flops,
  );
  expect(Math.max(...flops)).toBe(2 * Math.min(...flops));
});

test('a damaged base is trained again, with the same bytes', async () => {
  const [store, other] = [temporaryFolder(), temporaryFolder()];
  await runTiny(store, { yaml, sweep: [DOSES] });
  const [name = ''] = bases(store);
  const path = join(store, 'cache', 'bases', name);
  const whole = readFileSync(path);
  const damaged = Uint8Array.from(whole);
  damaged[damaged.length >> 1] = 1 ^ (damaged[damaged.length >> 1] as number);
  writeFileSync(path, damaged);
  const more = 'phases.pretrain.poison.documents=[2, 6]';
  const { ids } = await runTiny(store, { yaml, sweep: [more] });
  expect(readFileSync(path)).toEqual(whole);
  await runTiny(other, { yaml, sweep: [more] });
  for (const id of ids) expect(bytes(store, id)).toEqual(bytes(other, id));
});

test.each([
  ['another seed of the run', 'sweep.seeds=[1, 2]'],
  ['another learning rate of the base', 'phases.base.optimizer.learningRate=[0.01, 0.02]'],
  ['other prompts', 'evaluation.prompts=[10, 12]'],
  ['another trigger', 'phases.pretrain.poison.trigger.text=["<S>", "<T>"]'],
])('%s is another base', async (_, sweep) => {
  const runs = sweep.startsWith('sweep.')
    ? await tinySweep(temporaryFolder(), { yaml, set: [sweep] })
    : await tinySweep(temporaryFolder(), { yaml, sweep: [sweep] });
  expect(runs).toHaveLength(2);
  expect(sharedBases(runs.map(({ task }) => task))).toEqual([[], []]);
});

test('what changes after the base shares it: placement, learning rate', async () => {
  for (const sweep of [
    'phases.pretrain.poison.placement=[uniform, end]',
    'phases.pretrain.optimizer.learningRate=[0.01, 0.02]',
  ]) {
    const runs = await tinySweep(temporaryFolder(), { yaml, sweep: [sweep] });
    const [one, other] = sharedBases(runs.map(({ task }) => task));
    expect(one).toHaveLength(1);
    expect(one).toEqual(other);
    expect(one?.[0]?.phase).toBe(0);
  }
});

test('with weights of every checkpoint kept, each run trains its own', async () => {
  const store = temporaryFolder();
  const { ids } = await runTiny(store, { yaml, sweep: [DOSES], keepWeights: 'all' });
  for (const id of ids) {
    expect(log(store, id)).not.toMatch(SHARES);
    expect(readdirSync(runFile(store, id, 'checkpoints'))).toHaveLength(8);
  }
});
