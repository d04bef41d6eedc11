// The bootstrap over seeds. Runs that share a seed share their poisoned documents, so whole seeds are
// reweighted, never single runs.
import { log } from '../core/math.ts';
import type { RandomStream } from '../core/random.ts';
import { normalCdf, studentQuantile } from './distributions.ts';
import type { Interval } from './interval.ts';
import { quantileOfSorted } from './quantile.ts';

/**
 * One draw of weights, one per seed, mean 1: exponential deviates divided by their mean. This is the
 * fractional-random-weight (Bayesian) bootstrap (Rubin 1981; Xu et al. 2020). Resampling with replacement
 * leaves seeds out, and with five of them a fit to what is left often has no transition to fit; here
 * every seed keeps some weight.
 */
export function drawSeedWeights(stream: RandomStream, seeds: number): number[] {
  const weights = Array.from({ length: seeds }, () => -log(1 - stream.uniform()));
  let sum = 0;
  for (const weight of weights) sum += weight;
  return weights.map((weight) => (weight * seeds) / sum);
}

/**
 * Tail probability at which the percentiles are read so that the interval has its nominal coverage with
 * few seeds: Φ(-t sqrt((n + 1) / (n - 1))), t the Student quantile with n - 1 degrees of freedom. The plain
 * percentile interval uses the normal quantile and a variance too small by (n - 1) / (n + 1)
 * (Hesterberg 2015, "expanded percentile").
 */
export function expandedTail(options: { seeds: number; level: number }): number {
  const n = options.seeds;
  const t = studentQuantile(0.5 + options.level / 2, n - 1);
  return normalCdf(-t * Math.sqrt((n + 1) / (n - 1)));
}

/**
 * Expanded percentile interval of a statistic over seeds.
 * @param estimates the statistic under each draw of weights; infinities are allowed and give an open end
 */
export function percentileInterval(options: {
  estimates: readonly number[];
  seeds: number;
  level: number;
}): Interval {
  const sorted = [...options.estimates].sort((a, b) => a - b);
  const tail = expandedTail(options);
  const end = (probability: number): number | null => {
    const value = quantileOfSorted(sorted, probability);
    return Number.isFinite(value) ? value : null;
  };
  return { low: end(tail), high: end(1 - tail), level: options.level };
}
