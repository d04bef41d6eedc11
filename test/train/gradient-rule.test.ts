import { describe, expect, it } from 'vitest';
import { createReferenceEngine } from '../../src/kernels/reference/reference-engine.ts';
import { createGpt } from '../../src/model/gpt.ts';
import { UnsupportedSignalError } from '../../src/model/signals.ts';
import type { TrainableModel } from '../../src/model/trainable-model.ts';
import { type GradientRule, sumOfExamples, weighSequences } from '../../src/train/gradient-rule.ts';
import { type TrainEvent, trainPhase } from '../../src/train/train-phase.ts';
import { engineOf, modelConfig, smallGpt, weightBits } from '../model/fixtures.ts';
import { optimizer, patternSource, schedule } from './fixtures.ts';

const batches = patternSource({ optimizerSteps: 4, sequences: 3, microBatches: 2, masked: true });
const training = { sequences: 3, sequenceGradients: true };

async function train(model: TrainableModel, gradient?: GradientRule): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  const options = { model, batches, optimizer, schedule, ...(gradient && { gradient }) };
  for await (const event of trainPhase(options)) events.push(event);
  return events;
}

/** Each sequence's gradient no longer than 0.05. */
const clipped = weighSequences(
  () =>
    ({ norm }) =>
      norm > 0.05 ? 0.05 / norm : 1,
);

describe('the rule of a step’s gradient', () => {
  it('is the sum of all examples unless another is given, and the same bits beside other signals', async () => {
    const [plain, named, able] = [undefined, undefined, training].map((options) =>
      smallGpt({ training: options ?? { sequences: 3 } }),
    ) as [TrainableModel, TrainableModel, TrainableModel];
    const expected = await train(plain);
    expect(await train(named, sumOfExamples)).toEqual(expected);
    expect(await train(able)).toEqual(expected);
    for (const model of [named, able]) expect(weightBits(model)).toBe(weightBits(plain));
  });

  it('that weighs every sequence with 1 gives the same loss, and the same gradient but for rounding', async () => {
    const plain = smallGpt({ training });
    const weighed = smallGpt({ training });
    const [expected] = await train(plain);
    const [first] = await train(
      weighed,
      weighSequences(() => () => 1),
    );
    expect(first?.lossNats).toBe(expected?.lossNats);
    expect(Math.abs((first?.gradientNorm ?? 0) / (expected?.gradientNorm ?? 1) - 1)).toBeLessThan(1e-6);
  });

  it('that clips sequences bounds the gradient by their number, and trains on all engines to the same bits', async () => {
    const engines = [createReferenceEngine({ precision: 'f32' }), engineOf('f32')];
    const models = engines.map((engine) => {
      const config = modelConfig({ initStandardDeviation: 0.3 });
      const model = createGpt({ config, vocabularySize: 21, engine, training });
      model.initialise(1);
      return model;
    }) as [TrainableModel, TrainableModel];
    const events = await train(models[0], clipped);
    for (const { gradientNorm } of events) expect(gradientNorm).toBeLessThanOrEqual(6 * 0.05 * 1.000001);
    expect(await train(models[1], clipped)).toEqual(events);
    expect(weightBits(models[1])).toBe(weightBits(models[0]));
    const unclipped = smallGpt({ config: { initStandardDeviation: 0.3 }, training });
    expect((await train(unclipped))[0]?.gradientNorm).toBeGreaterThan(6 * 0.05);
  });

  it('is told the step, and sees every sequence of every micro-batch in order', async () => {
    const seen: number[][] = [];
    const watch = weighSequences(({ step, unmaskedTokens, microBatches }) => {
      expect(microBatches).toHaveLength(2);
      expect(unmaskedTokens).toBeGreaterThan(0);
      return ({ sequence }) => {
        seen.push([step, sequence]);
        return 1;
      };
    });
    await train(smallGpt({ training }), watch);
    expect(seen).toEqual([0, 1, 2, 3].flatMap((step) => [0, 1, 2, 0, 1, 2].map((s) => [step, s])));
  });

  it('that needs what a model lacks is refused before the first step', async () => {
    const model = smallGpt({ training: { sequences: 3 } });
    const before = weightBits(model);
    await expect(train(model, clipped)).rejects.toThrow(UnsupportedSignalError);
    await expect(train(model, clipped)).rejects.toThrow(/gradients of single sequences/);
    expect(weightBits(model)).toBe(before);
  });
});
