// P50 and R as a table has them.
import type { Interval } from '../analyse/statistics/interval.ts';
import { formatNumber } from './format.ts';
import type { HalfSuccessLaw } from './half-success-law.ts';

function range({ low, high }: Interval, digits: number): string {
  return `${low === null ? 'below' : low.toFixed(digits)} to ${high === null ? 'above' : high.toFixed(digits)}`;
}

/** P50, its interval, R, its interval; empty where there is none. */
export function lawCells({ halfSuccess, ratio }: HalfSuccessLaw): [string, string, string, string] {
  const { state, documents, interval, smallestTried, largestTried } = halfSuccess;
  return [
    state === 'estimated'
      ? formatNumber(documents, 0)
      : state === 'unclear' || state === 'without poison'
        ? state
        : `${state} ${state === 'below' ? smallestTried : largestTried}`,
    interval === null ? '' : range(interval, 0),
    ratio === null ? '' : ratio.factor.toFixed(2),
    ratio === null ? '' : range(ratio.interval, 2),
  ];
}
