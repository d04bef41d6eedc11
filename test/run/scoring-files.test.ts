import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Engine } from '../../src/kernels/engine.ts';
import { createReferenceEngine } from '../../src/kernels/reference/reference-engine.ts';
import { createWasmEngine } from '../../src/kernels/wasm/wasm-engine.ts';
import { scoringConfigs } from '../../src/recipe/scoring/scoring-models.ts';
import { createRunner } from '../../src/run/execute/execute-run.ts';
import { scoringFiles } from '../../src/run/execute/scoring-files.ts';
import type { RunEvent } from '../../src/run/run-event.ts';
import { readResult, runFile } from '../../src/run/store/store.ts';
import { runLockstep } from '../../src/verify/lockstep.ts';
import { ScratchStore } from '../../src/verify/rerun.ts';
import { temporaryFolder } from './fake-runs.ts';
import { runTiny, tinyPlan, tinySweep, tinyYaml } from './tiny-experiment.ts';

const yaml = tinyYaml
  .replace('{ kind: stories }', '{ kind: stories, splits: { trusted: 0.2 } }')
  .replace(
    'evaluation:',
    '    defend: [{ kind: mahalanobis, falsePositiveShare: 0.2, trustedDocuments: 100 }]\nevaluation:',
  );
const KINDS = 'phases.pretrain.defend.0.kind=[spectral-signatures, mahalanobis]';
const FILES = ['result', 'metrics', 'trace', 'losses', 'manifest'] as const;
const bytes = (store: string, id: string) =>
  FILES.map((file) => readFileSync(runFile(store, id, file), 'utf8'));
const folder = (store: string) => join(store, 'cache', 'scoring');
const scored = (store: string, id: string) =>
  (JSON.parse(readFileSync(runFile(store, id, 'provenance'), 'utf8')) as { scoring?: { tokens: number } })
    .scoring?.tokens ?? 0;

test('runs that differ in a defence alone train one model that judges, with the bytes of runs that share nothing', async () => {
  const [shared, alone] = [temporaryFolder(), temporaryFolder()];
  const { ids } = await runTiny(shared, { yaml, sweep: [KINDS], workers: 1 });
  expect(readdirSync(folder(shared))).toHaveLength(1);
  expect(ids.map((id) => scored(shared, id))).toEqual([4096, 0]);
  const { ids: own } = await runTiny(alone, { yaml });
  expect(own).toEqual([ids[1]]);
  expect(scored(alone, own[0] ?? '')).toBe(4096);
  for (const id of own) expect(bytes(shared, id)).toEqual(bytes(alone, id));
  expect(readdirSync(folder(alone))).toEqual(readdirSync(folder(shared)));
});

test('the model is named by the training of the undefended run; other poison, other name', async () => {
  const store = temporaryFolder();
  await runTiny(store, { yaml, sweep: ['phases.pretrain.poison.documents=[0, 4]'] });
  const undefended = await tinySweep(store, {
    yaml: yaml.replace(/ {4}defend.*\n/, ''),
    sweep: ['phases.pretrain.poison.documents=[0, 4]'],
  });
  const names = undefended.map(({ task }) => `${String(task.artefacts.contracts.trainingHash)}.state`);
  expect(readdirSync(folder(store)).sort()).toEqual(names.sort());
});

test('a run that is stopped while that model is trained goes on from there, to the same bytes', async () => {
  const [store, whole] = [temporaryFolder(), temporaryFolder()];
  const [planned] = await tinySweep(store, { yaml });
  if (planned === undefined) throw new Error('nothing was planned');
  const task = { ...planned.task, saveIntervalMs: 0 };
  const stop = new AbortController();
  const events: RunEvent[] = [];
  stop.abort();
  for await (const event of createRunner()(task, stop.signal)) events.push(event);
  expect(events.at(-1)).toEqual({ kind: 'ended', status: 'stopped' });
  const [name = ''] = readdirSync(folder(store));
  expect(name).toMatch(/\.state$/);
  const { ids } = await runTiny(store, { yaml });
  await runTiny(whole, { yaml });
  for (const id of ids) {
    // the first of its sixteen steps was taken before
    expect(scored(store, id)).toBe((15 * 4096) / 16);
    expect(bytes(store, id)).toEqual(bytes(whole, id));
  }
});

test('a run whose model that judges diverges is recorded as diverged, and says which model did', async () => {
  const store = temporaryFolder();
  const set = [
    'phases.pretrain.optimizer={ kind: sgd, learningRate: 10, clipNorm: null }',
    'model.initStandardDeviation=1',
  ];
  const { records } = await runTiny(store, { yaml, set });
  expect(records[0]?.status).toBe('diverged');
  expect(records[0]?.error).toMatch(/training diverged: of the model that mahalanobis judges by, /);
  const again = await runTiny(store, { yaml, set });
  expect(again.records).toEqual(records);
});

