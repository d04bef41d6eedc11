// Student's interval for the mean of one value per seed, where values are sharp enough to be compared with a bound.

import { mean } from '../../core/sample-statistics.ts';
import { studentQuantile } from './distributions.ts';
import { FEWEST_SEEDS_FOR_INTERVAL, INTERVAL_LEVEL, type Interval } from './interval.ts';

/** Mean over seeds with its spread, and how it was reached. */
export interface SeedEstimate {
  readonly mean: number | null;
  /** Smallest and largest seed. */
  readonly minimum: number | null;
  readonly maximum: number | null;
  /** Null with fewer than 5 seeds. */
  readonly interval: Interval | null;
  readonly seeds: number;
}

/** Success is in transition between these: where it is absent or complete for all, things compared look alike anyway. */
const TRANSITION = { minimum: 0.05, maximum: 0.95 } as const;

/** Whether a mean success over all that is compared leaves room for a difference. */
export function isInTransition(pooledShare: number): boolean {
  return pooledShare >= TRANSITION.minimum && pooledShare <= TRANSITION.maximum;
}

/**
 * Runs of one cell differ at least as much as this dispersion says (ρ in ρ p (1 - p)), however well five of them
 * happen to agree: twice what 15 controls and unrelated texts showed (0.005 to 0.011).
 */
export const LEAST_DISPERSION = 0.02;

/**
 * The smallest variance that a share over some prompts is credited with: binomial noise of the prompts, and
 * `LEAST_DISPERSION` between each of `runs` runs. The share is first moved off 0 and 1 by two imagined successes and two
 * failures (Agresti and Coull 1998).
 * @param share mean share over all seeds, 0-1
 * @param prompts of one run
 * @param runs averaged into each seed's value
 */
export function leastShareVariance(options: {
  share: number;
  prompts: number;
  runs: number;
  seeds: number;
}): number {
  const { share, prompts, runs, seeds } = options;
  const trials = prompts * runs * seeds;
  const p = (share * trials + 2) / (trials + 4);
  return (p * (1 - p) * (1 / prompts + LEAST_DISPERSION)) / runs;
}

/**
 * Mean and Student's interval of one value per seed: mean -/+ t s / sqrt(n), n - 1 degrees of freedom.
 * For shares of prompts Gaffke's bound (`boundedMeanInterval`) holds for every distribution, but with five seeds it
 * is never narrower than 0.45, so that no bound could ever be met. This one assumes that seeds scatter about as
 * they are seen to; where one seed in ten succeeded and nine did not, it would cover less than it promises.
 * @param leastVariance the variance of a seed's value is taken to be at least this
 */
export function seedEstimate(
  values: readonly number[],
  options: { leastVariance?: number; level?: number } = {},
): SeedEstimate {
  const { leastVariance = 0, level = INTERVAL_LEVEL } = options;
  const seeds = values.length;
  const center = mean(values);
  const range = {
    minimum: seeds > 0 ? Math.min(...values) : null,
    maximum: seeds > 0 ? Math.max(...values) : null,
  };
  if (center === null || seeds < FEWEST_SEEDS_FOR_INTERVAL) {
    return { mean: center, ...range, interval: null, seeds };
  }
  const squares = values.reduce((sum, value) => sum + (value - center) * (value - center), 0);
  const variance = Math.max(leastVariance, squares / (seeds - 1));
  const reach = studentQuantile(0.5 + level / 2, seeds - 1) * Math.sqrt(variance / seeds);
  return { mean: center, ...range, interval: { low: center - reach, high: center + reach, level }, seeds };
}
