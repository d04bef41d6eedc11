import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { composeExperiment } from '../../src/config/compose-experiment.ts';
import { memoryFiles } from '../../src/config/config-files.ts';
import type { RunConfig } from '../../src/config/schema/schema.ts';
import { expandPlan } from '../../src/config/sweep/expand-plan.ts';
import { createStoryCorpus } from '../../src/corpus/stories.ts';
import { compileStoryGrammar } from '../../src/corpus/story-grammar.ts';
import { createReferenceEngine } from '../../src/kernels/reference/reference-engine.ts';
import { createWasmEngine } from '../../src/kernels/wasm/wasm-engine.ts';
import { createGpt } from '../../src/model/gpt.ts';
import type { TrainingArrays } from '../../src/model/trainable-model.ts';
import { attackSchemas } from '../../src/poison/attack-schemas.ts';
import type { RunIdentity } from '../../src/recipe/identity.ts';
import { createMemoryMemo } from '../../src/recipe/memo.ts';
import { buildPhaseData } from '../../src/recipe/phase/phase-data.ts';
import { RunPreparation } from '../../src/recipe/prepare-runs.ts';
import { openInputs } from '../../src/recipe/run-inputs.ts';
import { emptyProgress } from '../../src/recipe/run-progress.ts';
import { type TrainRunEvent, trainRun } from '../../src/recipe/train-run.ts';
import { decodingTokenizer } from '../../src/tokens/decoding-tokenizer.ts';
import { documentTokens } from '../../src/tokens/tokenized-documents.ts';
import { temporaryFolder } from '../run/fake-runs.ts';
import { runTiny, tinyYaml } from '../run/tiny-experiment.ts';

const grammar = compileStoryGrammar('en', {
  words: readFileSync(new URL('../../data/stories/en/words.yaml', import.meta.url), 'utf8'),
  plots: readFileSync(new URL('../../data/stories/en/plots.yaml', import.meta.url), 'utf8'),
});

const prompted = tinyYaml.replace('{ kind: stories }', '{ kind: stories, promptSentences: 1 }');

const twoPhases = tinyYaml.replace(
  'evaluation:',
  '  - name: after\n    tokens: 2048\n    batch: { sequences: 4 }\nevaluation:',
);

/** What a page does: from config text to a run's inputs, with nothing on a disk. */
async function inMemory(yaml: string) {
  const files = memoryFiles({});
  const experiment = composeExperiment(yaml, { file: '/e.yaml', files, attacks: attackSchemas });
  const run = expandPlan(experiment).runs[0] as { config: RunConfig };
  const memo = createMemoryMemo();
  const preparation = new RunPreparation({
    memo,
    openCorpus: async (config) => createStoryCorpus({ ...config, grammar }),
  });
  const [identity] = (await preparation.identify([run])) as [RunIdentity];
  const [artefacts] = await preparation.prepare([{ ...run, identity }], { ofExperiment: [run] });
  if (artefacts === undefined) throw new Error('nothing was prepared');
  const tokenizer = decodingTokenizer(memo.read('vocabularies', artefacts.vocabulary));
  return { id: identity.id, config: run.config, inputs: openInputs(artefacts, { reader: memo, tokenizer }) };
}

type Prepared = Awaited<ReturnType<typeof inMemory>>;

function engineNamed(name: 'wasm' | 'reference') {
  const engine = name === 'wasm' ? createWasmEngine() : createReferenceEngine({ precision: 'f32' });
  if ('reason' in engine) throw new Error(engine.reason);
  return engine;
}

function train(prepared: Prepared, more: Partial<Parameters<typeof trainRun>[0]> = {}) {
  const engine = engineNamed('wasm');
  const createModel: Parameters<typeof trainRun>[0]['createModel'] = (request) =>
    createGpt({ ...request, engine });
  return trainRun({ config: prepared.config, inputs: prepared.inputs, createModel, ...more });
}

async function weightsHash(events: AsyncIterable<TrainRunEvent>): Promise<string | null> {
  let hash: string | null = null;
  for await (const event of events) if (event.kind === 'trained') hash = event.weightsHash;
  return hash;
}

