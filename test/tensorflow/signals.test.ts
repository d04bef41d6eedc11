// What defences read of a model, compared with TensorFlow's automatic differentiation; and what TensorFlow.js refuses.
import { describe, expect, it } from 'vitest';
import type { ModelConfig } from '../../src/config/schema/schema.ts';
import { documentStates } from '../../src/model/document-signals.ts';
import { UnsupportedSignalError } from '../../src/model/signals.ts';
import type { TrainableModel } from '../../src/model/trainable-model.ts';
import { loadTensorflow } from '../../src/tensorflow/load-tensorflow.ts';
import { createTensorflowGpt } from '../../src/tensorflow/tensorflow-gpt.ts';
import { modelConfig, patternBatch, smallGpt, unmaskedTokens } from '../model/fixtures.ts';

const V = 21;
const sequences = 3;
const T = 16;
const tensorflow = await loadTensorflow({ backend: 'cpu' });

function pair(config: Partial<ModelConfig>): { ours: TrainableModel; theirs: TrainableModel } {
  const changes = { initStandardDeviation: 0.2, ...config };
  const ours = smallGpt({
    config: changes,
    vocabularySize: V,
    training: { sequences, sequenceGradients: true },
  });
  const theirs = createTensorflowGpt({
    config: modelConfig(changes),
    vocabularySize: V,
    tensorflow,
    training: { sequences },
  });
  theirs.initialise(1);
  return { ours, theirs };
}

/** Largest difference over the largest magnitude. */
function distance(expected: ArrayLike<number>, actual: ArrayLike<number>): number {
  let largest = 0;
  let difference = 0;
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i] as number));
    difference = Math.max(difference, Math.abs((expected[i] as number) - (actual[i] ?? Number.NaN)));
  }
  return difference / largest;
}

const shapes: [string, Partial<ModelConfig>][] = [
  ['rotary positions, tied', {}],
  ['learned positions, untied, biases', { positions: 'learned', tied: false, biases: true }],
];

describe.each(shapes)('with %s', (_, config) => {
  it('the gradient of a sequence is TensorFlow’s of a batch whose other sequences are masked', () => {
    const { ours, theirs } = pair(config);
    const batch = patternBatch({ sequences, T, vocabularySize: V, masked: true });
    const unmasked = unmaskedTokens(batch);
    const seen: { norm: number; gradient: Float32Array }[] = [];
    ours.beginStep(unmasked);
    ours.accumulateSequences(batch, ({ norm, gradient }) => {
      seen.push({ norm, gradient: Float32Array.from(gradient) });
      return 1;
    });
    for (const [s, { norm, gradient }] of seen.entries()) {
      const weights = batch.weights.map((w, i) => (Math.floor(i / T) === s ? w : 0));
      theirs.beginStep(unmasked);
      theirs.accumulateGradient({ ...batch, weights });
      expect(Math.abs(theirs.finishGradient() / norm - 1)).toBeLessThan(1e-4);
      const gradients = theirs.getGradients();
      for (const { name, offset, count } of ours.table.list) {
        const own = gradient.subarray(offset, offset + count);
        expect(distance(gradients.get(name) as Float32Array, own), name).toBeLessThan(1e-4);
      }
    }
    theirs.release();
  });

  it('gradients of input embeddings add up to TensorFlow’s gradient of their table', () => {
    const { ours, theirs } = pair({ ...config, tied: false });
    const batch = patternBatch({ sequences, T, vocabularySize: V });
    const texts = Array.from({ length: sequences }, (_, s) => ({
      tokens: [...batch.inputs.subarray(s * T, (s + 1) * T), batch.targets[(s + 1) * T - 1] as number],
    }));
    const { C } = ours.shape;
    const table = new Float64Array(V * C);
    for (const [s, { gradient }] of ours.inputGradients(texts).entries()) {
      for (const [t, token] of texts[s]?.tokens.slice(0, -1).entries() ?? []) {
        for (let c = 0; c < C; c++) {
          table[token * C + c] = (table[token * C + c] as number) + (gradient[t * C + c] as number);
        }
      }
    }
    theirs.beginStep(1);
    theirs.accumulateGradient(batch);
    expect(distance(theirs.getGradients().get('wte.weight') as Float32Array, table)).toBeLessThan(1e-4);
    theirs.release();
  });

  it('hidden states at every layer, their pools, and steered continuations agree', () => {
    const { ours, theirs } = pair(config);
    const documents = [[3, 1], Array.from({ length: 37 }, (_, i) => (5 * i) % V), [7]];
    for (const layer of [0, 1, 2, 'head'] as const) {
      for (const pool of ['mean', 'last'] as const) {
        const expected = documentStates(ours, documents, { layer, pool });
        const actual = documentStates(theirs, documents, { layer, pool });
        for (const [d, states] of expected.entries()) {
          expect(distance(states, actual[d] as Float32Array), `${layer}, ${pool}`).toBeLessThan(1e-4);
        }
      }
    }
    const request = {
      ...{ prompts: [[2], [7, 1, 8]], newTokens: 6, temperature: 1 },
      uniform: (prompt: number, n: number) => ((31 * prompt + 17 * n + 5) % 97) / 97,
      steer: ({ n, logits }: { n: number; logits: Float32Array | Float64Array }) => {
        logits[n] = (logits[n] as number) + 3;
      },
    };
    const tokens = (model: TrainableModel) => model.generate(request).map((each) => [...each.tokens]);
    expect(tokens(theirs)).toEqual(tokens(ours));
    expect(() => theirs.hiddenStates([[1]], { layer: 3 })).toThrow(/there is no layer 3/);
    theirs.release();
  });
});

describe('TensorFlow.js', () => {
  it('says what it cannot give', () => {
    const { theirs } = pair({});
    expect(theirs.signals).toEqual(['hidden-states', 'steered-generation']);
    const batch = patternBatch({ sequences, T, vocabularySize: V });
    for (const use of [
      () => theirs.accumulateSequences(batch, () => 1),
      () => theirs.addToGradient(new Float32Array(theirs.table.words), 1),
      () => theirs.inputGradients([{ tokens: [1, 2] }]),
    ]) {
      expect(use).toThrow(UnsupportedSignalError);
      expect(use).toThrow(/TensorFlow.js cannot give gradients .*--engine auto/);
    }
    theirs.release();
  });
});
