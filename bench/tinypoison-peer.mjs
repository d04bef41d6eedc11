// What is measured of tinypoison itself: the training loop and generation, on one engine.
import { createGpt } from '../dist/model/gpt.js';
import { trainPhase } from '../dist/train/train-phase.js';
import { modelConfig } from './rows.mjs';

const optimizer = {
  kind: 'adamw',
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  clipNorm: null,
};

/** Endless batches of tokens that look random; the same for every engine. */
function endlessBatches({ V, T, B }) {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % V;
  };
  return {
    optimizerSteps: Number.MAX_SAFE_INTEGER,
    tokensPerStep: B * T,
    microBatches: 1,
    fill(_step, _microBatch, { inputs, targets, weights }) {
      for (let i = 0; i < inputs.length; i++) {
        inputs[i] = next();
        targets[i] = next();
      }
      weights.fill(1);
    },
  };
}

/**
 * A model in training on an engine.
 * @param options.row V, d, L, h, T, B
 * @param options.threads of one run
 */
export function createTrainer({ engine, row, threads = 1, chunkSequences }) {
  const model = createGpt({
    config: modelConfig(row),
    vocabularySize: row.V,
    engine,
    threads,
    training: { sequences: row.B, ...(chunkSequences && { chunkSequences }) },
  });
  model.initialise(1);
  const schedule = { kind: 'constant', warmupShare: 0, finalShare: 1 };
  const steps = trainPhase({ model, batches: endlessBatches(row), optimizer, schedule });
  return {
    parameters: model.parameters,
    memoryBytes: model.memoryBytes,
    /** Trains for about so many seconds; tokens a second. */
    async train(seconds) {
      const start = performance.now();
      let done = 0;
      do {
        await steps.next();
        done++;
      } while (performance.now() - start < 1000 * seconds);
      return (done * row.B * row.T) / ((performance.now() - start) / 1000);
    },
    /** Continues 300 prompts of a quarter of the context by half a context; new tokens a second. */
    generate(seconds) {
      const prompts = Array.from({ length: 300 }, (_, p) =>
        Int32Array.from({ length: row.T / 4 }, (_, i) => (p * 7 + i * 13) % row.V),
      );
      const request = { prompts, newTokens: row.T / 2, temperature: 1, uniform: () => 0.5 };
      const start = performance.now();
      let done = 0;
      do {
        model.generate(request);
        done++;
      } while (performance.now() - start < 1000 * seconds);
      return (done * prompts.length * request.newTokens) / ((performance.now() - start) / 1000);
    },
    release: () => model.release(),
  };
}
