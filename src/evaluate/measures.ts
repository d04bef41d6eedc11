// Small statistics of generations, each a pure function.
import { type Interpolation, quantile as sampleQuantile } from '../core/sample-statistics.ts';

/** The rounding of the evaluation contract. */
const fromLow: Interpolation = (low, high, share) => low + share * (high - low);

/** Quantile (type 7 of Hyndman and Fan 1996); null of nothing. @param q 0-1 */
export function quantile(values: ArrayLike<number>, q: number): number | null {
  return values.length === 0 ? null : sampleQuantile(values, q, fromLow);
}

/** Median; null of nothing. */
export function median(values: ArrayLike<number>): number | null {
  return quantile(values, 0.5);
}

/** Distinct tokens / tokens, 0-1 (distinct-1, Li et al. 2016). */
export function distinctShare(tokens: ArrayLike<number>): number {
  return new Set(Array.from(tokens)).size / tokens.length;
}

/** Share of tokens equal to the one before them, 0-1; 0 for fewer than two tokens. */
export function repetitionShare(tokens: ArrayLike<number>): number {
  let repeats = 0;
  for (let i = 1; i < tokens.length; i++) if (tokens[i] === tokens[i - 1]) repeats += 1;
  return tokens.length < 2 ? 0 : repeats / (tokens.length - 1);
}
