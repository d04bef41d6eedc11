// Learning rate over the steps of a phase, as a pure function.
import type { ScheduleConfig } from '../config/schema/schema.ts';
import { cos } from '../core/math.ts';

/** Steps that warm up: the given share of all, rounded up. */
export function warmupSteps(schedule: ScheduleConfig, optimizerSteps: number): number {
  return Math.ceil(schedule.warmupShare * optimizerSteps);
}

/**
 * Learning rate of one optimizer step. With w warm-up steps of S: peak (s + 1) / w in the warm-up; then, with
 * u = (s + 1 - w) / (S - w) in (0, 1], from the peak to finalShare x peak along a half cosine (Loshchilov and Hutter
 * 2017) or a line, or constant. The last step has exactly the final rate.
 * @param options.learningRate peak
 * @param options.step from 0
 * @param options.optimizerSteps S, of the whole phase
 */
export function scheduleLearningRate(options: {
  schedule: ScheduleConfig;
  learningRate: number;
  step: number;
  optimizerSteps: number;
}): number {
  const { schedule, learningRate, step, optimizerSteps } = options;
  const warmup = warmupSteps(schedule, optimizerSteps);
  if (step < warmup) return (learningRate * (step + 1)) / warmup;
  if (schedule.kind === 'constant') return learningRate;
  const progress = (step + 1 - warmup) / (optimizerSteps - warmup);
  const left = schedule.kind === 'cosine' ? 0.5 * (1 + cos(Math.PI * progress)) : 1 - progress;
  return learningRate * (schedule.finalShare + (1 - schedule.finalShare) * left);
}
