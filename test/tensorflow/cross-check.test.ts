// The TensorFlow.js engine against the kernels: losses, gradients, ten optimizer steps, answers, memory; on every
// backend that this machine has. TINYPOISON_LONG=1: every kind of model, and memory over 1,000 steps.
import { describe, expect, it } from 'vitest';
import type { ModelConfig } from '../../src/config/schema/schema.ts';
import type { Gpt } from '../../src/model/gpt.ts';
import {
  loadTensorflow,
  type Tensorflow,
  type TensorflowBackend,
} from '../../src/tensorflow/load-tensorflow.ts';
import { createTensorflowGpt } from '../../src/tensorflow/tensorflow-gpt.ts';
import { adamw, gradientOf, modelConfig, patternBatch, smallGpt } from '../model/fixtures.ts';

const V = 21;
const sequences = 3;

const LONG = process.env.TINYPOISON_LONG === '1';

interface NamedShape {
  readonly name: string;
  readonly config: Partial<ModelConfig>;
}

const few: readonly NamedShape[] = [
  { name: 'rotary positions, tied', config: {} },
  { name: 'learned positions, biases', config: { positions: 'learned', biases: true } },
  { name: 'RMSNorm, untied, odd head', config: { norm: 'rmsnorm', tied: false, width: 24, heads: 1 } },
];

/** Positions, norm, head and biases in all combinations. */
const all: readonly NamedShape[] = (['rope', 'learned'] as const).flatMap((positions) =>
  (['layernorm', 'rmsnorm'] as const).flatMap((norm) =>
    [true, false].flatMap((tied) =>
      [true, false].map((biases) => ({
        name: `${positions}, ${norm}, ${tied ? 'tied' : 'untied'}, ${biases ? 'biases' : 'no biases'}`,
        config: { positions, norm, tied, biases },
      })),
    ),
  ),
);

const shapes = LONG ? [...few, ...all] : few;

const available = new Map<TensorflowBackend, Tensorflow>();
for (const backend of ['tfjs-node', 'tfjs-node-gpu', 'wasm', 'cpu'] as const) {
  try {
    available.set(backend, await loadTensorflow({ backend }));
  } catch (error) {
    if (backend !== 'tfjs-node-gpu') process.stderr.write(`skipped: ${(error as Error).message}\n`);
  }
}

/** The same model twice, with equal weights that are large enough to matter. */
async function pair(
  backend: TensorflowBackend,
  config: Partial<ModelConfig>,
): Promise<{ ours: Gpt; theirs: Gpt }> {
  const tensorflow = await loadTensorflow({ backend });
  const changes = { initStandardDeviation: 0.2, ...config };
  const training = { sequences };
  const ours = smallGpt({ config: changes, vocabularySize: V, training });
  const theirs = createTensorflowGpt({
    config: modelConfig(changes),
    vocabularySize: V,
    tensorflow,
    training,
  });
  theirs.initialise(1);
  return { ours, theirs };
}

function batch(salt: number) {
  return patternBatch({ sequences, T: 16, vocabularySize: V, salt, masked: true });
}

/** Arrays whose largest difference exceeds the tolerance times their largest magnitude, by name. */
function disagreeing(
  expected: ReadonlyMap<string, ArrayLike<number>>,
  actual: ReadonlyMap<string, ArrayLike<number>>,
  tolerance: number,
): string[] {
  return [...expected].flatMap(([name, values]) => {
    const others = actual.get(name) ?? [];
    let largest = 0;
    let difference = 0;
    for (let i = 0; i < values.length; i++) {
      largest = Math.max(largest, Math.abs(values[i] ?? 0));
      difference = Math.max(difference, Math.abs((values[i] ?? 0) - (others[i] ?? Number.POSITIVE_INFINITY)));
    }
    return difference <= tolerance * largest ? [] : [`${name}: ${difference} of ${largest}`];
  });
}

/**
 * Whether a scalar's gradient is 0 but for rounding, which Adam's sign-like steps turn into noise of the learning rate:
 * a bias of the keys adds the same to all scores of a query, unless they are turned by position.
 */
function isNoise(name: string, i: number, { width, positions }: ModelConfig): boolean {
  return name.endsWith('c_attn.bias') && positions === 'learned' && i >= width && i < 2 * width;
}

/** Euclidean distance of all weights over the norm of the first. */
function relativeDistance(expected: Gpt, actual: Gpt): number {
  const others = actual.getWeights();
  let squares = 0;
  let norm = 0;
  for (const [name, values] of expected.getWeights()) {
    for (const [i, value] of values.entries()) {
      norm += value * value;
      if (isNoise(name, i, expected.config)) continue;
      squares += (value - (others.get(name)?.[i] ?? 0)) * (value - (others.get(name)?.[i] ?? 0));
    }
  }
  return Math.sqrt(squares / norm);
}

function largestDifference(
  expected: readonly ArrayLike<number>[],
  actual: readonly ArrayLike<number>[],
): number {
  const differences = expected.flatMap((values, i) =>
    Array.from(values, (value, j) => Math.abs(value - (actual[i]?.[j] ?? Number.POSITIVE_INFINITY))),
  );
  return Math.max(...differences);
}

