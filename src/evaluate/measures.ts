// Small statistics of generations, each a pure function.

const ascending = (values: ArrayLike<number>) => Float64Array.from(values).sort();

/**
 * Quantile by linear interpolation between order statistics (type 7 of Hyndman and Fan 1996); null of nothing.
 * @param q 0-1
 */
export function quantile(values: ArrayLike<number>, q: number): number | null {
  if (values.length === 0) return null;
  const sorted = ascending(values);
  const place = q * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

/** Median; null of nothing. */
export function median(values: ArrayLike<number>): number | null {
  return quantile(values, 0.5);
}

/** Arithmetic mean, summed in order; null of nothing. */
export function mean(values: ArrayLike<number>): number | null {
  if (values.length === 0) return null;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
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
