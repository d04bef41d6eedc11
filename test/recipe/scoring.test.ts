import { describe, expect, test } from 'vitest';
import { loadStoryGrammar } from '../../src/corpus/node/load-story-grammar.ts';
import { createStoryCorpus } from '../../src/corpus/stories.ts';
import type { Engine } from '../../src/kernels/engine.ts';
import { createReferenceEngine } from '../../src/kernels/reference/reference-engine.ts';
import { createWasmEngine } from '../../src/kernels/wasm/wasm-engine.ts';
import { createGpt } from '../../src/model/gpt.ts';
import { createMemoryMemo } from '../../src/recipe/memo.ts';
import { prepareInMemory } from '../../src/recipe/prepare-in-memory.ts';
import { emptyProgress } from '../../src/recipe/run-progress.ts';
import { memoryScoring, type ScoringModels } from '../../src/recipe/scoring/scoring-models.ts';
import { trainRun } from '../../src/recipe/train-run.ts';
import { tinyPlan, tinyYaml } from '../run/tiny-experiment.ts';

const grammar = loadStoryGrammar('en');
const memo = createMemoryMemo();
const withTrusted = tinyYaml.replace('{ kind: stories }', '{ kind: stories, splits: { trusted: 0.2 } }');
const wasm = createWasmEngine();
if ('reason' in wasm) throw new Error(wasm.reason);

const KINDS = ['spectral-signatures', 'activation-clustering', 'mahalanobis', 'loss-isolation'];
const acting = (kind: string, more = kind === 'loss-isolation' ? ', untilShare: 1' : '') =>
  `{ kind: ${kind}, falsePositiveShare: 0.2, trustedDocuments: 100${more} }`;
const defended = (defend: string, yaml = withTrusted) =>
  yaml.replace('evaluation:', `    defend: ${defend}\nevaluation:`);

async function run(
  yaml: string,
  { engine = wasm as Engine, scoring = memoryScoring(), stopAfter = Number.POSITIVE_INFINITY } = {},
) {
  const [prepared] = await prepareInMemory(yaml, {
    memo,
    openCorpus: async ({ seed }) => createStoryCorpus({ seed, grammar }),
  });
  if (prepared === undefined) throw new Error('nothing was planned');
  const progress = emptyProgress();
  const found = { weightsHash: '', steps: 0, scored: 0 };
  const createModel = (request: Omit<Parameters<typeof createGpt>[0], 'engine'>) =>
    createGpt({ ...request, engine });
  for await (const event of trainRun({ ...prepared, progress, scoring, createModel })) {
    if (event.kind === 'step') found.steps += 1;
    if (event.kind === 'scoring') {
      found.scored += 1;
      if (found.scored < stopAfter) continue;
      event.save();
      break;
    }
    if (event.kind === 'trained') found.weightsHash = event.weightsHash;
  }
  return { ...found, poison: progress.poison.flat(), checkpoints: progress.checkpoints.length };
}

/** Counts what is asked of it and keeps the configs. */
function watched(): ScoringModels & { readonly documents: string[] } {
  const models = memoryScoring();
  const documents: string[] = [];
  return {
    documents,
    load: (training) => models.load(training),
    save(training, state) {
      const { phases } = training.config;
      documents.push(JSON.stringify(phases.map(({ name, defend = [] }) => [name, defend.length])));
      models.save(training, state);
    },
  };
}

describe.each(KINDS)('%s', (kind) => {
  test('leaves the run as it is at strength zero, without trusted text and without another model', async () => {
    const zero = `[{ kind: ${kind}, falsePositiveShare: 0 }]`;
    for (const yaml of [tinyYaml, withTrusted]) {
      const found = await run(defended(zero, yaml));
      expect(found.weightsHash).toBe((await run(yaml)).weightsHash);
      expect(found.scored).toBe(0);
    }
  });

  test('judges by a model trained first, with the same bits on another engine', async () => {
    const one = await run(defended(`[${acting(kind)}]`));
    const other = await run(defended(`[${acting(kind)}]`), {
      engine: createReferenceEngine({ precision: 'f32' }),
    });
    expect(other).toEqual(one);
    expect(one.scored).toBe(16);
    expect(one.steps).toBe(16);
    expect(one.checkpoints).toBe(4);
    const [filter] = one.poison[0]?.filtered?.filters ?? [];
    expect(filter?.filter).toBe(kind);
    expect(filter?.caughtAt).toHaveLength(4);
  });

  test('is refused without trusted text', async () => {
    await expect(run(defended(`[${acting(kind)}]`, tinyYaml))).rejects.toThrow(/reads trusted text/);
  });
});

