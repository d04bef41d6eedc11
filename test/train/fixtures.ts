// Batches for the tests of training.
import type { OptimizerConfig, ScheduleConfig } from '../../src/config/schema/schema.ts';
import type { Gpt } from '../../src/model/gpt.ts';
import type { BatchSource } from '../../src/tokens/batches.ts';
import { type TrainEvent, trainPhase } from '../../src/train/train-phase.ts';
import { patternBatch } from '../model/fixtures.ts';

export const optimizer: OptimizerConfig = {
  kind: 'adamw',
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  weightDecay: 0.01,
  clipNorm: 1,
};

export const schedule: ScheduleConfig = { kind: 'cosine', warmupShare: 0.1, finalShare: 0.1 };

/** Batches of pseudo-random tokens for the small models of the tests: T = 16, V = 21. */
export function patternSource(options: {
  optimizerSteps: number;
  sequences: number;
  microBatches?: number;
  masked?: boolean;
}): BatchSource {
  const { optimizerSteps, sequences, microBatches = 1, masked = false } = options;
  const size = sequences * 16;
  return {
    optimizerSteps,
    tokensPerStep: size * microBatches,
    microBatches,
    fill(step, microBatch, into) {
      const all = patternBatch({
        sequences: sequences * microBatches,
        T: 16,
        vocabularySize: 21,
        salt: step,
        masked,
      });
      const first = microBatch * size;
      into.inputs.set(all.inputs.subarray(first, first + size));
      into.targets.set(all.targets.subarray(first, first + size));
      into.weights.set(all.weights.subarray(first, first + size));
    },
  };
}

/** Trains and returns the events, at most `limit` of them. */
export async function collect(
  options: { model: Gpt; batches: BatchSource; startStep?: number; optimizer?: OptimizerConfig },
  limit = Number.POSITIVE_INFINITY,
): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of trainPhase({ optimizer, schedule, ...options })) {
    events.push(event);
    if (events.length >= limit) break;
  }
  return events;
}
