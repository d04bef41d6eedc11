// A claim: a sentence, the rule fixed beforehand by which the numbers decide on it, and what they say.
import type { Interval } from '../statistics/interval.ts';

/** illustration: the runs cannot decide, whatever they show (too few seeds, a grid that is too small). */
export type ClaimStatus = 'supported' | 'contradicted' | 'inconclusive' | 'illustration';

/** What a claim is about; stable names for programs. */
export type ClaimId =
  | 'count-law'
  | 'dilution'
  | 'paper-measure'
  | 'progress-collapse'
  | 'exposure-collapse'
  | 'clean-loss'
  | 'false-alarms'
  | 'specificity'
  | 'same-count';

/** How a claim is decided: its quantity against the range in which the claim holds. */
export interface ClaimRule {
  /** What is estimated, with its unit. */
  readonly quantity: string;
  /** The claim holds within low to high; null: no bound on that side. */
  readonly low: number | null;
  readonly high: number | null;
  /** The whole rule as text. */
  readonly words: string;
}

/** The same quantity for a part of the runs, or what else a reader of the claim needs. */
export interface ClaimPart {
  readonly of: string;
  readonly estimate: number | null;
  /** Null with fewer than 5 seeds. */
  readonly interval: Interval | null;
  readonly runs: number;
  readonly seeds: number;
}

/** The outcome of one claim for one group of runs. Plain JSON. */
export interface Claim {
  readonly id: ClaimId;
  /** Id of the group whose runs decide. */
  readonly group: string;
  /** Id of the group it is compared with; null but for `same-count`. */
  readonly baseline: string | null;
  readonly statement: string;
  readonly status: ClaimStatus;
  /** What decided, or what is missing, in one sentence. */
  readonly reason: string;
  readonly rule: ClaimRule;
  readonly estimate: number | null;
  /** 90 %; null with fewer than 5 seeds. An end is null where the data set no limit. */
  readonly interval: Interval | null;
  /** Poisoned runs, controls and seeds behind the estimate. */
  readonly n: { readonly runs: number; readonly controls: number; readonly seeds: number };
  readonly parts: readonly ClaimPart[];
  /** Further numbers, by name. */
  readonly numbers: Readonly<Record<string, number | null>>;
}

type Bounds = Pick<ClaimRule, 'low' | 'high'>;

/** Whether an interval lies within bounds, outside them, or neither. */
export function compareWithBounds(interval: Interval, { low, high }: Bounds): ClaimStatus {
  const end = (value: number | null, open: number): number => value ?? open;
  const [from, to] = [end(interval.low, -Infinity), end(interval.high, Infinity)];
  const [least, most] = [end(low, -Infinity), end(high, Infinity)];
  if (from > most || to < least) return 'contradicted';
  return from >= least && to <= most ? 'supported' : 'inconclusive';
}

const REASONS = {
  supported: 'The interval lies within the bounds.',
  contradicted: 'The interval lies outside the bounds.',
  inconclusive: 'The interval reaches over a bound.',
  illustration: 'There are fewer than five seeds, so there is no interval.',
} as const;

/** Status and reason of a claim that its interval alone decides. */
export function decideByInterval(
  interval: Interval | null,
  bounds: Bounds,
): { status: ClaimStatus; reason: string } {
  const status = interval === null ? 'illustration' : compareWithBounds(interval, bounds);
  return { status, reason: REASONS[status] };
}

/** `between -0.02 and 0.02`, `at most 0.05`. */
export function boundsInWords({ low, high }: Bounds): string {
  if (low === null) return `at most ${high}`;
  if (high === null) return `at least ${low}`;
  return `between ${low} and ${high}`;
}

/** The rule that most claims share: the 90 % interval within the bounds supports, outside them contradicts. */
export function intervalRule(quantity: string, bounds: Bounds): ClaimRule {
  const where = boundsInWords(bounds);
  return {
    quantity,
    ...bounds,
    words: `supported if the whole 90 % interval is ${where}, contradicted if none of it is, otherwise inconclusive`,
  };
}