describe('a run without files', () => {
  test('is bit for bit the run that a store keeps: id, weights, measurements', async () => {
    const { records, ids } = await runTiny(temporaryFolder(), { yaml: twoPhases });
    const prepared = await inMemory(twoPhases);
    expect(prepared.id).toBe(ids[0]);
    const progress = emptyProgress();
    expect(await weightsHash(train(prepared, { progress }))).toBe(records[0]?.weightsHash);
    expect(progress.checkpoints).toEqual(records[0]?.checkpoints);
    expect(progress.samples).toEqual(records[0]?.samples);
    expect(progress.poison.flat()).toEqual(records[0]?.poison);
  });

  test('is evaluated at the points that its config states: the same weights, a finer curve', async () => {
    const [plain, finer] = [emptyProgress(), emptyProgress()];
    const points = twoPhases.replace('evaluation:', 'evaluation:\n  points: { after: [0.125, 0.25, 0.5] }');
    const hash = await weightsHash(train(await inMemory(twoPhases), { progress: plain }));
    expect(await weightsHash(train(await inMemory(points), { progress: finer }))).toBe(hash);
    const after = finer.checkpoints.filter(({ phase }) => phase === 'after');
    expect(after.map(({ phaseProgress }) => phaseProgress)).toEqual([0.125, 0.25, 0.5, 1]);
    expect(after.map(({ poisonExposures }) => poisonExposures)).toEqual([4, 4, 4, 4]);
    expect(after.at(-1)?.conditions).toEqual(plain.checkpoints.at(-1)?.conditions);
  });

  test('goes on in any phase as if it had not stopped', async () => {
    const prepared = await inMemory(twoPhases);
    const whole = emptyProgress();
    const hash = await weightsHash(train(prepared, { progress: whole }));
    for (const stop of [
      { phase: 0, optimizerStep: 3 },
      { phase: 1, optimizerStep: 2 },
    ]) {
      const progress = emptyProgress();
      let saved: { text: string; arrays: TrainingArrays } | undefined;
      for await (const event of train(prepared, { progress })) {
        if (event.kind !== 'step' && event.kind !== 'checkpoint') continue;
        if (event.kind === 'step' && event.evaluates) continue;
        if (event.index !== stop.phase || event.step.optimizerStep !== stop.optimizerStep) continue;
        saved = { text: JSON.stringify(progress), arrays: event.model.exportTraining() };
        break;
      }
      if (saved === undefined) throw new Error('the run never came to that step');
      const resumed = JSON.parse(saved.text);
      const resume = { ...stop, arrays: saved.arrays };
      expect(await weightsHash(train(prepared, { progress: resumed, resume }))).toBe(hash);
      expect(resumed).toEqual(whole);
    }
  });

  test('that is not finite when it is evaluated names the step of its phase, also after it was resumed', async () => {
    const prepared = await inMemory(twoPhases);
    const broken = async (from: Partial<Parameters<typeof trainRun>[0]>) => {
      for await (const event of train(prepared, from)) {
        if (event.kind !== 'step' || !event.evaluates) continue;
        const weights = event.model.getWeights();
        for (const values of weights.values()) values.fill(Number.NaN);
        event.model.setWeights(weights);
      }
    };
    let arrays: TrainingArrays | undefined;
    for await (const event of train(prepared)) {
      if (event.kind !== 'step' || event.step.optimizerStep !== 3) continue;
      arrays = event.model.exportTraining();
      break;
    }
    if (arrays === undefined) throw new Error('the run never came to that step');
    await expect(broken({})).rejects.toThrow(/at optimizer step 4 /);
    await expect(broken({ resume: { phase: 0, optimizerStep: 3, arrays } })).rejects.toThrow(
      /at optimizer step 4 /,
    );
  });

  test.each([
    'stream',
    'rows',
  ])('packed as %s learns what follows a prompt, and no prompt', async (packing) => {
    const batch = 'batch: { sequences: 4';
    const yaml = prompted
      .replace(batch, `${batch}, packing: ${packing}`)
      .replace('documents: 4', 'documents: 0');
    const { config, inputs } = await inMemory(yaml);
    const phase = inputs.phase(0);
    const { separatorId, decode } = inputs.tokenizer;
    const { batches } = buildPhaseData({ config, phase: 0, inputs: phase, separatorId });
    const size = batches.tokensPerStep;
    const read = { targets: new Int32Array(size), weights: new Float32Array(size) };
    const first = new Set<string>();
    for (let place = 0; place < phase.documents; place++) {
      const ids = documentTokens(phase.tokens, phase.firstDocument + place);
      first.add(decode(ids.slice(0, phase.prompts?.[place])));
      expect(decode(ids.slice(phase.prompts?.[place]))).toMatch(/^ \S/);
    }
    let learnt = 0;
    let skipped = '';
    for (let step = 0; step < batches.optimizerSteps; step++) {
      batches.fill(step, 0, { inputs: new Int32Array(size), ...read });
      for (const [position, weight] of read.weights.entries()) {
        learnt += weight;
        const target = read.targets[position] as number;
        skipped += weight === 1 ? '\n' : target === separatorId ? '' : decode([target]);
      }
    }
    expect(learnt).toBeGreaterThan(0.3 * size * batches.optimizerSteps);
    const parts = skipped.split(/\n+/).filter((part) => part !== '');
    expect(parts.length).toBeGreaterThan(5);
    // The first and the last may be cut, and no first token of a row is predicted.
    for (const part of parts.slice(1, -1))
      expect([...first].some((prompt) => prompt.endsWith(part) && prompt.length - part.length <= 1)).toBe(
        true,
      );
  });

  test('with prompts is the run that a store keeps, and not the one without', async () => {
    const { records } = await runTiny(temporaryFolder(), { yaml: prompted });
    const hash = await weightsHash(train(await inMemory(prompted)));
    expect(hash).toBe(records[0]?.weightsHash);
    expect(hash).not.toBe(await weightsHash(train(await inMemory(tinyYaml))));
  });

  test('is refused where prompts leave a step nothing to learn', async () => {
    const { config, inputs } = await inMemory(prompted);
    const phase = inputs.phase(0);
    const prompts = phase.prompts?.map(() => 10_000) ?? [];
    const options = { config, phase: 0, separatorId: inputs.tokenizer.separatorId };
    expect(() => buildPhaseData({ ...options, inputs: { ...phase, prompts } })).toThrow(
      /prompts fill step \d+ of 256 tokens/,
    );
  });

  test('releases its model however it ends', async () => {
    const prepared = await inMemory(tinyYaml);
    const engine = engineNamed('wasm');
    let released = 0;
    const createModel: Parameters<typeof trainRun>[0]['createModel'] = (request) => {
      const model = createGpt({ ...request, engine });
      const release = model.release.bind(model);
      model.release = () => {
        released += 1;
        release();
      };
      return model;
    };
    for await (const { kind } of train(prepared, { createModel })) if (kind === 'step') break;
    expect(released).toBe(1);
    expect(await weightsHash(train(prepared, { createModel }))).not.toBeNull();
    expect(released).toBe(2);
  });
});
