// Cells, curves and verdict of a group's series: the analysis of success by dose, whatever success is.
import type { RandomStream } from '../../core/random.ts';
import { type Cell, summariseCells } from '../cells.ts';
import { judgeGroup, type Verdict } from '../claims/verdict.ts';
import type { Series } from '../series.ts';
import { compareLaws, type LawComparison } from './compare-laws.ts';
import { doseData } from './dose-cells.ts';
import { type HalfSuccess, halfSuccessBySeries } from './half-success.ts';
import { ownCurves } from './own-curves.ts';

/** What the series of a group say about the dose. */
export interface DoseAnalysis {
  readonly cells: readonly Cell[];
  /** Null where the grid allows no fit: one size, or one count. */
  readonly comparison: LawComparison | null;
  readonly halfSuccess: readonly HalfSuccess[];
  readonly verdict: Verdict;
}

/** Seeds with a finished poisoned run in every series that has any. */
function countSharedSeeds(series: readonly Series[], seeds: readonly number[]): number {
  const poisoned = series
    .map((item) => item.outcomes.filter((run) => run.documents > 0 && run.asr !== null))
    .filter((runs) => runs.length > 0);
  if (poisoned.length === 0) return 0;
  return seeds.filter((seed) => poisoned.every((runs) => runs.some((run) => run.seed === seed))).length;
}

/** @param streamOf a random stream for each purpose, so that one more cell changes no other */
export function analyseDose(
  series: readonly Series[],
  options: {
    kind: 'ladder' | 'dilution';
    draws: number;
    streamOf: (...purpose: (string | number)[]) => RandomStream;
  },
): DoseAnalysis {
  const { kind, draws, streamOf } = options;
  const data = doseData(series);
  const cells = summariseCells(series, {
    draws,
    streamOf: (name, count) => streamOf('cell', name, count),
    dispersion: data.cells.length === 0 ? null : ownCurves(data).dispersion,
  });
  const halfSuccess = halfSuccessBySeries(series, {
    data,
    draws,
    streamOf: (name) => streamOf('half-success', name),
  });
  const comparison = compareLaws(data, { draws, stream: streamOf('dilution') });
  const sharedSeeds = countSharedSeeds(series, data.seeds);
  return {
    cells,
    comparison,
    halfSuccess,
    verdict: judgeGroup({ kind, cells, comparison, sharedSeeds }),
  };
}
