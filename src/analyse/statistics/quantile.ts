// Sample quantiles, and the mean.

/** Arithmetic mean; null for an empty list. */
export function mean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/**
 * Sample quantile by linear interpolation between order statistics: with h = (n - 1) p, the value at rank h.
 * This is type 7 of Hyndman and Fan (1996), the default of R and NumPy.
 * @param probability in [0, 1]
 * @throws RangeError for an empty list or a probability outside [0, 1]
 */
export function quantile(values: readonly number[], probability: number): number {
  return quantileOfSorted(
    [...values].sort((a, b) => a - b),
    probability,
  );
}

/** The same for values already in ascending order. */
export function quantileOfSorted(sorted: readonly number[], probability: number): number {
  if (sorted.length === 0) throw new RangeError('an empty list has no quantiles');
  if (!(probability >= 0 && probability <= 1))
    throw new RangeError(`no quantile at probability ${probability}`);
  const rank = (sorted.length - 1) * probability;
  const below = Math.floor(rank);
  const above = Math.min(below + 1, sorted.length - 1);
  const share = rank - below;
  return share === 0 ? sorted[below] : sorted[below] * (1 - share) + sorted[above] * share;
}
