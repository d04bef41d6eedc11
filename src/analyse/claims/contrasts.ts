// Contrasts: what one change of settings does to the count needed, group against group, paired by seed.
import { log, log10 } from '../../core/math.ts';
import type { RandomStream } from '../../core/random.ts';
import { mean } from '../../core/sample-statistics.ts';
import type { Cell } from '../cells.ts';
import type { DoseAnalysis } from '../fits/dose-analysis.ts';
import { doseData, succeedsWithoutPoison } from '../fits/dose-cells.ts';
import type { HalfSuccess } from '../fits/half-success.ts';
import { pairedLog10Ratio } from '../fits/paired-ratio.ts';
import { differingLabels, type Group } from '../groups.ts';
import type { Series } from '../series.ts';
import { FEWEST_SEEDS_FOR_INTERVAL, INTERVAL_LEVEL, type Interval } from '../statistics/interval.ts';
import { isInTransition, leastShareVariance, seedEstimate } from '../statistics/student-interval.ts';

/** One cell that both groups have. */
export interface ContrastCell {
  readonly series: string;
  readonly documents: number;
  /** Seeds in both. */
  readonly seeds: number;
  /** Mean ASR of the group and of the baseline over these seeds, 0-1. */
  readonly asr: number;
  readonly baselineAsr: number;
  /** Mean over seeds of the difference. */
  readonly difference: number;
  readonly minimum: number;
  readonly maximum: number;
  /** Null with fewer than 5 seeds. */
  readonly interval: Interval | null;
}

/** A group beside its baseline. */
export interface Contrast {
  readonly group: string;
  readonly baseline: string;
  readonly title: string;
  /** Settings in which they differ: value here, value there. */
  readonly settings: readonly { readonly path: string; readonly value: string; readonly baseline: string }[];
  readonly cells: readonly ContrastCell[];
  /** Difference of success over the poisoned cells in which it is neither absent nor complete. */
  readonly asrDifference: { readonly estimate: number | null; readonly interval: Interval | null };
  /** log2 of P50 here / P50 there, mean over sizes; no interval where the counts tried limit it on neither side. */
  readonly log2HalfSuccessRatio: { readonly estimate: number | null; readonly interval: Interval | null };
  /** α of both, where fitted. */
  readonly dilution: {
    readonly estimate: number | null;
    readonly interval: Interval | null;
    readonly baselineEstimate: number | null;
    readonly baselineInterval: Interval | null;
  };
}

/** A group with what was found about it. */
export interface AnalysedGroup {
  readonly group: Group;
  readonly series: readonly Series[];
  readonly dose: DoseAnalysis;
}

/** Prompts of the run that has the fewest. */
export function fewestPrompts(series: readonly Series[]): number {
  const runs = series.flatMap(({ outcomes }) => outcomes.filter((run) => run.prompts > 0));
  return Math.min(...runs.map((run) => run.prompts));
}

/** Series of both that stand for one another: by rank where there are equally many, else by name. */
export function matchSeries(own: readonly Series[], base: readonly Series[]): (readonly [string, string])[] {
  return own.flatMap((series, i) => {
    const other = own.length === base.length ? base[i] : base.find(({ id }) => id === series.id);
    return other === undefined ? [] : [[series.id, other.id] as const];
  });
}

/** A cell of two groups, seed by seed. */
export interface CellPair {
  readonly series: string;
  readonly documents: number;
  readonly pairs: readonly { readonly seed: number; readonly own: number; readonly base: number }[];
}

/** Cells that both groups have with poison, and the runs of the seeds that both have. */
export function pairCells(own: AnalysedGroup, base: AnalysedGroup): CellPair[] {
  return matchSeries(own.series, base.series).flatMap(([ownId, baseId]) => {
    const cellsOf = ({ dose }: AnalysedGroup, id: string): readonly Cell[] =>
      dose.cells.filter(({ series, documents }) => series === id && documents > 0);
    return cellsOf(own, ownId).flatMap((cell) => {
      const other = cellsOf(base, baseId).find(({ documents }) => documents === cell.documents);
      const pairs = cell.seeds.flatMap(({ seed, asr }) => {
        const match = other?.seeds.find((item) => item.seed === seed);
        return match === undefined ? [] : [{ seed, own: asr, base: match.asr }];
      });
      return pairs.length === 0 ? [] : [{ series: ownId, documents: cell.documents, pairs }];
    });
  });
}

