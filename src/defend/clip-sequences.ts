// Clips the gradient of every training sequence before they are added up, as in DP-SGD (Abadi et al. 2016,
// arXiv:1607.00133) without its noise: no privacy is claimed. With AdamW a scale that all sequences share cancels; what acts
// is that long gradients are shortened against short ones.
import { z } from 'zod';
import { type GradientRule, weighSequences } from '../train/gradient-rule.ts';
import type { Defence } from './defence.ts';

const options = {
  norm: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe("Longest gradient of a sequence's own mean loss (Euclidean norm), above 0; null clips none."),
};
const settingsSchema = z.object(options);

/** The sum of the sequences' gradients, each shortened where that of its own mean loss is longer than a norm. */
export function clipTo(most: number): GradientRule {
  return weighSequences(({ unmaskedTokens }) => ({ norm, weight }) => {
    if (weight === 0) return 1;
    const own = norm * (unmaskedTokens / weight);
    return own > most ? most / own : 1;
  });
}

/** A packed sequence holds several documents: a long gradient of one shortens those of its neighbours, too. */
export const clipSequences: Defence = {
  kind: 'clip-sequences',
  summary: 'Clips the gradient of every training sequence.',
  options,
  bind(settings) {
    const { norm } = settingsSchema.parse(settings);
    return norm === null ? {} : { gradient: clipTo(norm) };
  },
};
