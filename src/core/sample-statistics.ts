// Mean and quantiles of a sample.

/** Arithmetic mean, summed in order; null for an empty list. */
export function mean(values: ArrayLike<number>): number | null {
  if (values.length === 0) return null;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / values.length;
}

/** A number between two others. @param share of the way from `low` to `high`, 0-1 */
export type Interpolation = (low: number, high: number, share: number) => number;

const weighted: Interpolation = (low, high, share) => (share === 0 ? low : low * (1 - share) + high * share);

/**
 * Sample quantile by linear interpolation between order statistics: with h = (n - 1) p, the value at rank h.
 * This is type 7 of Hyndman and Fan (1996), the default of R and NumPy.
 * @param probability in [0, 1]
 * @param interpolate where the last bit is part of a contract; all are equal but for rounding
 * @throws RangeError for an empty list or a probability outside [0, 1]
 */
export function quantile(
  values: ArrayLike<number>,
  probability: number,
  interpolate: Interpolation = weighted,
): number {
  return quantileOfSorted(Float64Array.from(values).sort(), probability, interpolate);
}

/** The same for values already in ascending order. */
export function quantileOfSorted(
  sorted: ArrayLike<number>,
  probability: number,
  interpolate: Interpolation = weighted,
): number {
  if (sorted.length === 0) throw new RangeError('an empty list has no quantiles');
  if (!(probability >= 0 && probability <= 1))
    throw new RangeError(`no quantile at probability ${probability}`);
  const rank = (sorted.length - 1) * probability;
  const below = Math.floor(rank);
  const above = Math.min(below + 1, sorted.length - 1);
  return interpolate(sorted[below] as number, sorted[above] as number, rank - below);
}