test('the model that judges is the undefended one, or that with the defences before', async () => {
  const scoring = watched();
  const weights: Float32Array[] = [];
  const spy: ScoringModels = {
    ...scoring,
    save(training, state) {
      weights.push(Float32Array.from(state.arrays.parameters));
      scoring.save(training, state);
    },
  };
  const removal = '{ kind: random-removal, share: 0.3 }';
  await run(defended(`[${acting('mahalanobis')}, ${removal}, ${acting('spectral-signatures')}]`), {
    scoring: spy,
  });
  expect(scoring.documents).toEqual(['[["pretrain",0]]', '[["pretrain",2]]']);
  const undefended = await lastArrays(withTrusted);
  expect(weights[0]).toEqual(undefended);
  expect(weights[1]).toEqual(await lastArrays(defended(`[${acting('mahalanobis')}, ${removal}]`)));
  expect(weights[1]).not.toEqual(undefended);
});

async function lastArrays(yaml: string): Promise<Float32Array> {
  const [prepared] = await prepareInMemory(yaml, {
    memo,
    openCorpus: async ({ seed }) => createStoryCorpus({ seed, grammar }),
  });
  if (prepared === undefined) throw new Error('nothing was planned');
  const createModel = (request: Omit<Parameters<typeof createGpt>[0], 'engine'>) =>
    createGpt({ ...request, engine: wasm as Engine });
  let last = new Float32Array();
  for await (const event of trainRun({ ...prepared, createModel }))
    if (event.kind === 'step') last = Float32Array.from(event.model.exportTraining().parameters);
  return last;
}

test('a model whose training was stopped goes on from there, and one that is kept is not trained again', async () => {
  const yaml = defended(`[${acting('spectral-signatures')}]`);
  const whole = await run(yaml);
  const scoring = memoryScoring();
  expect((await run(yaml, { scoring, stopAfter: 5 })).weightsHash).toBe('');
  const resumed = await run(yaml, { scoring });
  expect(resumed).toEqual({ ...whole, scored: 11 });
  expect(await run(yaml, { scoring })).toEqual({ ...whole, scored: 0 });
  // another defence of the same phase judges by the same model
  expect((await run(defended(`[${acting('mahalanobis')}]`), { scoring })).scored).toBe(0);
});

test('a later phase is judged by a model that has been through the phases before', async () => {
  const second = `    defend: [${acting('spectral-signatures')}]
  - name: after
    tokens: 1024
    batch: { sequences: 4 }
    defend: [${acting('mahalanobis')}]
evaluation:`;
  const scoring = watched();
  const found = await run(withTrusted.replace('evaluation:', second), { scoring });
  expect(scoring.documents).toEqual(['[["pretrain",0]]', '[["pretrain",1],["after",0]]']);
  expect(found.scored).toBe(16 + 16 + 4);
  expect(found.steps).toBe(20);
});

