// An interval as the records keep it.

/** Level of every interval that the analysis reports. */
export const INTERVAL_LEVEL = 0.9;

/** Fewer seeds than this get a range, never an interval. */
export const FEWEST_SEEDS_FOR_INTERVAL = 5;

/** Two-sided interval. An end is null where the data set no limit on that side. */
export interface Interval {
  readonly low: number | null;
  readonly high: number | null;
  /** Nominal coverage, 0-1. */
  readonly level: number;
}

/** The smallest interval that holds both: an end that one of them leaves open stays open. */
export function intervalHull(a: Interval, b: Interval): Interval {
  return {
    low: a.low === null || b.low === null ? null : Math.min(a.low, b.low),
    high: a.high === null || b.high === null ? null : Math.max(a.high, b.high),
    level: Math.min(a.level, b.level),
  };
}