const average = (values: readonly number[]): number => mean(values) ?? 0;

/** The mean of both, at which the smallest variance is set. */
function shareOf({ pairs }: CellPair): number {
  return average(pairs.flatMap(({ own, base }) => [own, base]));
}

/** Paired difference over some cells: mean over cells within each seed that has them all, then over seeds. */
function difference(cells: readonly CellPair[], prompts: number) {
  const [first] = cells;
  const seeds = (first?.pairs ?? [])
    .map(({ seed }) => seed)
    .filter((seed) => cells.every(({ pairs }) => pairs.some((pair) => pair.seed === seed)));
  const values = seeds.map((seed) =>
    average(
      cells.map(({ pairs }) => {
        const pair = pairs.find((item) => item.seed === seed);
        return pair === undefined ? 0 : pair.own - pair.base;
      }),
    ),
  );
  if (first === undefined || seeds.length === 0) return seedEstimate([]);
  const share = average(cells.map(shareOf));
  const floor = leastShareVariance({ share, prompts, runs: cells.length, seeds: seeds.length });
  return seedEstimate(values, { leastVariance: 2 * floor });
}

export function summariseCell(cell: CellPair, prompts: number): ContrastCell {
  const found = difference([cell], prompts);
  return {
    series: cell.series,
    documents: cell.documents,
    seeds: cell.pairs.length,
    asr: average(cell.pairs.map(({ own }) => own)),
    baselineAsr: average(cell.pairs.map(({ base }) => base)),
    difference: found.mean ?? 0,
    minimum: found.minimum ?? 0,
    maximum: found.maximum ?? 0,
    interval: found.interval,
  };
}

function log2(value: number): number {
  return log(value) / log(2);
}

/**
 * Interval of a difference a - b from an interval of each (Zou and Donner 2008, MOVER): a - b - sqrt((a - a_low)^2 +
 * (b_high - b)^2) and so on. It takes them as independent: it stands in where a P50 lies outside the counts tried, or too few seeds are shared.
 * Where an estimate is missing (P50 beyond the counts tried) the ends are subtracted crosswise.
 */
export function differenceInterval(
  a: { estimate: number | null; interval: Interval },
  b: { estimate: number | null; interval: Interval },
): Interval {
  const end = (own: number | null, other: number | null, sign: 1 | -1): number | null => {
    if (own === null || other === null) return null;
    if (a.estimate === null || b.estimate === null) return own - other;
    const [p, q] = [own - a.estimate, other - b.estimate];
    return a.estimate - b.estimate + sign * Math.sqrt(p * p + q * q);
  };
  return {
    low: end(a.interval.low, b.interval.high, -1),
    high: end(a.interval.high, b.interval.low, 1),
    level: INTERVAL_LEVEL,
  };
}

/** P50 and its interval in log2 documents; null where there is no interval. */
function log2HalfSuccess(half: HalfSuccess | undefined) {
  if (half?.interval == null) return null;
  const end = (value: number | null): number | null => (value === null ? null : log2(value));
  return {
    estimate: end(half.documents),
    interval: { ...half.interval, low: end(half.interval.low), high: end(half.interval.high) },
  };
}

/** Draws of bootstraps, and their random streams. */
export interface Drawing {
  readonly draws: number;
  readonly streamOf: (...purpose: (string | number)[]) => RandomStream;
}

/**
 * log2 of P50 here / P50 there for each series with an interval in both: paired by seed where both lie within the counts
 * tried, otherwise from the two intervals, which may be open.
 */
