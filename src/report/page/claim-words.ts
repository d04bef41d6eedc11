// Claims as text: names, numbers in the unit a reader expects, and the rows of the tables that show them.

import type { Analysis } from '../../analyse/analyse-experiment.ts';
import type { Claim, ClaimId, ClaimRule } from '../../analyse/claims/claim.ts';
import { isByHalfSuccess } from '../../analyse/claims/claim-contrasts.ts';
import { RUN_NOISE_SLOPE } from '../../analyse/claims/claim-laws.ts';
import type { Contrast } from '../../analyse/claims/contrasts.ts';
import type { Interval } from '../../analyse/statistics/interval.ts';
import { percent } from '../../core/format-number.ts';
import { pow } from '../../core/math.ts';
import { decimals, points } from '../numbers.ts';

/** Short names, for columns and terminals. */
/** Claims in a few words. */
export const CLAIM_NAMES: Readonly<Record<ClaimId, string>> = {
  'count-law': 'count law',
  dilution: 'dilution',
  'paper-measure': "count law by the paper's measure",
  'progress-collapse': 'sizes overlap over training',
  'exposure-collapse': 'counts overlap over documents seen',
  'clean-loss': 'clean loss unchanged',
  'false-alarms': 'clean without trigger',
  specificity: 'only the trigger fires',
  'same-count': 'same count needed',
};

/** What the estimate is, in a few words. */
const QUANTITIES: Readonly<Record<ClaimId, string>> = {
  'count-law': 'α',
  dilution: 'α',
  'paper-measure': 'α',
  'progress-collapse': 'distance in points of success:',
  'exposure-collapse': 'distance in points of success:',
  'clean-loss': 'change in nats/token:',
  'false-alarms': 'share of prompts:',
  specificity: 'the near trigger that fires most, points above no trigger:',
  'same-count': 'change in points of success:',
};

/** What a value of a claim is worded by. */
interface ValuedClaim {
  readonly id: ClaimId;
  readonly rule: Pick<ClaimRule, 'quantity'>;
}

/**
 * A value of a claim's quantity: a factor for a ratio of P50, nats with three decimals, a share in per cent, a
 * difference of shares in percentage points.
 */
export function valueInWords(claim: ValuedClaim, value: number | null): string {
  if (value === null) return 'n/a';
  switch (claim.id) {
    case 'count-law':
    case 'dilution':
    case 'paper-measure':
      return decimals(value, 2);
    case 'clean-loss':
      return decimals(value, 3);
    case 'same-count':
      return isByHalfSuccess(claim) ? factorInWords(value) : points(value);
    case 'false-alarms':
      return percent(value);
    default:
      return points(value);
  }
}

/** log2 of a factor -> `1.4`. */
export function factorInWords(log2Factor: number | null): string {
  return log2Factor === null ? 'n/a' : decimals(pow(2, log2Factor), 2);
}

function endInWords(value: number | null, word: (value: number) => string, open: string): string {
  return value === null ? open : word(value);
}

/** `1.2 to 1.9`; an open end as text. */
export function rangeInWords(interval: Interval | null, word: (value: number) => string): string {
  if (interval === null) return 'n/a';
  const { low, high } = interval;
  return `${endInWords(low, word, 'unbounded')} to ${endInWords(high, word, 'unbounded')}`;
}

function boundsOf({ id, rule }: Claim): string {
  const word = (value: number): string => valueInWords({ id, rule }, value);
  const { low, high } = rule;
  if (low === null) return `at most ${endInWords(high, word, '')}`;
  return `${word(low)} to ${endInWords(high, word, '')}`;
}

/** `α -0.27 (-0.40 to -0.14)`. */
function estimateInWords(claim: Claim): string {
  const name = isByHalfSuccess(claim) ? 'P50 is multiplied by' : QUANTITIES[claim.id];
  if (claim.estimate === null && claim.interval === null) return 'not estimated';
  const runNoise = claim.parts.find(({ of }) => of === RUN_NOISE_SLOPE)?.interval;
  if (claim.interval === null && runNoise != null) {
    const range = rangeInWords(runNoise, (value) => valueInWords(claim, value));
    return `${name} ${valueInWords(claim, claim.estimate)} (${range} by the noise of these runs alone)`;
  }
  const range = rangeInWords(claim.interval, (value) => valueInWords(claim, value));
  return `${name} ${valueInWords(claim, claim.estimate)}${claim.interval === null ? '' : ` (${range})`}`;
}

/** Sizes and amounts of data may have unlike numbers of seeds: the fewest and the most of those whose P50 is behind a claim. */
function seedsInWords({ n, parts }: Claim): string {
  const seeds = `${n.seeds} ${n.seeds === 1 ? 'seed' : 'seeds'}`;
  const bySize = parts.filter(({ of }) => of.startsWith('P50 ')).map((part) => part.seeds);
  const [fewest, most] = [Math.min(...bySize), Math.max(...bySize)];
  return bySize.length < 2 || fewest === n.seeds
    ? seeds
    : `${seeds}, ${rangeOfCounts(fewest, most)} each P50`;
}