it('has the plain backend at least', () => {
  expect([...available.keys()]).toContain('cpu');
});

describe.each([...available.keys()])('TensorFlow.js on %s', (backend) => {
  it.each(shapes)('agrees with the kernels on loss and every gradient ($name)', async ({ config }) => {
    const { ours, theirs } = await pair(backend, config);
    const expected = gradientOf(ours, batch(0), batch(1));
    const actual = gradientOf(theirs, batch(0), batch(1));
    expect(Math.abs(actual.lossNats / expected.lossNats - 1)).toBeLessThan(1e-5);
    expect(Math.abs(actual.norm / expected.norm - 1)).toBeLessThan(1e-4);
    expect(disagreeing(ours.getGradients(), theirs.getGradients(), 1e-4)).toEqual([]);
    theirs.release();
  });

  it.each(shapes)('trains ten steps beside the kernels ($name)', async ({ config }) => {
    const { ours, theirs } = await pair(backend, config);
    for (let step = 1; step <= 10; step++) {
      const expected = gradientOf(ours, batch(step));
      const actual = gradientOf(theirs, batch(step));
      expect(Math.abs(actual.lossNats / expected.lossNats - 1)).toBeLessThan(1e-4);
      const gradientScale = 1 / expected.norm;
      for (const model of [ours, theirs]) model.applyOptimizer(adamw(step, { gradientScale }));
    }
    expect(relativeDistance(ours, theirs)).toBeLessThan(1e-3);
    theirs.release();
  });

  it.each(shapes)('answers as the kernels do ($name)', async ({ config }) => {
    const { ours, theirs } = await pair(backend, config);
    const texts = [[3, 1], [4, 1, 5, 9, 2, 6], Array.from({ length: 17 }, (_, i) => (5 * i) % V)];
    const prompts = [[2], [7, 1, 8], [2, 8, 1, 8, 2]];
    expect(largestDifference(ours.tokenLossesNats(texts), theirs.tokenLossesNats(texts))).toBeLessThan(1e-4);
    expect(largestDifference(ours.logits(prompts), theirs.logits(prompts))).toBeLessThan(1e-4);
    expect(
      largestDifference(ours.nextTokenProbabilities(prompts), theirs.nextTokenProbabilities(prompts)),
    ).toBeLessThan(1e-4);
    const uniform = (prompt: number, n: number): number => ((31 * prompt + 17 * n + 5) % 97) / 97;
    for (const settings of [{ temperature: 1 }, { temperature: 0.7, topK: 4 }, { temperature: 0 }]) {
      const request = { prompts, newTokens: 8, uniform, ...settings };
      const expected = ours.generate(request);
      const actual = theirs.generate(request);
      expect(actual.map(({ tokens }) => [...tokens])).toEqual(expected.map(({ tokens }) => [...tokens]));
      for (const what of ['nats', 'entropyNats'] as const) {
        expect(
          largestDifference(
            expected.map((g) => g[what]),
            actual.map((g) => g[what]),
          ),
        ).toBeLessThan(1e-4);
      }
    }
    theirs.release();
  });

  it('shows a disturbance of one array as a disagreement on this array alone', async () => {
    const { ours, theirs } = await pair(backend, {});
    const name = 'h.1.mlp.c_fc.weight';
    const { offset } = theirs.table.byName.get(name) ?? { offset: 0 };
    for (const model of [ours, theirs]) gradientOf(model, batch(0));
    const state = theirs.exportTraining();
    state.firstMoments[offset + 5] = 0.1;
    theirs.importTraining(state);
    for (const model of [ours, theirs]) model.applyOptimizer(adamw(1));
    const names = disagreeing(ours.getWeights(), theirs.getWeights(), 1e-3);
    expect(names).toEqual([expect.stringContaining(`${name}: `)]);
    theirs.release();
  });

  it('keeps no tensor and no memory that a step, an answer or a model took', async () => {
    const { tf } = await loadTensorflow({ backend });
    const before = tf.memory();
    const { theirs } = await pair(backend, {});
    const use = (step: number): void => {
      gradientOf(theirs, batch(step));
      theirs.applyOptimizer(adamw(step));
      if (step % 10 !== 1) return;
      theirs.generate({ prompts: [[1], [2, 3]], newTokens: 3, temperature: 0, uniform: () => 0 });
      theirs.tokenLossesNats([[1, 2, 3]]);
    };
    const settled = LONG ? 200 : 1;
    for (let step = 1; step <= settled; step++) use(step);
    const once = tf.memory();
    const residentBytes = process.memoryUsage.rss();
    for (let step = settled + 1; step <= settled + (LONG ? 1000 : 30); step++) use(step);
    expect(tf.memory()).toMatchObject({ numTensors: once.numTensors, numBytes: once.numBytes });
    if (LONG) {
      const grownMiB = (process.memoryUsage.rss() - residentBytes) / 2 ** 20;
      process.stderr.write(
        `${backend}: ${once.numTensors} tensors, ${grownMiB.toFixed(1)} MiB more than before\n`,
      );
      expect(grownMiB).toBeLessThan(64);
    }
    theirs.release();
    expect(tf.memory()).toMatchObject({ numTensors: before.numTensors, numBytes: before.numBytes });
  }, 600_000);
});
