// Interval about the mean success of a cell, given how much runs of a cell differ: the one that figures draw.
import type { Interval } from './interval.ts';
import { wilsonInterval } from './wilson-interval.ts';

/**
 * Wilson's interval with n / ρ trials: runs of a cell have the variance ρ p (1 - p) about their mean, so that n of them say
 * as much as n / ρ independent prompts. For beta-binomial runs it covers 86 to 97 % of a nominal 90 % at ρ from 0.02 to 0.9
 * and means from 0.005 to 0.5.
 * @param options.mean over the seeds, 0-1
 * @param options.seeds n, at least 1
 * @param options.dispersion ρ, in (0, 1], from all cells of the group together
 */
export function meanSuccessInterval(options: {
  mean: number;
  seeds: number;
  dispersion: number;
  level: number;
}): Interval {
  const { mean, seeds, dispersion, level } = options;
  const trials = seeds / dispersion;
  return wilsonInterval({ successes: Math.min(trials, mean * trials), trials, level, continuity: false });
}
