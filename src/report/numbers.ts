// Numbers as reports write them.
import type { Estimate } from '../analyse/cells.ts';
import type { HalfSuccess } from '../analyse/fits/half-success.ts';
import type { Interval } from '../analyse/statistics/interval.ts';
import { percent } from '../core/format-number.ts';

/** A difference of shares in percentage points, without the unit: 0.873 -> `87`, -0.054 -> `-5.4`. */
export function points(difference: number | null): string {
  return percent(difference).replace(/ %$/, '');
}

/** Fixed decimals; `n/a` for null. */
export function decimals(value: number | null, digits: number): string {
  if (value === null) return 'n/a';
  const text = value.toFixed(digits);
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text;
}

/** 784640 -> `784,640`, whatever the locale. */
export function thousands(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `12 % to 61 %`. */
export function percentInterval(interval: Interval): string {
  return `${percent(interval.low)} to ${percent(interval.high)}`;
}

/** The spread of an estimate as text: its interval, or the range where seeds are too few. */
export function spreadInWords(estimate: Estimate): string {
  if (estimate.interval !== null) return percentInterval(estimate.interval);
  if (estimate.n === 0) return 'n/a';
  if (estimate.n === 1) return 'one seed';
  return `range ${percent(estimate.minimum)} to ${percent(estimate.maximum)}`;
}

/** What of P50 is shown. */
type ShownHalfSuccess = Pick<
  HalfSuccess,
  'state' | 'documents' | 'interval' | 'smallestTried' | 'largestTried'
>;

/** P50 as text: `47`, `< 10`, `> 250`. */
export function halfSuccessInWords(half: ShownHalfSuccess): string {
  if (half.state === 'estimated') return decimals(half.documents, 0);
  if (half.state === 'below') return `< ${half.smallestTried}`;
  if (half.state === 'above') return `> ${half.largestTried}`;
  return 'unclear';
}

/** Its interval as text; ends outside the counts tried are censored. */
export function halfSuccessIntervalInWords(half: ShownHalfSuccess): string {
  if (half.interval === null) return 'n/a';
  const { low: from, high: to } = half.interval;
  if (to === null && from !== null && half.largestTried !== null && from >= half.largestTried)
    return `> ${half.largestTried}`;
  if (from === null && to !== null && half.smallestTried !== null && to <= half.smallestTried)
    return `< ${half.smallestTried}`;
  const low = half.interval.low === null ? `< ${half.smallestTried}` : decimals(half.interval.low, 0);
  const high = half.interval.high === null ? `> ${half.largestTried}` : decimals(half.interval.high, 0);
  return `${low} to ${high}`;
}
