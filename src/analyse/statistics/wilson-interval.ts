// Wilson's interval for a share, with and without the correction for continuity.
import { normalQuantile } from './distributions.ts';
import type { Interval } from './interval.ts';

/**
 * Interval for the probability behind `successes` of `trials`: all p that a score test would not reject,
 * |p̂ - p| <= z sqrt(p (1 - p) / n) (Wilson 1927).
 *
 * With five seeds the plain interval covers as little as 79 % in places where it promises 90 %. The
 * continuity correction, |p̂ - p| - 1/(2n) <= ... (Newcombe 1998, method 4; R's `prop.test`), keeps the
 * promise everywhere, at the price of a wider interval: the analysis uses it.
 * @param continuity whether to correct
 * @throws RangeError unless 0 <= successes <= trials and trials >= 1
 */
export function wilsonInterval(options: {
  successes: number;
  trials: number;
  level: number;
  continuity: boolean;
}): Interval {
  const { successes, trials: n, level, continuity } = options;
  if (!(n >= 1 && successes >= 0 && successes <= n)) {
    throw new RangeError(`no share of ${successes} in ${n} trials`);
  }
  const z = normalQuantile(0.5 + level / 2);
  return {
    low: successes === 0 ? 0 : lowerLimit({ share: successes / n, n, z, continuity }),
    high: successes === n ? 1 : 1 - lowerLimit({ share: 1 - successes / n, n, z, continuity }),
    level,
  };
}

/** The smaller root in p of (p̂ - c - p)^2 = z^2 p (1 - p) / n with c = 1/(2n) or 0. */
function lowerLimit(options: { share: number; n: number; z: number; continuity: boolean }): number {
  const { share, n, z, continuity } = options;
  const shifted = Math.max(0, share - (continuity ? 0.5 / n : 0));
  const a = 1 + (z * z) / n;
  const halfB = shifted + (z * z) / (2 * n);
  const root = Math.sqrt(Math.max(0, halfB * halfB - a * shifted * shifted));
  return Math.max(0, (halfB - root) / a);
}
