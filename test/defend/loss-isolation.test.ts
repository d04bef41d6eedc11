// Isolation by early loss, and unlearning: which passages, and what becomes of their loss.
import { describe, expect, test } from 'vitest';
import { bestWindow } from '../../src/defend/loss-isolation.ts';
import { bindDefences } from '../../src/defend/registry.ts';
import { unlearn } from '../../src/defend/unlearn.ts';
import { createReferenceEngine } from '../../src/kernels/reference/reference-engine.ts';
import { documentLosses } from '../../src/model/document-signals.ts';
import { createGpt } from '../../src/model/gpt.ts';
import type { TrainableModel } from '../../src/model/trainable-model.ts';
import type { Example } from '../../src/tokens/example.ts';
import { optimizerUpdate } from '../../src/train/optimizer.ts';
import { modelConfig, smallGpt } from '../model/fixtures.ts';
import { tinyPlan } from '../run/tiny-experiment.ts';

const example = (tokens: readonly number[], lossFrom = 0): Example => ({
  tokens: Uint16Array.from(tokens),
  lossFrom,
});

describe('the window that is learnt best', () => {
  test('is the one with the largest mean, the first of equal ones', () => {
    expect(bestWindow([1, 5, 5, 1, 5, 5], { size: 2, from: 0 })).toEqual({ mean: 5, from: 1, to: 3 });
    expect(bestWindow([-4, -1, -3], { size: 1, from: 0 })).toEqual({ mean: -1, from: 1, to: 2 });
  });

  test('is the whole document without a size, or where that is shorter', () => {
    for (const size of [null, 9])
      expect(bestWindow([1, 2, 6], { size, from: 0 })).toEqual({ mean: 3, from: 0, to: 3 });
  });

  test('lies behind the prompt, which is not learnt', () => {
    expect(bestWindow([9, 9, 1, 3], { size: 2, from: 2 })).toEqual({ mean: 2, from: 2, to: 4 });
    expect(bestWindow([9, 9, 1, 3], { size: null, from: 2 })).toEqual({ mean: 2, from: 2, to: 4 });
    expect(bestWindow([9, 9], { size: 2, from: 2 })).toBeNull();
  });
});

const clean = Array.from({ length: 400 }, (_, i) => example([1, 2, 3, (i % 7) + 4, 5, 6]));
const odd = example([1, 2, 3, 15, 16, 17]);
/** Losses after the given share: clean tokens fall from 4 nats to 2, tokens above 12 from 5 to 1. */
const losses = () => (documents: readonly Example[], share: number) =>
  documents.map(({ tokens }) => Array.from(tokens, (token) => (token > 12 ? 5 - 8 * share : 4 - 4 * share)));
const context = {
  ...{ seed: 1, decode: () => '', vocabularySize: 21, separatorId: 0, losses },
  trusted: (n: number) => clean.slice(0, n),
};
const judge = (options: object) => {
  const [filter] = bindDefences([{ kind: 'loss-isolation', ...options }], context).filters;
  if (filter === undefined) throw new Error('nothing is filtered');
  return filter.judge([clean[0] as Example, odd]);
};

describe('documents are judged', () => {
  test('by how low their loss is', () => {
    const { kept, scores } = judge({ untilShare: 0.5 });
    expect(kept).toEqual([true, false]);
    expect(Array.from(scores ?? [])).toEqual([-2, -1.5]);
    expect(judge({ untilShare: 0.01 }).kept).toEqual([true, true]);
  });

  test('or by how far it fell between two points, in all of a document or in a window', () => {
    expect(Array.from(judge({ fromShare: 0.1, untilShare: 0.6 }).scores ?? [])).toEqual([2, 3]);
    const window = judge({ fromShare: 0.1, untilShare: 0.6, windowTokens: 3 });
    expect(Array.from(window.scores ?? [])).toEqual([2, 4]);
  });

  test('a document without a token that is learnt is never isolated', () => {
    const [filter] = bindDefences([{ kind: 'loss-isolation' }], context).filters;
    const empty = [example([]), example([1, 2], 2)];
    expect(filter?.judge(empty).kept).toEqual([true, true]);
  });
});

const training = { sequences: 4 };
const bad = Array.from({ length: 6 }, (_, i) => example([1 + i, 2, 3, 15, 16, 17, 18, 4, 5]));
const good = Array.from({ length: 30 }, (_, i) => example([1 + (i % 6), 2, 3, 4, 5, 6, 7, 8, 9]));

