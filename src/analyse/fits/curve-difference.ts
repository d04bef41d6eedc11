// How far apart curves are that should lie on top of each other, with the noise of the seeds taken out.
import { studentQuantile } from '../statistics/distributions.ts';
import { FEWEST_SEEDS_FOR_INTERVAL, INTERVAL_LEVEL, type Interval } from '../statistics/interval.ts';

/** Distance between curves: root mean square over places of the difference of their expected values. */
export interface CurveDifference {
  /** Null with fewer than 2 seeds or no place. 0 where the seeds differ more than the curves. */
  readonly estimate: number | null;
  /** Null with fewer than 5 seeds. */
  readonly interval: Interval | null;
  readonly seeds: number;
  /** Places compared. */
  readonly places: number;
}

/** Mean of x_r · x_s over pairs of different seeds, without seed `leftOut`. */
function crossProduct(products: readonly (readonly number[])[], leftOut: number): number {
  let sum = 0;
  let pairs = 0;
  for (const [r, row] of products.entries()) {
    for (const [s, value] of row.entries()) {
      if (r === s || r === leftOut || s === leftOut) continue;
      sum += value;
      pairs += 1;
    }
  }
  return sum / pairs;
}

function rootOrZero(square: number): number {
  return Math.sqrt(Math.max(0, square));
}

/**
 * Estimates D = sqrt(mean over places of δ^2), δ the expected difference of two curves at a place. The plain distance of
 * mean curves is above 0 even for equal curves, since seeds differ. Here differences seen in one seed are multiplied with those of
 * another: noise of two seeds is independent, so the mean over pairs of seeds is D^2 without bias, and about 0
 * for equal curves. Interval: Student's about the jackknife over seeds, taken for D^2; the jackknife's variance
 * is never too small on average (Efron and Stein 1981).
 * @param differences by seed, then by place; all seeds have the same places
 */
export function curveDifference(differences: readonly (readonly number[])[]): CurveDifference {
  const seeds = differences.length;
  const places = differences[0]?.length ?? 0;
  if (seeds < 2 || places === 0) return { estimate: null, interval: null, seeds, places };
  const products = differences.map((a) =>
    differences.map((b) => a.reduce((sum, value, i) => sum + value * b[i], 0) / places),
  );
  const square = crossProduct(products, -1);
  const estimate = rootOrZero(square);
  if (seeds < FEWEST_SEEDS_FOR_INTERVAL) return { estimate, interval: null, seeds, places };
  const leftOut = products.map((_, r) => crossProduct(products, r));
  const center = leftOut.reduce((sum, value) => sum + value, 0) / seeds;
  const scatter = leftOut.reduce((sum, value) => sum + (value - center) * (value - center), 0);
  const reach =
    studentQuantile(0.5 + INTERVAL_LEVEL / 2, seeds - 1) * Math.sqrt((scatter * (seeds - 1)) / seeds);
  const interval = {
    low: rootOrZero(square - reach),
    high: rootOrZero(square + reach),
    level: INTERVAL_LEVEL,
  };
  return { estimate, interval, seeds, places };
}
