// What a defender may set thresholds by: trusted clean text alone, one half to learn from and one to set the threshold on.
// The threshold is that of conformal prediction (Vovk, Gammerman and Shafer 2005): where clean documents come from the
// same source as the trusted ones, the stated share of them is removed at most, in expectation, whatever the score.
import { z } from 'zod';
import { InputError } from '../core/errors.ts';
import type { Example } from '../tokens/example.ts';
import type { TrustedDemand } from './defence.ts';

/** Options of every filter with a threshold from trusted text. */
export const trustedOptions = {
  falsePositiveShare: z
    .number()
    .min(0)
    .max(0.5)
    .default(0.01)
    .describe(
      'Share of clean documents that the threshold may cost, 0 to 0.5: it is set on trusted text (`splits.trusted`). 0 removes none.',
    ),
  trustedDocuments: z
    .int()
    .min(100)
    .max(1_000_000)
    .default(2000)
    .describe(
      'Documents of trusted text, 100 to 1e6, or all there are: half to learn from, half for the threshold.',
    ),
};

const trustedSettings = z.object(trustedOptions);

/** Fewest calibration scores that a threshold of this cost can be set on. */
function leastScores(share: number): number {
  return Math.ceil(1 / share - 1e-9) - 1;
}

/** What a filter with these settings reads of trusted text. */
export function trustedDemand(settings: unknown): TrustedDemand {
  const { falsePositiveShare, trustedDocuments } = trustedSettings.parse(settings);
  if (falsePositiveShare === 0) return { wanted: 0, least: 0 };
  return { wanted: trustedDocuments, least: 2 * leastScores(falsePositiveShare) };
}

/** Trusted text in halves, by turns. */
export interface TrustedHalves {
  /** What clean text is learnt from. */
  readonly reference: readonly Example[];
  /** What the threshold is set on. */
  readonly calibration: readonly Example[];
}

export function halveTrusted(trusted: readonly Example[]): TrustedHalves {
  return {
    reference: trusted.filter((_, place) => place % 2 === 0),
    calibration: trusted.filter((_, place) => place % 2 === 1),
  };
}

/**
 * The score above which a document is removed: the k-th smallest of n calibration scores, k = ceil((1 - share)(n + 1)), so that
 * a further document of the same source scores above it with a probability of at most `share`.
 * @throws InputError where there are too few scores for the share
 */
export function conformalThreshold(
  scores: ArrayLike<number>,
  { share, filter }: { share: number; filter: string },
): number {
  const sorted = Float64Array.from(scores).sort();
  const k = Math.ceil((1 - share) * (sorted.length + 1) - 1e-9);
  const threshold = sorted[k - 1];
  if (threshold !== undefined) return threshold;
  throw new InputError(
    `${filter}: a threshold that costs ${share} of the clean documents needs ${leastScores(share)} trusted documents to be ` +
      `set on, and there are ${sorted.length} (half of the trusted text): raise trustedDocuments, hold back more text ` +
      '(corpus.splits.trusted), or allow a larger falsePositiveShare',
  );
}