export function seriesRatios(own: AnalysedGroup, base: AnalysedGroup, { draws, streamOf }: Drawing) {
  const data = [own, base].map(({ series }) => doseData(series));
  if (data.some(succeedsWithoutPoison)) return [];
  return matchSeries(own.series, base.series).flatMap(([ownId, baseId]) => {
    const sides = [
      { data: data[0], series: ownId },
      { data: data[1], series: baseId },
    ] as const;
    const paired = pairedLog10Ratio(...sides, { draws, stream: streamOf('ratio', ownId) });
    if (paired !== null) return [{ series: ownId, ...inLog2(paired) }];
    const find = ({ dose }: AnalysedGroup, id: string) =>
      dose.halfSuccess.find(({ series }) => series === id);
    const [a, b] = [log2HalfSuccess(find(own, ownId)), log2HalfSuccess(find(base, baseId))];
    if (a === null || b === null) return [];
    const estimate = a.estimate === null || b.estimate === null ? null : a.estimate - b.estimate;
    return [{ series: ownId, estimate, interval: differenceInterval(a, b) }];
  });
}

/** From decimal to binary logarithms. */
function inLog2({ estimate, interval }: { estimate: number; interval: Interval }) {
  const convert = (value: number | null): number | null => (value === null ? null : value / log10(2));
  return {
    estimate: estimate / log10(2),
    interval: { ...interval, low: convert(interval.low), high: convert(interval.high) },
  };
}

function averageOrNull(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 || known.length < values.length ? null : average(known);
}

/**
 * Mean over the series in which both have a P50 within the counts tried; where there is none, over all. The mean of
 * the intervals is as wide as if the series always erred together, which they may, having seeds in common.
 */
function halfSuccessRatio(
  own: AnalysedGroup,
  base: AnalysedGroup,
  drawing: Drawing,
): Contrast['log2HalfSuccessRatio'] {
  const all = seriesRatios(own, base, drawing);
  const closed = all.filter(({ interval }) => interval.low !== null && interval.high !== null);
  const ratios = closed.length > 0 ? closed : all;
  const low = averageOrNull(ratios.map(({ interval }) => interval.low));
  const high = averageOrNull(ratios.map(({ interval }) => interval.high));
  const isOpen = low === null && high === null;
  return {
    estimate: averageOrNull(ratios.map(({ estimate }) => estimate)),
    interval: isOpen ? null : { low, high, level: INTERVAL_LEVEL },
  };
}

/** The first group of the same kind and span; null for that group itself. */
export function baselineOf(own: AnalysedGroup, groups: readonly AnalysedGroup[]): AnalysedGroup | null {
  const { kind, span } = own.group;
  const base = groups.find(({ group }) => group.kind === kind && group.span === span);
  return base === undefined || base === own ? null : base;
}

/**
 * What the settings of a group change against those of its baseline.
 * @param drawing draws of each bootstrap, and a random stream for each purpose
 */
export function contrastOf(own: AnalysedGroup, base: AnalysedGroup, drawing: Drawing): Contrast {
  const cells = pairCells(own, base);
  const prompts = fewestPrompts(own.series);
  const transition = cells.filter((cell) => isInTransition(shareOf(cell)));
  const full = transition.filter(({ pairs }) => pairs.length >= FEWEST_SEEDS_FOR_INTERVAL);
  const overall = difference(full.length > 0 ? full : transition, prompts);
  const [here, there] = [own.dose.comparison, base.dose.comparison];
  return {
    group: own.group.id,
    baseline: base.group.id,
    title: own.group.title,
    settings: differingLabels(own.group.labels, base.group.labels).map(([path, value]) => ({
      path,
      value,
      baseline: base.group.labels[path] ?? '',
    })),
    cells: cells.map((cell) => summariseCell(cell, prompts)),
    asrDifference: { estimate: overall.mean, interval: overall.interval },
    log2HalfSuccessRatio: halfSuccessRatio(own, base, drawing),
    dilution: {
      estimate: here?.dilution ?? null,
      interval: here?.dilutionInterval ?? null,
      baselineEstimate: there?.dilution ?? null,
      baselineInterval: there?.dilutionInterval ?? null,
    },
  };
}
