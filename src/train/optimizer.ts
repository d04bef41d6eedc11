// What an optimizer step multiplies by: AdamW (Loshchilov and Hutter 2019), plain gradient descent, clipping.
import type { OptimizerConfig } from '../config/schema/schema.ts';
import { pow } from '../core/math.ts';
import type { OptimizerUpdate } from '../model/trainable-model.ts';

/** Factor that brings a gradient's Euclidean norm down to `clipNorm` (Pascanu et al. 2013); 1 below it or without. */
export function clipScale(gradientNorm: number, clipNorm: number | null): number {
  return clipNorm !== null && gradientNorm > clipNorm ? clipNorm / gradientNorm : 1;
}

/**
 * Numbers of one update. Bias correction counts the steps of the phase: moments restart with it.
 * @param options.step from 0
 * @param options.gradientNorm of the whole gradient, before clipping
 */
export function optimizerUpdate(options: {
  optimizer: OptimizerConfig;
  learningRate: number;
  step: number;
  gradientNorm: number;
}): OptimizerUpdate {
  const { optimizer, learningRate, step, gradientNorm } = options;
  const { kind, beta1, beta2, epsilon, weightDecay, clipNorm } = optimizer;
  const correction = (beta: number): number => 1 / (1 - pow(beta, step + 1));
  return {
    kind,
    learningRate,
    weightDecay,
    gradientScale: clipScale(gradientNorm, clipNorm),
    beta1,
    beta2,
    correction1: correction(beta1),
    correction2: correction(beta2),
    epsilon,
  };
}