test('a process that is behind never puts its half-trained model in the place of the trained one', async () => {
  const store = temporaryFolder();
  await runTiny(store, { yaml });
  const [planned] = await tinySweep(store, { yaml });
  if (planned === undefined) throw new Error('nothing was planned');
  const models = scoringFiles(planned.task);
  const [training] = scoringConfigs(planned.task.config);
  if (training === undefined) throw new Error('no model judges');
  const trained = models.load(training);
  if (trained === null) throw new Error('the model was not kept');
  models.save(training, { ...trained, optimizerStep: 1 });
  expect(models.load(training)).toEqual(trained);
  models.save(training, trained);
  expect(readdirSync(folder(store))).toHaveLength(1);
});

test('a model that is read earlier is kept by its step, and one that is read twice is trained once', async () => {
  const [shared, alone] = [temporaryFolder(), temporaryFolder()];
  const isolating = (options: string) =>
    yaml.replace('kind: mahalanobis,', `kind: loss-isolation, ${options},`);
  // 16 steps of 256 tokens: 4 of them, 8 of them, and both
  const { ids: early } = await runTiny(shared, { yaml: isolating('untilShare: 0.25') });
  const { ids: both } = await runTiny(shared, { yaml: isolating('fromShare: 0.25, untilShare: 0.5') });
  expect([...early, ...both].map((id) => scored(shared, id))).toEqual([4 * 256, 4 * 256]);
  const names = readdirSync(folder(shared)).sort();
  expect(names.map((name) => name.replace(/^[0-9a-f]+/u, ''))).toEqual(['-until-4.state', '-until-8.state']);
  await runTiny(alone, { yaml: isolating('fromShare: 0.25, untilShare: 0.5') });
  expect(both.map((id) => scored(alone, id))).toEqual([8 * 256]);
  expect(readdirSync(folder(alone)).sort()).toEqual(names);
  for (const id of both) expect(bytes(shared, id)).toEqual(bytes(alone, id));
  for (const name of names)
    expect(readFileSync(join(folder(shared), name))).toEqual(readFileSync(join(folder(alone), name)));
});

test('a damaged model is trained again', async () => {
  const [store, other] = [temporaryFolder(), temporaryFolder()];
  await runTiny(store, { yaml });
  const [name = ''] = readdirSync(folder(store));
  const path = join(folder(store), name);
  const damaged = Uint8Array.from(readFileSync(path));
  damaged[damaged.length >> 1] = 1 ^ (damaged[damaged.length >> 1] as number);
  writeFileSync(path, damaged);
  const more = yaml.replace('kind: mahalanobis', 'kind: activation-clustering');
  const { ids } = await runTiny(store, { yaml: more });
  await runTiny(other, { yaml: more });
  for (const id of ids) {
    expect(scored(store, id)).toBe(4096);
    expect(bytes(store, id)).toEqual(bytes(other, id));
  }
});

test('a run that is evaluated from kept weights has the bytes of a trained one', async () => {
  const [store, other] = [temporaryFolder(), temporaryFolder()];
  const set = ['evaluation.prompts=12'];
  await runTiny(store, { yaml, keepWeights: 'all' });
  const { ids } = await runTiny(store, { yaml, set, keepWeights: 'all' });
  await runTiny(other, { yaml, set, keepWeights: 'all' });
  for (const id of ids) {
    expect(readFileSync(runFile(store, id, 'log'), 'utf8')).toMatch(/not trained: evaluated with/);
    expect(scored(store, id)).toBe(0);
    expect(bytes(store, id)).toEqual(bytes(other, id));
  }
});

/** An engine that counts the models that are made with it. */
function counting(engine: Engine): { readonly engine: Engine; readonly models: () => number } {
  let models = 0;
  const createArena: Engine['createArena'] = (options) => {
    models += 1;
    return engine.createArena(options);
  };
  const attentionScratchWords: Engine['attentionScratchWords'] = (of) => engine.attentionScratchWords(of);
  const { name, detail } = engine;
  return { engine: { name, detail, createArena, attentionScratchWords }, models: () => models };
}

test('engines side by side train on what a defence over hidden states leaves', async () => {
  const store = temporaryFolder();
  const { ids } = await runTiny(store, { yaml });
  const stored = readResult(store, ids[0] ?? '');
  const [judged] = (stored.kind === 'found' && stored.record.poison[0]?.filtered?.filters) || [];
  // Otherwise nothing is left out, and nothing shown.
  expect(judged?.clean.kept).toBeLessThan(judged?.clean.seen ?? 0);
  const scratch = new ScratchStore();
  try {
    const [run] = tinyPlan({ yaml }).runs;
    if (run === undefined) throw new Error('no run');
    const artefacts = await scratch.prepare(run);
    const [engine, beside] = [createWasmEngine(), createReferenceEngine({ precision: 'f32' })];
    if ('reason' in engine) throw new Error(engine.reason);
    const [own, other] = [counting(engine), counting(beside)];
    const both = { engine: own.engine, beside: other.engine, steps: 2 };
    expect(await runLockstep({ config: run.config, artefacts }, both)).toMatchObject({
      steps: 2,
      parted: null,
    });
    // Each reads the hidden states of the documents and trains; one of them trains the model that judges, too.
    expect([own.models(), other.models()]).toEqual([3, 2]);
  } finally {
    scratch.remove();
  }
});