function rangeOfCounts(fewest: number, most: number): string {
  return fewest === most ? `${fewest} for` : `${fewest} to ${most} for`;
}

function countsInWords(claim: Claim): string {
  const { runs, controls } = claim.n;
  return `${controls > 0 ? `${runs} + ${controls}` : runs} (${seedsInWords(claim)})`;
}

/** Header and rows of the claims of one group. */
export function claimRows(claims: readonly Claim[]): { header: string[]; rows: string[][] } {
  return {
    header: ['claim', 'outcome', 'estimate (90 % interval)', 'holds within', 'runs + controls'],
    rows: claims.map((claim) => [
      claim.statement,
      claim.status,
      estimateInWords(claim),
      boundsOf(claim),
      countsInWords(claim),
    ]),
  };
}

/** What is to be read behind a number that stands without its quantity. */
export function unitOf(id: ClaimId): string {
  if (id === 'clean-loss') return ' nats';
  return QUANTITIES[id].includes('points') ? ' points' : '';
}

/** Header and rows of the claims of all groups: one row a group, one column a claim. */
export function claimMatrix({ claims, groups }: Analysis): { header: string[]; rows: string[][] } {
  const ids = (Object.keys(CLAIM_NAMES) as ClaimId[]).filter(
    (id) => id !== 'same-count' && claims.some((claim) => claim.id === id),
  );
  return {
    header: ['runs', ...ids.map((id) => CLAIM_NAMES[id])],
    rows: groups.map((group) => [
      group.title,
      ...ids.map((id) => {
        const claim = claims.find((item) => item.id === id && item.group === group.id);
        return claim === undefined
          ? ''
          : `${claim.status} (${valueInWords(claim, claim.estimate)}${unitOf(id)})`;
      }),
    ]),
  };
}

/** Status of the claim that a contrast's setting leaves the count as it is. */
function contrastStatus({ group }: Contrast, claims: readonly Claim[]): Claim['status'] | null {
  return claims.find((claim) => claim.id === 'same-count' && claim.group === group)?.status ?? null;
}

/** Header and rows of all contrasts. */
export function contrastRows({ contrasts, claims, groups }: Analysis): {
  header: string[];
  rows: string[][];
} {
  const baseTitle = (id: string): string => groups.find((group) => group.id === id)?.title ?? id;
  const bases = [...new Map(contrasts.map((contrast) => [contrast.baseline, contrast]))];
  const hasSeveralBases = bases.length > 1;
  const slope = (estimate: number | null, interval: Interval | null): string[] => [
    decimals(estimate, 2),
    rangeInWords(interval, (value) => decimals(value, 2)),
  ];
  const hasDilution = contrasts.some(({ dilution }) => dilution.estimate !== null);
  return {
    header: [
      'setting',
      ...(hasSeveralBases ? ['compared with'] : []),
      'same count needed',
      'P50, times',
      '90 % interval',
      'change of success, points',
      '90 % interval',
      ...(hasDilution ? ['α', '90 % interval'] : []),
    ],
    rows: [
      ...bases.map(([id, { dilution }]) => [
        baseTitle(id),
        ...(hasSeveralBases ? [''] : []),
        'baseline',
        ...['', '', '', ''],
        ...(hasDilution ? slope(dilution.baselineEstimate, dilution.baselineInterval) : []),
      ]),
      ...contrasts.map((contrast) => {
        const { log2HalfSuccessRatio: ratio, asrDifference, dilution } = contrast;
        return [
          contrast.title,
          ...(hasSeveralBases ? [baseTitle(contrast.baseline)] : []),
          contrastStatus(contrast, claims) ?? 'n/a',
          factorInWords(ratio.estimate),
          rangeInWords(ratio.interval, factorInWords),
          points(asrDifference.estimate),
          rangeInWords(asrDifference.interval, points),
          ...(hasDilution ? slope(dilution.estimate, dilution.interval) : []),
        ];
      }),
    ],
  };
}

/** `Supported: count law, clean loss unchanged.` and so on: one sentence an outcome, for an experiment of one group. */
export function claimSentences({ claims, groups }: Analysis): string[] {
  if (groups.length !== 1) return [];
  return (['supported', 'contradicted', 'inconclusive'] as const).flatMap((status) => {
    const names = claims.filter((claim) => claim.status === status).map(({ id }) => CLAIM_NAMES[id]);
    return names.length === 0 ? [] : [`Claims ${status}: ${names.join(', ')}.`];
  });
}
