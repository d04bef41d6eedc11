// Removes documents with a passage that a model of trusted text does not expect, as perplexity filters of web text do
// (Wenzek et al. 2020, arXiv:1911.00359).
// Deviation: by the worst window instead of the whole text, since poison may begin like clean text.
import { z } from 'zod';
import { type NgramModel, trainNgramModel } from '../model/ngram/ngram-model.ts';
import type { Defence } from './defence.ts';
import { conformalThreshold, halveTrusted, trustedDemand, trustedOptions } from './trusted-text.ts';

const options = {
  ...trustedOptions,
  windowTokens: z
    .int()
    .min(1)
    .max(10_000)
    .default(16)
    .describe('Tokens of a window, 1 to 1e4: a document is judged by its most surprising one.'),
  order: z.int().min(1).max(6).default(3).describe('Order of the n-gram model of trusted text, 1 to 6.'),
};
const settingsSchema = z.object(options);

/** Largest mean of `size` values in a row; of all where there are fewer; 0 of none. */
export function worstWindow(nats: ArrayLike<number>, size: number): number {
  if (nats.length === 0) return 0;
  // Sums of whole micro-nats are exact, so that a window's mean does not depend on what stands before it.
  const micro = Array.from(nats, (value) => Math.round(value * 1e6));
  const length = Math.min(size, micro.length);
  let sum = 0;
  let worst = 0;
  for (const [place, value] of micro.entries()) {
    sum += value - (micro[place - length] ?? 0);
    if (place >= length - 1) worst = Math.max(worst, sum);
  }
  return worst / length / 1e6;
}

/** Removes documents whose worst window is above a quantile of trusted text. */
export const referencePerplexity: Defence = {
  kind: 'reference-perplexity',
  summary: 'Removes documents with a passage that a model of trusted text does not expect.',
  options,
  trusted: trustedDemand,
  bind(settings, { trusted, vocabularySize }) {
    const {
      falsePositiveShare: share,
      trustedDocuments,
      windowTokens,
      order,
    } = settingsSchema.parse(settings);
    if (share === 0) return {};
    const filter = 'reference-perplexity';
    const scoreWith = (model: NgramModel) => (tokens: ArrayLike<number>) =>
      worstWindow(model.tokenNats(tokens), windowTokens);
    return {
      filter: {
        name: filter,
        judge: (examples) => {
          const { reference, calibration } = halveTrusted(trusted(trustedDocuments));
          const documents = reference.map(({ tokens }) => tokens);
          const score = scoreWith(trainNgramModel({ documents, order, vocabularySize }));
          const threshold = conformalThreshold(
            calibration.map(({ tokens }) => score(tokens)),
            { share, filter },
          );
          const scores = Float64Array.from(examples, ({ tokens }) => score(tokens));
          return { kept: Array.from(scores, (own) => own <= threshold), scores };
        },
      },
    };
  },
};
