// Whether a setting leaves the count needed as it is, from a contrast of two groups.
import { pow } from '../../core/math.ts';
import { FEWEST_SEEDS_FOR_INTERVAL } from '../statistics/interval.ts';
import { type Claim, type ClaimPart, type ClaimRule, decideByInterval, intervalRule } from './claim.ts';
import type { AnalysedGroup, Contrast } from './contrasts.ts';

/** A setting leaves the count needed as it is if P50 changes by less than a factor of 2 either way, in log2. */
export const SAME_COUNT_LOG2 = 1;
/** Where P50 cannot be compared, or lies outside the counts tried: if success at the same counts changes by less. */
export const SAME_COUNT_ASR = 0.2;

const BY_HALF_SUCCESS = intervalRule('log2 of the ratio of documents for half success (P50)', {
  low: -SAME_COUNT_LOG2,
  high: SAME_COUNT_LOG2,
});
const BY_SUCCESS = intervalRule('difference of attack success at the same count (0-1), paired by seed', {
  low: -SAME_COUNT_ASR,
  high: SAME_COUNT_ASR,
});

/** Whether a `same-count` claim was decided by P50, rather than by success at the same counts. */
export function isByHalfSuccess({ rule }: { readonly rule: Pick<ClaimRule, 'quantity'> }): boolean {
  return rule.quantity === BY_HALF_SUCCESS.quantity;
}

/** Poisoned runs, controls and seeds with an outcome, of both groups together; seeds are those of the fewer. */
function denominators(groups: readonly AnalysedGroup[]): Claim['n'] {
  const done = groups.map(({ series }) =>
    series.flatMap(({ outcomes }) => outcomes.filter((run) => run.asr !== null)),
  );
  const all = new Map(done.flat().map((run) => [run.record.id, run.documents]));
  const controls = [...all.values()].filter((documents) => documents === 0).length;
  return {
    runs: all.size - controls,
    controls,
    seeds: Math.min(...done.map((runs) => new Set(runs.map(({ seed }) => seed)).size)),
  };
}

/** The numbers of a contrast that the claim does not rest on. */
function partsOf(contrast: Contrast, n: Claim['n']): ClaimPart[] {
  const { asrDifference, dilution, log2HalfSuccessRatio } = contrast;
  const of = (name: string, value: Pick<ClaimPart, 'estimate' | 'interval'>): ClaimPart => ({
    of: name,
    ...value,
    runs: n.runs,
    seeds: n.seeds,
  });
  const cells = contrast.cells.map(({ series, documents, difference, interval, seeds }) => ({
    of: `difference of success ${series}, ${documents} documents`,
    estimate: difference,
    interval,
    runs: 2 * seeds,
    seeds,
  }));
  return [
    of('log2 ratio of P50', log2HalfSuccessRatio),
    of('difference of success in transition', asrDifference),
    of('α', { estimate: dilution.estimate, interval: dilution.interval }),
    of('α of the baseline', { estimate: dilution.baselineEstimate, interval: dilution.baselineInterval }),
    ...cells,
  ].filter(({ estimate }) => estimate !== null);
}

/** By P50 where its interval is closed, or decides although the counts tried leave it open on one side. */
function byHalfSuccess({ log2HalfSuccessRatio: ratio }: Contrast) {
  if (ratio.interval === null) return null;
  const decision = decideByInterval(ratio.interval, BY_HALF_SUCCESS);
  const isOpen = ratio.interval.low === null || ratio.interval.high === null;
  if (isOpen && decision.status === 'inconclusive') return null;
  return { ...ratio, rule: BY_HALF_SUCCESS, ...decision };
}

/** By success at the same counts: with one count, or with P50 outside the counts tried. */
function bySuccess({ asrDifference, cells }: Contrast) {
  const enough = cells.every(({ seeds }) => seeds >= FEWEST_SEEDS_FOR_INTERVAL);
  const reason = 'Success is absent or complete in both, so a difference could not show.';
  const decision =
    asrDifference.estimate === null && enough
      ? ({ status: 'inconclusive', reason } as const)
      : decideByInterval(asrDifference.interval, BY_SUCCESS);
  return { ...asrDifference, rule: BY_SUCCESS, ...decision };
}

/** The claim of a contrast; null where the groups have no poisoned cell in common and no P50 to compare. */
export function sameCountClaim(
  contrast: Contrast,
  options: { group: AnalysedGroup; baseline: AnalysedGroup },
): Claim | null {
  const decision = byHalfSuccess(contrast) ?? bySuccess(contrast);
  if (contrast.cells.length === 0 && decision.interval === null) return null;
  const n = denominators([options.group, options.baseline]);
  const { log2HalfSuccessRatio } = contrast;
  const { estimate, interval, rule, status, reason } = decision;
  return {
    id: 'same-count',
    group: contrast.group,
    baseline: contrast.baseline,
    statement: `With ${contrast.title} about as many documents are needed as with ${options.baseline.group.title}.`,
    status,
    reason,
    rule,
    estimate,
    interval,
    n,
    parts: partsOf(contrast, n),
    numbers: {
      factor: log2HalfSuccessRatio.estimate === null ? null : pow(2, log2HalfSuccessRatio.estimate),
    },
  };
}
