// Pearson's correlation within cells, pooled over them: what differs between cells (sizes, counts) is no correlation over seeds.
import { exp, log } from '../../core/math.ts';
import { mean } from '../../core/sample-statistics.ts';
import { normalQuantile } from './distributions.ts';
import { INTERVAL_LEVEL, type Interval } from './interval.ts';

/** A pair of values of one seed, in a cell. */
export interface Pair {
  readonly cell: string;
  readonly x: number;
  readonly y: number;
}

/** A correlation with what it rests on. */
export interface Correlation {
  /** −1 to 1; null where there is nothing to correlate. */
  readonly correlation: number | null;
  /** Fisher's, on artanh r with standard error 1 / sqrt(f − 2), f the degrees of freedom; null below f = 4. */
  readonly interval: Interval | null;
  readonly pairs: number;
  /** Standard deviation of x − y within cells; null without degrees of freedom. */
  readonly differenceDeviation: number | null;
  /** What it would be if x and y were independent. */
  readonly independentDeviation: number | null;
}

/** As many degrees of freedom as five seeds of one cell leave. */
const FEWEST_DEGREES = 4;

function fisherInterval(correlation: number, degrees: number): Interval | null {
  if (degrees < FEWEST_DEGREES || Math.abs(correlation) >= 1) return null;
  const center = log((1 + correlation) / (1 - correlation)) / 2;
  const reach = normalQuantile(0.5 + INTERVAL_LEVEL / 2) / Math.sqrt(degrees - 2);
  const back = (z: number) => (exp(2 * z) - 1) / (exp(2 * z) + 1);
  return { low: back(center - reach), high: back(center + reach), level: INTERVAL_LEVEL };
}

/** The correlation of pairs about the means of their cells; a cell of n pairs has n − 1 degrees of freedom. */
export function pooledCorrelation(pairs: readonly Pair[]): Correlation {
  const cells = new Map<string, Pair[]>();
  for (const pair of pairs) cells.set(pair.cell, [...(cells.get(pair.cell) ?? []), pair]);
  let [xx, yy, xy] = [0, 0, 0];
  for (const own of cells.values()) {
    const x = mean(own.map((pair) => pair.x)) ?? 0;
    const y = mean(own.map((pair) => pair.y)) ?? 0;
    for (const pair of own) {
      xx += (pair.x - x) * (pair.x - x);
      yy += (pair.y - y) * (pair.y - y);
      xy += (pair.x - x) * (pair.y - y);
    }
  }
  const degrees = pairs.length - cells.size;
  const correlation = xx > 0 && yy > 0 ? Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy))) : null;
  return {
    correlation,
    interval: correlation === null ? null : fisherInterval(correlation, degrees),
    pairs: pairs.length,
    differenceDeviation: degrees > 0 ? Math.sqrt(Math.max(0, xx + yy - 2 * xy) / degrees) : null,
    independentDeviation: degrees > 0 ? Math.sqrt((xx + yy) / degrees) : null,
  };
}
