import { describe, expect, it } from 'vitest';
import { DivergenceError, InputError } from '../../src/core/errors.ts';
import type { MicroBatch } from '../../src/tokens/batches.ts';
import { trainPhase } from '../../src/train/train-phase.ts';
import { decodeTrainingState, encodeTrainingState } from '../../src/train/training-state.ts';
import { smallGpt, weightBits } from '../model/fixtures.ts';
import { collect, optimizer, patternSource, schedule } from './fixtures.ts';

const source = patternSource({ optimizerSteps: 6, sequences: 2, masked: true });

describe('a phase of training', () => {
  it('tells of every step: its loss, rate, norm and the tokens trained', async () => {
    const model = smallGpt({ training: { sequences: 2 } });
    const events = await collect({ model, batches: source });
    expect(events.map(({ optimizerStep }) => optimizerStep)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(events.map(({ tokensTrained }) => tokensTrained)).toEqual([32, 64, 96, 128, 160, 192]);
    expect(events[0]?.lossNats).toBeCloseTo(Math.log(21), 1);
    expect(events[0]?.learningRate).toBe(0.01);
    expect(events[5]?.learningRate).toBeCloseTo(0.001, 12);
    for (const { gradientNorm } of events) expect(gradientNorm).toBeGreaterThan(0);
  });

  it('gives the same bits for the same seed', async () => {
    const run = async (seed: number): Promise<string> => {
      const model = smallGpt({ seed, training: { sequences: 2 } });
      await collect({ model, batches: source });
      return weightBits(model);
    };
    expect(await run(5)).toBe(await run(5));
    expect(await run(5)).not.toBe(await run(6));
  });

  it('resumed from a checkpoint ends in the bits of the uninterrupted run', async () => {
    const whole = smallGpt({ training: { sequences: 2 } });
    const wholeEvents = await collect({ model: whole, batches: source });
    const first = smallGpt({ training: { sequences: 2 } });
    await collect({ model: first, batches: source }, 4);
    const bytes = encodeTrainingState({ phase: 0, optimizerStep: 4, extra: null }, first.exportTraining());
    const resumed = smallGpt({ seed: 99, training: { sequences: 2 } });
    const { position, arrays } = decodeTrainingState(bytes);
    resumed.importTraining(arrays);
    const rest = await collect({ model: resumed, batches: source, startStep: position.optimizerStep });
    expect(rest).toEqual(wholeEvents.slice(4));
    expect(weightBits(resumed)).toBe(weightBits(whole));
  });

  it('starts with fresh moments, whatever was trained before', async () => {
    const before = smallGpt({ training: { sequences: 2 } });
    await collect({ model: before, batches: source });
    const fresh = smallGpt({ training: { sequences: 2 } });
    fresh.setWeights(before.getWeights());
    await collect({ model: before, batches: source });
    await collect({ model: fresh, batches: source });
    expect(weightBits(before)).toBe(weightBits(fresh));
  });

  it('gives the same bits with accumulated micro-batches as with one large batch', async () => {
    const large = smallGpt({ training: { sequences: 4 } });
    const small = smallGpt({ training: { sequences: 2 } });
    const batches = { optimizerSteps: 3, masked: true };
    await collect({ model: large, batches: patternSource({ ...batches, sequences: 4 }) });
    await collect({ model: small, batches: patternSource({ ...batches, sequences: 2, microBatches: 2 }) });
    expect(weightBits(small)).toBe(weightBits(large));
  });

  it('may be watched: asking the model between steps changes nothing', async () => {
    const watched = smallGpt({ training: { sequences: 2 } });
    const alone = smallGpt({ training: { sequences: 2 } });
    for await (const _ of trainPhase({ model: watched, batches: source, optimizer, schedule })) {
      watched.tokenLossesNats([[1, 2, 3]]);
      watched.generate({ prompts: [[1]], newTokens: 2, temperature: 1, uniform: () => 0.5 });
    }
    await collect({ model: alone, batches: source });
    expect(weightBits(watched)).toBe(weightBits(alone));
  });

  it('stops with the step and the last losses when the loss is no longer finite', async () => {
    const model = smallGpt({ training: { sequences: 2 } });
    const wild = { ...optimizer, kind: 'sgd' as const, learningRate: 1e20, clipNorm: null };
    const error = await collect({ model, batches: source, optimizer: wild }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(DivergenceError);
    const { optimizerStep, lastLossesNats, message } = error as DivergenceError;
    expect(optimizerStep).toBeGreaterThan(1);
    expect(lastLossesNats).toHaveLength(optimizerStep - 1);
    expect(message).toMatch(
      /training diverged: the (loss|gradient norm) is (NaN|Infinity) at optimizer step/,
    );
  });

  it('refuses a model that does not fit the batches', async () => {
    await expect(collect({ model: smallGpt(), batches: source })).rejects.toThrow(
      /create it with `training`/,
    );
    const other = smallGpt({ training: { sequences: 3 } });
    await expect(collect({ model: other, batches: source })).rejects.toThrow(InputError);
  });

  it('lets the event loop run', async () => {
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    const model = smallGpt({ training: { sequences: 2 } });
    const slow = (step: number, microBatch: number, into: MicroBatch): void => {
      const end = performance.now() + 30;
      while (performance.now() < end);
      source.fill(step, microBatch, into);
    };
    await collect({ model, batches: { ...source, fill: slow } });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });
});
