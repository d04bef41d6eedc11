// What would be claimed if success were measured otherwise: every claim under every measure, P50 under every measure, and
// success over all thresholds of the effect. Only runs of evaluation contract 2 hold what that takes.
import { pow } from '../core/math.ts';
import { mean } from '../core/sample-statistics.ts';
import type { Claim, ClaimRule } from './claims/claim.ts';
import { doseData, floorOf } from './fits/dose-cells.ts';
import type { HalfSuccess } from './fits/half-success.ts';
import { fitOwnCurve, isWithinCounts } from './fits/own-curves.ts';
import type { Group } from './groups.ts';
import { findSeries } from './series.ts';
import { byMeasure, effectAbove } from './success-measures.ts';

/** A claim as a row of a table. */
export interface MeasuredClaim extends Pick<Claim, 'id' | 'group' | 'status' | 'estimate' | 'interval'> {
  readonly rule: Pick<ClaimRule, 'quantity'>;
}

/** P50 of a series as a row of a table. */
export type MeasuredHalfSuccess = Omit<HalfSuccess, 'curve' | 'band'> & { readonly group: string };

/** What is claimed under one measure of success. */
export interface MeasureOutcome {
  readonly measure: string;
  readonly label: string;
  readonly claims: readonly MeasuredClaim[];
  readonly halfSuccess: readonly MeasuredHalfSuccess[];
}

/** Success of a cell by threshold of the effect. */
export interface ThresholdCell {
  readonly group: string;
  readonly series: string;
  readonly documents: number;
  /** Mean over runs of the share of prompts above each threshold; null where no run says it. */
  readonly shares: readonly (number | null)[];
}

/** The whole curve of success over thresholds of the effect. */
export interface ThresholdCurve {
  /** Shares of noise tokens, or of the payload, above which a prompt counts. */
  readonly thresholds: readonly number[];
  readonly cells: readonly ThresholdCell[];
  /** P50 by threshold; null where it is outside the counts tried. */
  readonly halfSuccess: readonly {
    readonly group: string;
    readonly series: string;
    readonly documents: readonly (number | null)[];
  }[];
}

/** How claims depend on the measure of success. */
export interface Sensitivity {
  readonly measures: readonly MeasureOutcome[];
  readonly thresholds: ThresholdCurve;
}

/** Claims that have nothing to do with how success is measured, or name their measure. */
const INDEPENDENT: readonly string[] = ['clean-loss', 'paper-measure'];

/** The rows of the table that claims under a measure make. */
export function measuredClaims(claims: readonly Claim[]): MeasuredClaim[] {
  return claims
    .filter(({ id }) => !INDEPENDENT.includes(id))
    .map(({ rule: { quantity }, ...claim }) => {
      const { id, group, status, estimate, interval } = claim;
      return { id, group, status, estimate, interval, rule: { quantity } };
    });
}

const THRESHOLDS: readonly number[] = [0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875];

interface GroupAtThreshold {
  readonly shares: ReadonlyMap<string, number>;
  readonly halfSuccess: ReadonlyMap<string, number | null>;
}

const cellName = (series: string, documents: number): string => `${series}\n${documents}`;

function groupAt(group: Group, threshold: number): GroupAtThreshold {
  const series = findSeries(byMeasure(group.outcomes, effectAbove(threshold)), group.kind);
  const data = doseData(series);
  const shares = new Map<string, number>();
  for (const { id, outcomes } of series) {
    for (const documents of new Set(outcomes.map((run) => run.documents))) {
      const own = outcomes.filter((run) => run.documents === documents).flatMap(({ asr }) => asr ?? []);
      const share = mean(own);
      if (share !== null) shares.set(cellName(id, documents), share);
    }
  }
  const halfSuccess = new Map(
    series.map(({ id, tokens }): [string, number | null] => {
      const cells = data.cells.filter((cell) => cell.series === id);
      if (cells.length < 2) return [id, null];
      const own = { series: id, tokens, cells, ...fitOwnCurve(cells, floorOf(data)) };
      return [id, isWithinCounts(own) ? pow(10, own.log10P50) : null];
    }),
  );
  return { shares, halfSuccess };
}

/** Success over all thresholds of the effect. @param groups of runs as recorded */
export function thresholdCurve(groups: readonly Group[]): ThresholdCurve {
  const found = groups.map((group) => {
    const series = findSeries(group.outcomes, group.kind);
    return { id: group.id, series, at: THRESHOLDS.map((threshold) => groupAt(group, threshold)) };
  });
  return {
    thresholds: THRESHOLDS,
    cells: found.flatMap(({ id: group, series, at }) =>
      series.flatMap(({ id, outcomes }) =>
        [...new Set(outcomes.map((run) => run.documents))]
          .sort((a, b) => a - b)
          .map((documents) => ({
            ...{ group, series: id, documents },
            shares: at.map(({ shares }) => shares.get(cellName(id, documents)) ?? null),
          })),
      ),
    ),
    halfSuccess: found.flatMap(({ id: group, series, at }) =>
      series.map(({ id }) => ({
        ...{ group, series: id },
        documents: at.map(({ halfSuccess }) => halfSuccess.get(id) ?? null),
      })),
    ),
  };
}
