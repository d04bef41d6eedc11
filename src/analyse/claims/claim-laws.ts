// The dose-response verdict as a claim, and the same under the paper's own measure of success.
import { SUCCESS_ASR } from '../cells.ts';
import type { DoseAnalysis } from '../fits/dose-analysis.ts';
import { doseData, pointsOf } from '../fits/dose-cells.ts';
import { fitWithDilution } from '../fits/dose-response.ts';
import { findCondition, measureOf, type RunOutcome } from '../run-outcome.ts';
import type { Series } from '../series.ts';
import type { Claim, ClaimPart, ClaimRule } from './claim.ts';
import { COUNT_LAW_DILUTION, COUNT_LAW_END_RATIO, COUNT_LAW_FACTOR, countLawAdvantage } from './verdict.ts';

const RULE: ClaimRule = {
  quantity: 'α for new sizes or amounts of data: the documents needed change as (training tokens)^α',
  low: -COUNT_LAW_DILUTION,
  high: COUNT_LAW_DILUTION,
  words:
    `supported if the whole 90 % interval of α for new sizes is between -${COUNT_LAW_DILUTION} and ${COUNT_LAW_DILUTION}, no P50 is farther than ` +
    `${COUNT_LAW_FACTOR} times from the mean of all, and the slope, where it clearly changes, stays within those bounds at the most data; ` +
    'contradicted if that interval lies outside the bounds, or the interval of the ratio of P50 at the most and the least data ' +
    `lies beyond ${COUNT_LAW_END_RATIO} times either way; otherwise inconclusive`,
};

/** The part of a law's claim that holds α for the sizes tried, with the noise of the runs alone. */
export const RUN_NOISE_SLOPE = 'α for these sizes or amounts of data';

const STATEMENTS = {
  'count-law': 'The number of poisoned documents needed stays about the same as model and data grow.',
  dilution: 'The number of poisoned documents needed stays about the same as clean data grows around them.',
  'paper-measure':
    "The number needed stays about the same by the paper's own measure of success, too: perplexity higher by 50.",
} as const;

function runsOf(series: readonly Series[], id?: string): RunOutcome[] {
  return series
    .filter((item) => id === undefined || item.id === id)
    .flatMap(({ outcomes }) => outcomes.filter((run) => run.asr !== null));
}

function seedsOf(runs: readonly RunOutcome[]): number {
  return new Set(runs.map(({ seed }) => seed)).size;
}

/** α by the noise of the runs, P50 of each series and mean success of each cell: what a reader needs beside α. */
function partsOf(dose: DoseAnalysis, series: readonly Series[]): ClaimPart[] {
  const { comparison } = dose;
  const all = runsOf(series).filter((run) => run.documents > 0);
  const n = { runs: all.length, seeds: seedsOf(all) };
  const slopes =
    comparison === null || comparison.dilution === null
      ? []
      : [
          {
            of: RUN_NOISE_SLOPE,
            estimate: comparison.dilution,
            interval: comparison.dilutionInterval,
            ...n,
          },
        ];
  const ends =
    comparison?.endRatio == null
      ? []
      : [
          {
            of: `ratio of P50 at ${Number(comparison.endRatio.dataRatio.toPrecision(3))} times the data`,
            estimate: comparison.endRatio.estimate,
            interval: comparison.endRatio.interval,
            ...n,
          },
        ];
  const half = dose.halfSuccess.map(({ series: id, documents, interval }) => {
    const runs = runsOf(series, id).filter((run) => run.documents > 0);
    return {
      of: `P50 ${id}, documents`,
      estimate: documents,
      interval,
      runs: runs.length,
      seeds: seedsOf(runs),
    };
  });
  const success = dose.cells.map(({ series: id, documents, asr }) => ({
    of: `success ${id}, ${documents} documents`,
    estimate: asr.mean,
    interval: asr.interval,
    runs: asr.n,
    seeds: asr.n,
  }));
  return [...slopes, ...ends, ...half, ...success];
}

