// P50 with much data over P50 with little: what a reader means by "the count grows".
import { pow } from '../../core/math.ts';
import type { RandomStream } from '../../core/random.ts';
import type { Interval } from '../statistics/interval.ts';
import type { DoseData } from './dose-cells.ts';
import { isWithinCounts, type OwnCurve } from './own-curves.ts';
import { pairedLog10Ratio } from './paired-ratio.ts';

/** The ratio of P50 between the two ends of the data, of those series whose P50 lies within the counts tried. */
export interface EndRatio {
  /** How many times the data. */
  readonly dataRatio: number;
  readonly estimate: number;
  /** Paired by seed; null with fewer than 5 shared seeds. */
  readonly interval: Interval | null;
}

/** @returns null unless P50 lies within the counts tried at two amounts of data */
export function halfSuccessRatioOfEnds(
  data: DoseData,
  options: { curves: readonly OwnCurve[]; draws: number; stream: RandomStream },
): EndRatio | null {
  const known = options.curves.filter(isWithinCounts).sort((a, b) => a.tokens - b.tokens);
  const [least, most] = [known[0], known.at(-1)];
  if (least === undefined || most === undefined || least.tokens === most.tokens) return null;
  const dataRatio = most.tokens / least.tokens;
  const paired = pairedLog10Ratio({ data, series: most.series }, { data, series: least.series }, options);
  if (paired === null)
    return { dataRatio, estimate: pow(10, most.log10P50 - least.log10P50), interval: null };
  const { low, high, level } = paired.interval;
  const end = (value: number | null): number | null => (value === null ? null : pow(10, value));
  return {
    dataRatio,
    estimate: pow(10, paired.estimate),
    interval: { low: end(low), high: end(high), level },
  };
}