/** A model that knows both kinds of documents by heart. */
function learnt(engine?: ReturnType<typeof createReferenceEngine>, steps = 150): TrainableModel {
  const model =
    engine === undefined
      ? smallGpt({ training })
      : createGpt({ config: modelConfig(), vocabularySize: 21, engine, training });
  model.initialise(1);
  const optimizer = {
    ...{ kind: 'adamw' as const, learningRate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-8 },
    ...{ weightDecay: 0, clipNorm: 1 },
  };
  const all = [...bad, ...good.slice(0, 6)];
  for (let step = 0; step < steps; step++) {
    const size = training.sequences * model.shape.T;
    const batch = {
      inputs: new Int32Array(size),
      targets: new Int32Array(size),
      weights: new Float32Array(size),
    };
    for (let row = 0; row < training.sequences; row++)
      for (const [t, token] of (all[(step * 4 + row) % all.length]?.tokens ?? []).entries()) {
        batch.inputs[row * model.shape.T + t + 1] = token;
        batch.targets[row * model.shape.T + t] = token;
        batch.weights[row * model.shape.T + t] = 1;
      }
    model.beginStep(36);
    model.accumulateGradient(batch);
    const gradientNorm = model.finishGradient();
    model.applyOptimizer(optimizerUpdate({ optimizer, learningRate: 0.01, step, gradientNorm }));
  }
  return model;
}
/** Mean loss of a part of some documents. */
function meanNats(model: TrainableModel, documents: readonly Example[], from: number, to: number): number {
  const found = documentLosses(
    model,
    documents.map(({ tokens }) => [0, ...tokens]),
  ).flatMap(({ tokenNats }) => [...tokenNats.slice(from, to)]);
  return found.reduce((sum, nats) => sum + nats, 0) / found.length;
}
const passages = bad.map(({ tokens }) => ({ tokens, from: 3, to: 7 }));
const options = { isolated: passages, rest: good, learningRate: 0.001, seed: 'unlearn', separatorId: 0 };

describe('unlearning', () => {
  test('raises the loss of the passages, to a guess at most, and leaves other documents what they were', () => {
    const model = learnt();
    expect(meanNats(model, bad, 4, 7)).toBeLessThan(0.2);
    const before = meanNats(model, good, 0, 9);
    unlearn(model, { ...options, steps: 400 });
    expect(meanNats(model, bad, 3, 7)).toBeGreaterThan(2);
    expect(meanNats(model, bad, 3, 7)).toBeLessThan(2 * Math.log(21));
    expect(meanNats(model, good, 0, 9)).toBeLessThan(before + 0.2);
  });

  test('does more the more steps it takes, and nothing where nothing was isolated', () => {
    const after = [0, 10, 40].map((steps) => {
      const model = learnt();
      unlearn(model, { ...options, steps });
      return meanNats(model, bad, 3, 7);
    });
    expect(after[1]).toBeGreaterThan(after[0] ?? 0);
    expect(after[2]).toBeGreaterThan(after[1] ?? 0);
    const model = learnt();
    const weights = model.getWeights();
    unlearn(model, { ...options, isolated: [], steps: 40 });
    expect(model.getWeights()).toEqual(weights);
  });

  test('has the same bits on another engine, also of documents longer than the context', () => {
    const long = { tokens: Uint16Array.from({ length: 50 }, (_, i) => (i % 19) + 1), from: 10, to: 45 };
    const engine = createReferenceEngine({ precision: 'f32' });
    const after = [learnt(undefined, 10), learnt(engine, 10)].map((model) => {
      unlearn(model, { ...options, isolated: [...passages, long], steps: 6 });
      return model.getWeights();
    });
    expect(after[1]).toEqual(after[0]);
  });

  test('keeps all documents in training, and is handed what was isolated by the filter of its own', () => {
    const bound = bindDefences(
      [{ kind: 'loss-isolation', untilShare: 0.5, windowTokens: 3, unlearnSteps: 30 }],
      context,
    );
    const [filter] = bound.filters;
    const [repair] = bound.repairs;
    const [one, other] = [learnt(), learnt()];
    expect(filter?.judge([...good, ...bad]).kept).not.toContain(false);
    repair?.apply(one);
    expect(meanNats(one, bad, 3, 6)).toBeGreaterThan(meanNats(other, bad, 3, 6) + 0.5);
    expect(bindDefences([{ kind: 'loss-isolation', unlearnSteps: 0 }], context).repairs).toEqual([]);
  });

  test('is refused where both of its readings are after the same step', () => {
    const readings = (from: number, until: number) =>
      tinyPlan({
        set: [
          'corpus.splits.trusted=0.1',
          `phases.pretrain.defend=[{kind: loss-isolation, fromShare: ${from}, untilShare: ${until}}]`,
        ],
      });
    expect(() => readings(0.19, 0.2)).toThrow(
      /loss-isolation reads its model after 0\.19 and 0\.2 of the steps of its phase, which are the same step: give shares that lie further apart/,
    );
    expect(readings(0.1, 0.4).runs).toHaveLength(1);
  });
});