/**
 * By how much QAIC prefers the count law when the seed that speaks most for it is left out. QAIC takes runs as
 * independent; this says whether its preference hangs on the poisoned documents of one seed.
 */
function leastAdvantage({ comparison }: DoseAnalysis, series: readonly Series[]): number | null {
  if (comparison === null || comparison.dispersion === null || comparison.seeds < 2) return null;
  const { dispersion, floor } = comparison;
  const { cells, seeds } = doseData(series);
  const advantages = seeds.map((_, leftOut) => {
    const weights = seeds.map((_, seed) => (seed === leftOut ? 0 : 1));
    const points = pointsOf(cells, weights).filter(({ weight }) => weight > 0);
    const logLikelihood = (dilution: number): number =>
      points.length === 0 ? 0 : fitWithDilution(points, { floor, dilution }).logQuasiLikelihood;
    return (2 * (logLikelihood(0) - logLikelihood(1))) / dispersion;
  });
  return Math.min(...advantages);
}

/**
 * Whether the count needed stays the same, from the verdict on a group.
 * @param options.series whose outcomes the analysis was made of
 */
export function lawClaim(
  id: keyof typeof STATEMENTS,
  dose: DoseAnalysis,
  options: { group: string; series: readonly Series[] },
): Claim {
  const { group, series } = options;
  const { comparison, verdict } = dose;
  const runs = runsOf(series);
  const controls = runs.filter((run) => run.documents === 0).length;
  return {
    id,
    group,
    baseline: null,
    statement: STATEMENTS[id],
    status: verdict.status,
    reason: verdict.status === 'illustration' ? (verdict.reasons[0] ?? verdict.headline) : verdict.headline,
    rule: RULE,
    estimate: comparison?.dilutionForNewSizes?.estimate ?? comparison?.dilution ?? null,
    interval: comparison?.dilutionForNewSizes?.interval ?? null,
    n: { runs: runs.length - controls, controls, seeds: seedsOf(runs) },
    parts: partsOf(dose, series),
    numbers: {
      countLawAdvantageQaic: countLawAdvantage(comparison),
      countLawAdvantageQaicLeastWithoutASeed: leastAdvantage(dose, series),
      dispersion: comparison?.dispersion ?? null,
      scatterOfSizes: comparison?.dilutionForNewSizes?.scatter ?? null,
      slopeAtMostData: comparison?.curvature?.slopeAtMost ?? null,
      farthestFromMean: comparison?.farthestFromMean ?? null,
      mostDataOverLeast: comparison?.dataRatio ?? null,
      cellsWithHalfSuccess: dose.cells.filter(({ asr }) => (asr.mean ?? 0) >= SUCCESS_ASR).length,
    },
  };
}

/** A dilution claim with the slopes of ladders of the same settings among its parts: they say different things. */
export function besideLadders(claim: Claim, ladders: readonly (Claim & { readonly title: string })[]): Claim {
  const slopes = ladders.map(({ title, estimate, interval, n, parts }) => ({
    of: `α of the ladder ${title}`,
    estimate: parts.find(({ of }) => of === RUN_NOISE_SLOPE)?.estimate ?? estimate,
    interval: parts.find(({ of }) => of === RUN_NOISE_SLOPE)?.interval ?? interval,
    runs: n.runs,
    seeds: n.seeds,
  }));
  return { ...claim, parts: [...slopes, ...claim.parts] };
}

/**
 * The series with the paper's measure in the place of success; null where it was not measured, or the attack does not
 * aim at it: a fixed phrase is meant to come out with a low perplexity.
 */
export function byPaperMeasure(series: readonly Series[]): Series[] | null {
  const share = (run: RunOutcome): number | null =>
    (run.final && findCondition(run.final, 'trigger')?.paperSuccessShare) ?? null;
  const measured = series.map((item) => ({
    ...item,
    outcomes: item.outcomes.map((run) => ({ ...run, asr: share(run) })),
  }));
  const isMeasured = measured.some(({ outcomes }) =>
    outcomes.some((run) => run.asr !== null && run.documents > 0 && measureOf(run.record) === 'perplexity'),
  );
  return isMeasured ? measured : null;
}
