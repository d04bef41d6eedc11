// The bootstrap over seeds. Runs that share a seed share their poisoned documents, so whole seeds are
// reweighted, never single runs.
import { log } from '../../core/math.ts';
import type { RandomStream } from '../../core/random.ts';
import { studentQuantile } from './distributions.ts';
import type { Interval } from './interval.ts';

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
 * Student t times sqrt((n + 1) / (n - 1)): few seeds call for t with n - 1 degrees of freedom, and the weights'
 * variance is too small by (n - 1) / (n + 1).
 */
export function seedQuantile(options: { seeds: number; level: number }): number {
  const n = options.seeds;
  return studentQuantile(0.5 + options.level / 2, n - 1) * Math.sqrt((n + 1) / (n - 1));
}

/**
 * Interval of a statistic over seeds: estimate -/+ q x root mean square distance of the draws from it. For a
 * mean this is Student's interval. Percentiles of weighted means of five seeds are too short at any
 * level, since no draw leaves the range of the seeds, and their skewness is mostly chance.
 * @param estimate the statistic with equal weights
 * @param draws the statistic under each draw of weights; an infinite one opens both ends
 */
export function seedInterval(options: {
  estimate: number;
  draws: readonly number[];
  seeds: number;
  level: number;
}): Interval {
  const { estimate, draws, level } = options;
  const squares = draws.reduce((sum, draw) => sum + (draw - estimate) * (draw - estimate), 0);
  const reach = seedQuantile(options) * Math.sqrt(squares / draws.length);
  const open = !Number.isFinite(reach);
  return { low: open ? null : estimate - reach, high: open ? null : estimate + reach, level };
}
