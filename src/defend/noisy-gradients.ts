// Clips the gradient of every training sequence and adds Gaussian noise to that of each step, as DP-SGD does (Abadi et al. 2016,
// arXiv:1607.00133). What it proves, and where it proves nothing, is in analyse/defences/privacy.ts.
// Deviation: batches are not drawn by Poisson sampling; every sequence is used once an epoch.
import { z } from 'zod';
import { randomStream } from '../core/random.ts';
import type { TrainableModel } from '../model/trainable-model.ts';
import type { GradientRule } from '../train/gradient-rule.ts';
import { clipTo } from './clip-sequences.ts';
import type { Defence } from './defence.ts';

const options = {
  norm: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe(
      "Longest gradient of a sequence's own mean loss (Euclidean norm), above 0; null: nothing is clipped, and there is no noise.",
    ),
  noiseMultiplier: z
    .number()
    .min(0)
    .max(1e6)
    .default(1)
    .describe(
      'Standard deviation of the noise of every parameter, in longest gradients of one sequence, 0 to 1e6.',
    ),
};
const settingsSchema = z.object(options);

/** Standard normal numbers where parameters lie, zeros between them. [words] */
function drawNoise({ table }: Pick<TrainableModel, 'table'>, seed: string, step: number): Float32Array {
  const noise = new Float32Array(table.words);
  const random = randomStream(seed, 'noise', step);
  for (const { offset, count } of table.list)
    for (let i = offset; i < offset + count; i++) noise[i] = random.normal();
  return noise;
}

/**
 * Gradients of sequences, clipped to a norm, and noise: a sequence whose tokens all count has at most norm x T / (tokens of the
 * step) of the step's gradient, and the noise of every parameter is `noiseMultiplier` times that.
 */
function noisy(
  norm: number,
  { noiseMultiplier, seed }: { noiseMultiplier: number; seed: string },
): GradientRule {
  const clip = clipTo(norm);
  return {
    needs: clip.needs,
    accumulate(gradientStep) {
      const nats = clip.accumulate(gradientStep);
      const { model, unmaskedTokens, step } = gradientStep;
      const { T } = model.trainingShape ?? model.shape;
      const deviation = noiseMultiplier * norm * (T / unmaskedTokens);
      if (noiseMultiplier > 0) model.addToGradient(drawNoise(model, seed, step), deviation);
      return nats;
    },
  };
}

/** What a phase draws, a stopped and resumed one draws, too: the noise of a step depends on the seed and the step alone. */
export const noisyGradients: Defence = {
  kind: 'noisy-gradients',
  summary: 'Clips the gradient of every training sequence and adds Gaussian noise to that of each step.',
  options,
  bind(settings, { seed }) {
    const { norm, noiseMultiplier } = settingsSchema.parse(settings);
    return norm === null ? {} : { gradient: noisy(norm, { noiseMultiplier, seed }) };
  },
};
