import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/core/errors.ts';
import type { Gpt } from '../../src/model/gpt.ts';
import type { TrainingBatch } from '../../src/model/trainable-model.ts';
import { adamw, gradientOf, patternBatch, smallGpt, weightBits } from './fixtures.ts';

const T = 16;
const V = 21;

function batchOf(sequences: number, salt = 0): TrainingBatch {
  return patternBatch({ sequences, T, vocabularySize: V, salt, masked: true });
}

function takeSteps(gpt: Gpt, steps: number, sequences: number): string {
  for (let t = 1; t <= steps; t++) {
    gradientOf(gpt, batchOf(sequences, t));
    gpt.applyOptimizer(adamw(t));
  }
  return weightBits(gpt);
}

/** Sequences `first` to `end` of a batch. */
function part(batch: TrainingBatch, first: number, end: number): TrainingBatch {
  return {
    inputs: batch.inputs.slice(first * T, end * T),
    targets: batch.targets.slice(first * T, end * T),
    weights: batch.weights.slice(first * T, end * T),
  };
}

describe('training steps', () => {
  it('give the same bits for the same seed, others for another', () => {
    const run = (seed: number): string => takeSteps(smallGpt({ seed, training: { sequences: 2 } }), 3, 2);
    expect(run(1)).toBe(run(1));
    expect(run(1)).not.toBe(run(2));
  });

  it.each([
    [{}],
    [{ tied: false, positions: 'learned' as const, biases: true }],
    [{ norm: 'rmsnorm' as const }],
  ])('give the same bits whatever the chunks, with %j', (config) => {
    const run = (chunkSequences: number): string =>
      takeSteps(smallGpt({ config, training: { sequences: 4, chunkSequences } }), 2, 4);
    expect(run(1)).toBe(run(4));
    expect(run(2)).toBe(run(4));
  });

  it('give the same bits whether a batch is large or accumulated', () => {
    const whole = batchOf(4);
    const large = smallGpt({ training: { sequences: 4 } });
    const small = smallGpt({ training: { sequences: 2 } });
    const expected = gradientOf(large, whole);
    const found = gradientOf(small, part(whole, 0, 2), part(whole, 2, 4));
    expect(found.norm).toBe(expected.norm);
    for (const model of [large, small]) model.applyOptimizer(adamw(1));
    expect(weightBits(small)).toBe(weightBits(large));
  });

  it('work on sequences shorter than the context', () => {
    const short = smallGpt({ training: { sequences: 2, tokens: 8 } });
    const batch = patternBatch({ sequences: 2, T: 8, vocabularySize: V });
    const { lossNats } = gradientOf(short, batch);
    const rows = [0, 1].map((s) => [
      ...batch.inputs.subarray(s * 8, s * 8 + 8),
      batch.targets[s * 8 + 7] as number,
    ]);
    const losses = short.tokenLossesNats(rows).flatMap((row) => Array.from(row));
    expect(lossNats).toBeCloseTo(losses.reduce((sum, loss) => sum + loss, 0) / 16, 12);
  });

  it('learn one sequence by heart', () => {
    const gpt = smallGpt({ training: { sequences: 1 } });
    const batch = { ...batchOf(1), weights: new Float32Array(T).fill(1) };
    let last = Number.POSITIVE_INFINITY;
    for (let t = 1; t <= 60; t++) {
      last = gradientOf(gpt, batch).lossNats;
      gpt.applyOptimizer(adamw(t, { weightDecay: 0 }));
    }
    expect(last).toBeLessThan(0.05);
  });

  it('descend with plain gradient descent as well', () => {
    const gpt = smallGpt({ training: { sequences: 2 } });
    const losses = [1, 2, 3, 4].map(() => {
      const { lossNats } = gradientOf(gpt, batchOf(2));
      gpt.applyOptimizer(adamw(1, { kind: 'sgd', learningRate: 0.1 }));
      return lossNats;
    });
    expect(losses).toEqual([...losses].sort((a, b) => b - a));
    expect(losses[0]).toBeGreaterThan(losses[3] as number);
  });

  it('report the mean loss of each sequence over its unmasked targets', () => {
    const gpt = smallGpt({ training: { sequences: 3, chunkSequences: 1 } });
    const batch = batchOf(3);
    batch.weights.fill(0, 2 * T);
    gpt.beginStep(10);
    const { meanNats, sumNats } = gpt.accumulateGradient(batch);
    const rows = [0, 1].map((s) => [
      ...batch.inputs.subarray(s * T, (s + 1) * T),
      batch.targets[(s + 1) * T - 1] as number,
    ]);
    const sums = gpt.tokenLossesNats(rows).map((losses, s) => {
      const counted = losses.filter((_, t) => batch.weights[s * T + t] === 1);
      return { sum: counted.reduce((sum, loss) => sum + loss, 0), count: counted.length };
    });
    expect(meanNats[0]).toBe(sums[0].sum / sums[0].count);
    expect(meanNats[1]).toBe(sums[1].sum / sums[1].count);
    expect(meanNats[2]).toBeNaN();
    expect(sumNats).toBe(sums[0].sum + sums[1].sum);
  });

  it('do not depend on masked targets', () => {
    const gpt = smallGpt({ training: { sequences: 2 } });
    const batch = batchOf(2);
    gradientOf(gpt, batch);
    const before = gpt.getGradients();
    const targets = batch.targets.map((target, i) => (batch.weights[i] === 0 ? (target + 1) % V : target));
    gradientOf(gpt, { ...batch, targets });
    expect(gpt.getGradients()).toEqual(before);
  });

  it('refuse token ids outside the vocabulary, wrong lengths and fully masked steps', () => {
    const gpt = smallGpt({ training: { sequences: 2 } });
    const bad = batchOf(2);
    bad.inputs[5] = V;
    expect(() => gradientOf(gpt, bad)).toThrow(
      /token id 21 \(input 5 of the batch\) is not in the vocabulary of 21/,
    );
    bad.inputs[5] = -1;
    expect(() => gradientOf(gpt, bad)).toThrow(InputError);
    expect(() => gradientOf(gpt, batchOf(3))).toThrow(/trains on 2 sequences of 16 tokens/);
    expect(() => gpt.beginStep(0)).toThrow(InputError);
  });

  it('refuse shapes that do not fit', () => {
    expect(() => smallGpt({ training: { sequences: 4, chunkSequences: 3 } })).toThrow(/chunks of 3/);
    expect(() => smallGpt({ training: { sequences: 4, tokens: 17 } })).toThrow(/the context takes 1 to 16/);
    expect(() => smallGpt({ config: { heads: 3 } })).toThrow(/3 heads do not divide a width of 16/);
    expect(() => smallGpt({ config: { width: 9, heads: 3 } })).toThrow(/rotary positions turn pairs/);
  });

  it('leave the model as it was when it is asked in between', () => {
    const undisturbed = smallGpt({ training: { sequences: 2 } });
    const asked = smallGpt({ training: { sequences: 2 } });
    for (let t = 1; t <= 3; t++) {
      for (const gpt of [undisturbed, asked]) {
        gradientOf(gpt, batchOf(2, t));
        gpt.applyOptimizer(adamw(t));
      }
      asked.generate({ prompts: [[1, 2], [3]], newTokens: 3, temperature: 1, uniform: () => 0.3 });
      asked.tokenLossesNats([[1, 2, 3]]);
      asked.nextTokenProbabilities([[4, 5]]);
    }
    expect(weightBits(asked)).toBe(weightBits(undisturbed));
  });
});