describe('isolation by loss', () => {
  const isolating = (more: string) => defended(`[${acting('loss-isolation', more)}]`);

  test('reads the undefended model of the step, which is trained no further', async () => {
    const scoring = watched();
    const found = await run(isolating(', fromShare: 0.25, untilShare: 0.5'), { scoring });
    expect(found.scored).toBe(8);
    expect(scoring.documents).toEqual(['[["pretrain",0]]', '[["pretrain",0]]']);
  });

  test('judges otherwise by another step, and goes on from a step that was stopped at', async () => {
    const yaml = isolating(', fromShare: 0.25, untilShare: 0.5');
    const whole = await run(yaml);
    expect(whole.weightsHash).not.toBe((await run(isolating(', untilShare: 0.5'))).weightsHash);
    const scoring = memoryScoring();
    await run(yaml, { scoring, stopAfter: 6 });
    expect(await run(yaml, { scoring })).toEqual({ ...whole, scored: 2 });
  });

  test('unlearns after the last step, with the same bits on another engine, and removes nothing', async () => {
    const yaml = isolating(', untilShare: 0.5, windowTokens: 8, unlearnSteps: 5');
    const one = await run(yaml);
    expect(await run(yaml, { engine: createReferenceEngine({ precision: 'f32' }) })).toEqual(one);
    expect(one.weightsHash).not.toBe((await run(withTrusted)).weightsHash);
    const [filter] = one.poison[0]?.filtered?.filters ?? [];
    expect(filter?.poisoned.kept).toBe(filter?.poisoned.seen);
    expect(filter?.clean.kept).toBe(filter?.clean.seen);
  });

  test('is refused where the first point is not before the second', () => {
    expect(() => tinyPlan({ yaml: isolating(', fromShare: 0.5, untilShare: 0.5') })).toThrow(
      /defend\.0\.fromShare: is 0\.5, and untilShare is 0\.5/,
    );
  });

  test('costs a plan what its model is trained on until it is read, what it reads, and its own steps', () => {
    const price = (yaml: string) => {
      const [planned] = tinyPlan({ yaml }).runs;
      return { tokens: planned?.scoringTokens ?? 0, flops: planned?.flops ?? 0 };
    };
    const plain = price(withTrusted).flops;
    const early = price(isolating(', untilShare: 0.5'));
    expect(early.tokens).toBe(2048);
    expect(early.flops / plain).toBeCloseTo(1 + 1 / 2 + 1 / 3, 10);
    const twice = price(isolating(', fromShare: 0.25, untilShare: 0.5'));
    expect(twice.tokens).toBe(2048);
    expect(twice.flops / plain).toBeCloseTo(1 + 1 / 2 + 2 / 3, 10);
    const unlearning = price(isolating(', untilShare: 0.5, unlearnSteps: 16'));
    expect(unlearning.flops / plain).toBeCloseTo(2 + 1 / 2 + 1 / 3, 10);
    expect(price(isolating(', unlearnSteps: 16').replace('Share: 0.2', 'Share: 0')).flops).toBe(plain);
  });
});

test('a layer that the model does not have is refused when the experiment is loaded', () => {
  const yaml = (layer: number) => defended(`[{ kind: mahalanobis, layer: ${layer}, trustedDocuments: 200 }]`);
  expect(() => tinyPlan({ yaml: yaml(2) })).toThrow(
    /experiment\.yaml:\d+:\d+ phases\.pretrain\.defend\.0\.layer: is 2, and the model has 1 layers: give 0 to 1/,
  );
  expect(tinyPlan({ yaml: yaml(1) }).runs).toHaveLength(1);
});

test('a plan counts what such models are trained on', () => {
  const [plain] = tinyPlan({ yaml: withTrusted }).runs;
  const [zero] = tinyPlan({ yaml: defended('[{ kind: mahalanobis, falsePositiveShare: 0 }]') }).runs;
  const [one] = tinyPlan({ yaml: defended('[{ kind: mahalanobis }]') }).runs;
  const [two] = tinyPlan({ yaml: defended('[{ kind: mahalanobis }, { kind: spectral-signatures }]') }).runs;
  expect(plain?.scoringTokens).toBeUndefined();
  expect(zero?.flops).toBe(plain?.flops);
  expect([one?.scoringTokens, two?.scoringTokens]).toEqual([4096, 8192]);
  // training once more, and a third of that for reading
  expect((one?.flops ?? 0) / (plain?.flops ?? 1)).toBeCloseTo(2 + 1 / 3, 10);
  expect((two?.flops ?? 0) / (plain?.flops ?? 1)).toBeCloseTo(3 + 2 / 3, 10);
});
