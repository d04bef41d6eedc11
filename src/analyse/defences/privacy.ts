// What the noise of `noisy-gradients` proves: epsilon at a delta, by the exact formula for Gaussian noise (Balle and Wang 2018,
// arXiv:1805.06083, theorem 8), and only where its assumptions hold. Every sequence is used once an epoch, by a step that uses it
// nowhere else, so that nothing is gained by sampling and nothing needs be composed but epochs.
import { epochTokens } from '../../config/budget.ts';
import { tokensPerStep } from '../../config/count-parameters.ts';
import type { DefenceSchemas, PhaseConfig, RunConfig } from '../../config/schema/schema.ts';
import { exp } from '../../core/math.ts';
import { normalCdf } from '../statistics/distributions.ts';

/** What is said of a phase with noise. */
export type PrivacyStatement =
  | { readonly phase: string; readonly epsilon: number; readonly delta: number; readonly tokens: number }
  /** Why no epsilon is stated. */
  | { readonly phase: string; readonly reason: string };

const DELTA = 1e-5;

/** An epsilon beyond this promises nothing: the odds of anything may change by a factor of e^20. */
const MOST_EPSILON = 20;

/**
 * The delta of Gaussian noise at an epsilon.
 * @param reach how far the noiseless results of neighbouring data lie apart, in standard deviations of the noise
 */
export function gaussianDelta(epsilon: number, reach: number): number {
  return normalCdf(reach / 2 - epsilon / reach) - exp(epsilon) * normalCdf(-reach / 2 - epsilon / reach);
}

/** The least epsilon of Gaussian noise at a delta; null where it is above 20. */
export function gaussianEpsilon(delta: number, reach: number): number | null {
  if (gaussianDelta(MOST_EPSILON, reach) > delta) return null;
  let low = 0;
  let high = MOST_EPSILON;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (gaussianDelta(middle, reach) > delta) low = middle;
    else high = middle;
  }
  return high;
}

/** Why the accounting does not hold for a phase; null where it does. */
function obstacle(
  phase: PhaseConfig,
  { model, defences }: { model: RunConfig['model']; defences: DefenceSchemas },
): string | null {
  const { batch, defend = [], mix = [], corpus } = phase;
  if (batch.packing !== 'stream')
    return 'in rows the number of tokens that count depends on the documents, and with it the weight of every other';
  const hasPrompts = [corpus, ...mix.map((own) => own.corpus)].some(
    (own) =>
      ('promptField' in own && own.promptField !== undefined) ||
      ('promptSentences' in own && own.promptSentences !== undefined),
  );
  if (hasPrompts)
    return 'prompts carry no loss, so that the number of tokens that count depends on the documents';
  if (defend.some((own) => defences[own.kind]?.filters(own) === true))
    return 'a filter keeps or removes documents by what all documents are';
  if (epochTokens(phase) % tokensPerStep(model, batch) !== 0)
    return 'an epoch is no whole number of steps, so that a sequence may be cut otherwise in the next';
  return null;
}

/**
 * What noise of gradients proves of each phase that has it: for data that differ in one stretch of tokens as long as the
 * context, which begins where a sequence of the packed stream does. It is in two sequences, as input and as the last target of
 * the one before, and each adds at most `norm` to a step and takes away as much: four norms at most.
 */
export function privacyStatements(
  { model, phases }: Pick<RunConfig, 'model' | 'phases'>,
  defences: DefenceSchemas,
): PrivacyStatement[] {
  return phases.flatMap((phase): PrivacyStatement[] => {
    const own = phase.defend?.find(({ kind }) => kind === 'noisy-gradients');
    if (own === undefined || own.norm === null) return [];
    const { name, epochs } = phase;
    const multiplier = Number(own.noiseMultiplier);
    if (multiplier === 0) return [{ phase: name, reason: 'noiseMultiplier is 0: there is no noise' }];
    const reason = obstacle(phase, { model, defences });
    if (reason !== null) return [{ phase: name, reason }];
    const epsilon = gaussianEpsilon(DELTA, (4 * Math.sqrt(epochs)) / multiplier);
    if (epsilon === null)
      return [{ phase: name, reason: `epsilon is above ${MOST_EPSILON}, which promises nothing` }];
    return [{ phase: name, epsilon, delta: DELTA, tokens: model.contextTokens }];
  });
}

/** A statement in a sentence. */
export function privacyInWords(statement: PrivacyStatement): string {
  const { phase } = statement;
  if ('reason' in statement)
    return `noisy-gradients in ${phase}: no epsilon is stated, since ${statement.reason}.`;
  const { epsilon, delta, tokens } = statement;
  return (
    `noisy-gradients in ${phase}: epsilon ${epsilon.toPrecision(2)} at delta ${delta} for the replacement of ${tokens} tokens of the packed ` +
    'text, against those who do not know the seed, and by this phase alone; the vocabulary is taken as given.'
  );
}
