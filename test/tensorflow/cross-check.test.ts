// The TensorFlow.js engine against the kernels: losses, gradients, ten optimizer steps, answers; on every backend
// that this machine has.
import { describe, expect, it } from 'vitest';
import type { ModelConfig } from '../../src/config/schema.ts';
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

const shapes: readonly { name: string; config: Partial<ModelConfig> }[] = [
  { name: 'rotary positions, tied', config: {} },
  { name: 'learned positions, biases', config: { positions: 'learned', biases: true } },
  { name: 'RMSNorm, untied, odd head', config: { norm: 'rmsnorm', tied: false, width: 24, heads: 1 } },
];

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

/** Euclidean distance of all weights over the norm of the first. */
function relativeDistance(expected: Gpt, actual: Gpt): number {
  const others = actual.getWeights();
  let squares = 0;
  let norm = 0;
  for (const [name, values] of expected.getWeights()) {
    for (const [i, value] of values.entries()) {
      squares += (value - (others.get(name)?.[i] ?? 0)) * (value - (others.get(name)?.[i] ?? 0));
      norm += value * value;
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

  it('keeps no tensor alive that a step, an answer or a model made', async () => {
    const { tf } = await loadTensorflow({ backend });
    const before = tf.memory().numTensors;
    const { theirs } = await pair(backend, {});
    const use = (step: number): void => {
      gradientOf(theirs, batch(step));
      theirs.applyOptimizer(adamw(step));
      theirs.generate({ prompts: [[1], [2, 3]], newTokens: 3, temperature: 0, uniform: () => 0 });
      theirs.tokenLossesNats([[1, 2, 3]]);
    };
    use(1);
    const once = tf.memory().numTensors;
    for (let step = 2; step <= 20; step++) use(step);
    expect(tf.memory().numTensors).toBe(once);
    theirs.release();
    expect(tf.memory().numTensors).toBe(before);
  });
});
