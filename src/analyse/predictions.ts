// What was predicted beside what was found: inside or outside, decided by the estimate; the interval says how surely.
import type { Prediction } from '../config/schema/predictions-schema.ts';
import type { Claim, ClaimId } from './claims/claim.ts';
import type { DoseAnalysis } from './fits/dose-analysis.ts';
import type { Interval } from './statistics/interval.ts';
import type { TwinAnalysis } from './twins.ts';
import type { Labels } from './varying-labels.ts';

/** What is read of a group. */
interface PredictedGroup extends Pick<DoseAnalysis, 'halfSuccess' | 'comparison'> {
  readonly id: string;
  readonly labels: Labels;
}

/** An estimate with its interval, where there are any. */
interface Found {
  /** The size, where each has a value of its own; else empty. */
  readonly of: string;
  readonly estimate: number | null;
  /** The estimate is at least, or at most, this: P50 beyond the counts tried. */
  readonly beyond?: { readonly least: number } | { readonly most: number };
  readonly interval: Interval | null;
}

/** One prediction for one group (and size). */
export interface PredictionOutcome extends Found {
  readonly quantity: Prediction['quantity'];
  /** Its id; null for a prediction that no group fits, or that is of all runs. */
  readonly group: string | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly outcome: 'inside' | 'outside' | 'not measured';
  /** Whether the whole interval lies on the estimate's side of the bounds; null without an interval. */
  readonly isClear: boolean | null;
}

function halfSuccessFound({ halfSuccess }: PredictedGroup, { sizes }: Prediction): Found[] {
  return halfSuccess
    .filter(({ series }) => sizes === undefined || sizes.includes(series))
    .map(({ series, state, documents, interval, smallestTried, largestTried }) => ({
      of: series,
      estimate: documents,
      ...(state === 'above' && largestTried !== null ? { beyond: { least: largestTried } } : {}),
      ...(state === 'below' && smallestTried !== null ? { beyond: { most: smallestTried } } : {}),
      interval,
    }));
}

function claimFound(claims: readonly Claim[], group: PredictedGroup, wanted: ClaimId): Found {
  const claim = claims.find(({ id, group: own }) => id === wanted && own === group.id);
  return { of: '', estimate: claim?.estimate ?? null, interval: claim?.interval ?? null };
}

function foundIn(group: PredictedGroup, prediction: Prediction, claims: readonly Claim[]): Found[] {
  const { comparison } = group;
  const one = (estimate: number | null | undefined, interval: Interval | null | undefined): Found[] => [
    { of: '', estimate: estimate ?? null, interval: interval ?? null },
  ];
  switch (prediction.quantity) {
    case 'half-success':
      return halfSuccessFound(group, prediction);
    case 'alpha':
      return one(comparison?.dilution, comparison?.dilutionInterval);
    case 'alpha-new-sizes':
      return one(comparison?.dilutionForNewSizes?.estimate, comparison?.dilutionForNewSizes?.interval);
    case 'scatter':
      return one(comparison?.dilutionForNewSizes?.scatter, null);
    case 'end-ratio':
      return one(comparison?.endRatio?.estimate, comparison?.endRatio?.interval);
    case 'clean-loss':
    case 'false-alarms':
      return [claimFound(claims, group, prediction.quantity)];
    case 'twin-correlation':
      return [];
  }
}

/** Where a value lies; a P50 beyond the counts tried is inside, or outside, where every value there would be. */
function judge(
  { estimate, beyond, interval }: Found,
  { low, high }: { low: number; high: number },
): Pick<PredictionOutcome, 'outcome' | 'isClear'> {
  if (estimate === null) {
    if (beyond === undefined) return { outcome: 'not measured', isClear: null };
    const [least, most] = 'least' in beyond ? [beyond.least, Infinity] : [0, beyond.most];
    if (least >= low && most <= high) return { outcome: 'inside', isClear: null };
    return { outcome: least >= high || most <= low ? 'outside' : 'not measured', isClear: null };
  }
  const isInside = estimate >= low && estimate <= high;
  const [least, most] = [interval?.low ?? -Infinity, interval?.high ?? Infinity];
  const isClear = isInside ? least >= low && most <= high : most < low || least > high;
  return { outcome: isInside ? 'inside' : 'outside', isClear: interval === null ? null : isClear };
}

const isOf = ({ labels }: PredictedGroup, { where = {} }: Prediction): boolean =>
  Object.entries(where).every(([path, value]) => labels[path] === String(value));

/** Every prediction for every group that it is said of, in the order of the predictions. */
export function judgePredictions(
  predictions: readonly Prediction[],
  analysis: {
    readonly groups: readonly PredictedGroup[];
    readonly claims: readonly Claim[];
    readonly twins: TwinAnalysis | null;
  },
): PredictionOutcome[] {
  return predictions.flatMap((prediction) => {
    const { quantity, low = -Infinity, high = Infinity } = prediction;
    const bounds = { low: prediction.low ?? null, high: prediction.high ?? null };
    const outcome = (group: string | null, found: Found): PredictionOutcome => ({
      ...{ quantity, group, ...bounds, ...found },
      ...judge(found, { low, high }),
    });
    if (quantity === 'twin-correlation') {
      const found = analysis.twins?.measures[0]?.twin;
      return [
        outcome(null, { of: '', estimate: found?.correlation ?? null, interval: found?.interval ?? null }),
      ];
    }
    const outcomes = analysis.groups
      .filter((group) => isOf(group, prediction))
      .flatMap((group) =>
        foundIn(group, prediction, analysis.claims).map((found) => outcome(group.id, found)),
      );
    return outcomes.length > 0 ? outcomes : [outcome(null, { of: '', estimate: null, interval: null })];
  });
}
