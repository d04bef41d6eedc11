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

/** Milliseconds on a clock: `wall`, or `cpu` for the processor time of this process. */
function now(clock) {
  if (clock === 'wall') return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Repeats `work`, which returns tokens, for about that many seconds; tokens a second on the clock. */
async function measure(work, seconds, clock) {
  const end = performance.now() + 1000 * seconds;
  const start = now(clock);
  let tokens = 0;
  do tokens += await work();
  while (performance.now() < end);
  return tokens / ((now(clock) - start) / 1000);
}

/** Makes models on one of our engines. */
export function onEngine(engine, { threads = 1 } = {}) {
  return (options) => createGpt({ ...options, engine, threads });
}

/**
 * Makes the same models in TensorFlow.js on native TensorFlow, with one thread.
 * @returns { createModel, detail }, or { reason } where it is not installed
 */
export async function onTensorflow() {
  try {
    const { loadTensorflow } = await import('../dist/tensorflow/load-tensorflow.js');
    const { createTensorflowGpt } = await import('../dist/tensorflow/tensorflow-gpt.js');
    const tensorflow = await loadTensorflow({ backend: 'tfjs-node' });
    return {
      createModel: (options) => createTensorflowGpt({ ...options, tensorflow }),
      detail: tensorflow.detail,
    };
  } catch (error) {
    return { reason: error.message.split('\n')[0] };
  }
}

/**
 * A model in training.
 * @param options.createModel what `onEngine` or `onTensorflow` gives
 * @param options.row V, d, L, h, T, B
 * @param options.clock `wall`, or `cpu` for a machine that is busy with other things
 * @param options.gradient a rule that weighs sequences; left out: plain training
 */
export function createTrainer({ createModel, row, clock = 'wall', gradient }) {
  const model = createModel({
    config: modelConfig(row),
    vocabularySize: row.V,
    training: { sequences: row.B, sequenceGradients: gradient !== undefined },
  });
  model.initialise(1);
  const schedule = { kind: 'constant', warmupShare: 0, finalShare: 1 };
  const steps = trainPhase({
    model,
    batches: endlessBatches(row),
    optimizer,
    schedule,
    ...(gradient && { gradient }),
  });
  return {
    parameters: model.parameters,
    memoryBytes: model.memoryBytes,
    /** Trains for about that many seconds; tokens a second. */
    train(seconds) {
      const step = async () => {
        await steps.next();
        return row.B * row.T;
      };
      return measure(step, seconds, clock);
    },
    /** Continues 64 prompts of a quarter of the context by half a context; new tokens a second. */
    generate(seconds) {
      const prompts = Array.from({ length: 64 }, (_, p) =>
        Int32Array.from({ length: row.T / 4 }, (_, i) => (p * 7 + i * 13) % row.V),
      );
      const request = { prompts, newTokens: row.T / 2, temperature: 1, uniform: () => 0.5 };
      const continueAll = () => {
        model.generate(request);
        return prompts.length * request.newTokens;
      };
      return measure(continueAll, seconds, clock);
    },
    release: () => model.release(),
  };
}
