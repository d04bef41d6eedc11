// The analysis of an experiment: from its records to estimates, curves and a verdict. One call, one plain record.
import { randomStream } from '../core/random.ts';
import { type Cell, summariseCells } from './cells.ts';
import { compareLaws, type LawComparison } from './compare-laws.ts';
import { doseData } from './dose-cells.ts';
import type { ExperimentRecords } from './experiment-records.ts';
import { type Group, groupOutcomes } from './groups.ts';
import { type HalfSuccess, halfSuccessBySeries } from './half-success.ts';
import { INTERVAL_LEVEL } from './interval.ts';
import { type NearTriggerRow, nearTriggerTable } from './near-triggers.ts';
import { runOutcome } from './run-outcome.ts';
import { findSeries, type Series } from './series.ts';
import { judgeGroup, type Verdict } from './verdict.ts';

/** A series without its runs. */
export type SeriesSummary = Omit<Series, 'outcomes'>;

/** Analysis of runs that differ in size or data, count and seed only. */
export interface GroupAnalysis {
  readonly id: string;
  /** The settings that set it apart, in words; empty for an experiment of one group. */
  readonly title: string;
  readonly kind: Group['kind'];
  readonly labels: Group['labels'];
  /** Attacks of the group, usually one. */
  readonly attacks: readonly string[];
  /** Identities of its runs, in plan order. */
  readonly runIds: readonly string[];
  readonly series: readonly SeriesSummary[];
  readonly cells: readonly Cell[];
  /** Null where the grid allows no fit: one size, or one count. */
  readonly comparison: LawComparison | null;
  readonly halfSuccess: readonly HalfSuccess[];
  readonly nearTriggers: readonly NearTriggerRow[];
  readonly verdict: Verdict;
}

/** Everything the analysis found. Plain JSON; every number is finite or null. */
export interface Analysis {
  readonly schema: 1;
  readonly experiment: string;
  readonly runs: {
    readonly total: number;
    readonly done: number;
    readonly diverged: number;
    readonly failed: number;
  };
  readonly seeds: readonly number[];
  /** Nominal coverage of every interval, 0-1. */
  readonly intervalLevel: number;
  /** Draws behind every bootstrap interval. */
  readonly bootstrapDraws: number;
  readonly groups: readonly GroupAnalysis[];
  /** Of the first group; the others have their own. */
  readonly verdict: Verdict;
}

/** Draws a bootstrap interval. */
const DRAWS = 2000;

/** Seeds with a finished poisoned run in every series that has any. */
function countSharedSeeds(series: readonly Series[], seeds: readonly number[]): number {
  const poisoned = series
    .map((item) => item.outcomes.filter((run) => run.documents > 0 && run.asr !== null))
    .filter((runs) => runs.length > 0);
  if (poisoned.length === 0) return 0;
  return seeds.filter((seed) => poisoned.every((runs) => runs.some((run) => run.seed === seed))).length;
}

function analyseGroup(group: Group, draws: number): GroupAnalysis {
  const series = findSeries(group.outcomes, group.kind);
  const streamOf = (...purpose: (string | number)[]) => randomStream('analysis', group.id, ...purpose);
  const cells = summariseCells(series, { draws, streamOf: (name, count) => streamOf('cell', name, count) });
  const data = doseData(series);
  const comparison = compareLaws(data, { draws, stream: streamOf('dilution') });
  const sharedSeeds = countSharedSeeds(series, data.seeds);
  const attacks = group.outcomes.flatMap((run) => run.record.poison.map((poison) => poison.attack));
  return {
    id: group.id,
    title: group.title,
    kind: group.kind,
    labels: group.labels,
    attacks: [...new Set(attacks)],
    runIds: group.outcomes.map((run) => run.record.id),
    series: series.map(({ id, label, parameters, tokens }) => ({ id, label, parameters, tokens })),
    cells,
    comparison,
    halfSuccess: halfSuccessBySeries(series, {
      data,
      draws,
      streamOf: (name) => streamOf('half-success', name),
    }),
    nearTriggers: nearTriggerTable(series, { draws, streamOf: (...of) => streamOf('near', ...of) }),
    verdict: judgeGroup({ kind: group.kind, cells, comparison, sharedSeeds }),
  };
}

function headlineVerdict(groups: readonly GroupAnalysis[]): Verdict {
  if (groups.length === 0) {
    return { status: 'illustration', headline: 'There are no runs yet.', reasons: [] };
  }
  const { verdict, title } = groups[0];
  if (groups.length === 1) return verdict;
  const note = `This is the verdict on the first of ${groups.length} groups of runs (${title}); each has its own.`;
  return { ...verdict, reasons: [...verdict.reasons, note] };
}

/**
 * Analyses an experiment. The unit is the run: its full evaluation at the end of the last phase decides.
 * Deterministic: the bootstrap's random numbers are seeded by what they are for.
 * @param options.draws bootstrap draws an interval, default 2000
 */
export function analyseExperiment(input: ExperimentRecords, options: { draws?: number } = {}): Analysis {
  const draws = options.draws ?? DRAWS;
  const outcomes = input.records.map(runOutcome);
  const count = (status: string): number => input.records.filter((record) => record.status === status).length;
  const groups = groupOutcomes(outcomes).map((group) => analyseGroup(group, draws));
  return {
    schema: 1,
    experiment: input.name,
    runs: {
      total: outcomes.length,
      done: count('done'),
      diverged: count('diverged'),
      failed: count('failed'),
    },
    seeds: [...new Set(outcomes.map((run) => run.seed))].sort((a, b) => a - b),
    intervalLevel: INTERVAL_LEVEL,
    bootstrapDraws: draws,
    groups,
    verdict: headlineVerdict(groups),
  };
}
