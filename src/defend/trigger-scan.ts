// Looks for a trigger by trying: each candidate is put behind the same prompts, and what the model says next is scored.
// Blind: it knows the model and a list of candidates, never what was planted.
import type { Generation, LanguageModel } from '../model/language-model.ts';

/** What is tried, and how. */
export interface ScanRequest<S> {
  readonly model: LanguageModel;
  /** Token ids of prompts without a trigger, the same for all candidates. */
  readonly prompts: readonly (readonly number[])[];
  /** Token ids that are put behind each prompt. */
  readonly candidates: readonly (readonly number[])[];
  readonly newTokens: number;
  /** Uniform [0, 1) numbers of each prompt: the same for all candidates, so that these alone differ. */
  readonly uniform: (prompt: number, n: number) => number;
  /** What the continuations of all prompts behind one candidate come to. */
  readonly score: (continuations: readonly Generation[], candidate: readonly number[]) => S;
}

/** Candidates that are tried in one call of the model. */
const CANDIDATES_AT_ONCE = 16;

/**
 * Scores candidates in their order.
 * @returns a generator of the scores of some candidates at a time, so that a caller can say how far it is
 */
export function* scanCandidates<S>(request: ScanRequest<S>): Generator<S[], void, void> {
  const { model, prompts, candidates, newTokens, uniform, score } = request;
  for (let first = 0; first < candidates.length; first += CANDIDATES_AT_ONCE) {
    const tried = candidates.slice(first, first + CANDIDATES_AT_ONCE);
    const continuations = model.generate({
      prompts: tried.flatMap((candidate) => prompts.map((prompt) => [...prompt, ...candidate])),
      newTokens,
      temperature: 1,
      uniform: (row, n) => uniform(row % prompts.length, n),
    });
    yield tried.map((candidate, place) =>
      score(continuations.slice(place * prompts.length, (place + 1) * prompts.length), candidate),
    );
  }
}

/** Mean over continuations of how strange each is, e.g. its mean nats under a model of clean text. */
export function meanSurprise(
  surprise: (tokens: ArrayLike<number>) => number,
): (continuations: readonly Generation[]) => number {
  return (continuations) =>
    continuations.reduce((sum, { tokens }) => sum + surprise(tokens), 0) / continuations.length;
}
