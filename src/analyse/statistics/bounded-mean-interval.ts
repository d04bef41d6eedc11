// Interval for the mean of a quantity in [0, 1], such as the attack success rate of a cell.
import { log } from '../../core/math.ts';
import type { RandomStream } from '../../core/random.ts';
import { quantileOfSorted } from '../../core/sample-statistics.ts';
import type { Interval } from './interval.ts';

/**
 * Seed-clustered bootstrap interval for a mean of values in [0, 1].
 *
 * Runs are nearly all-or-nothing, so five seeds often agree by luck; an ordinary bootstrap then returns an
 * interval of no width. Here the Bayesian bootstrap (Rubin 1981: weigh the seeds by exponential deviates) is
 * anchored: one imagined run at 0 joins the seeds for the lower end, one at 1 for the upper. This is
 * Gaffke's bound; for all-or-nothing runs it is exactly the Clopper-Pearson interval, and no distribution on
 * [0, 1] is known for which it covers less than it promises (Learned-Miller and Thomas 2020).
 * @param values one per seed: the mean over the seed's runs
 * @throws RangeError for an empty list
 * @see https://arxiv.org/abs/1905.06208
 */
export function boundedMeanInterval(options: {
  values: readonly number[];
  level: number;
  draws: number;
  stream: RandomStream;
}): Interval {
  const { values, level, draws, stream } = options;
  if (values.length === 0) throw new RangeError('no values, no interval');
  const lower: number[] = [];
  const upper: number[] = [];
  for (let draw = 0; draw < draws; draw++) {
    const anchor = exponential(stream);
    let weights = anchor;
    let sum = 0;
    for (const value of values) {
      const weight = exponential(stream);
      weights += weight;
      sum += weight * value;
    }
    lower.push(sum / weights);
    upper.push((sum + anchor) / weights);
  }
  const tail = (1 - level) / 2;
  return { low: quantileAt(lower, tail), high: quantileAt(upper, 1 - tail), level };
}

function exponential(stream: RandomStream): number {
  return -log(1 - stream.uniform());
}

function quantileAt(values: number[], probability: number): number {
  values.sort((a, b) => a - b);
  return quantileOfSorted(values, probability);
}
