// Which poisoned documents matter? Runs in which clean text stands in the place of some of them: each part of the documents
// is kept by some patterns and replaced by others.
import { poisonsOf, withPoisons } from '../config/poisons.ts';
import { type Filler, fillerRanges, isFilled } from '../config/schema/filler-schema.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { mean } from '../core/sample-statistics.ts';
import type { RunRecord } from '../run/record.ts';
import type { Group } from './groups.ts';
import { type RunOutcome, runOutcome } from './run-outcome.ts';
import { solveLinear } from './statistics/solve-linear.ts';
import { leastShareVariance, type SeedEstimate, seedEstimate } from './statistics/student-interval.ts';
import { byMeasure, SUCCESS_MEASURES } from './success-measures.ts';

/** Success of the runs that keep some documents beside those that replace them. */
export interface PartSuccess {
  /** Mean over the runs that keep them, 0-1. */
  readonly kept: number;
  /** Mean over the runs that replace them, 0-1. */
  readonly replaced: number;
  /** What keeping them adds, all other parts as they are: of each seed by least squares over its runs. */
  readonly difference: SeedEstimate;
}

/** Documents that every pattern keeps or replaces together. */
export interface ReplacedPart {
  /** Numbers from 0, both among them. */
  readonly first: number;
  readonly last: number;
  readonly patternsKept: number;
  readonly patternsReplaced: number;
  /** By what success means for these runs; null where the patterns of no seed tell the parts apart. */
  readonly main: PartSuccess | null;
  /** By the threshold of the model itself. */
  readonly own: PartSuccess | null;
}

/** Runs that differ in which documents are replaced, and in the seed. */
export interface ReplacedDocuments {
  /** The settings that set them apart, as of the group of the same runs with all documents; empty where there is none. */
  readonly title: string;
  /** Poisoned documents before any was replaced. */
  readonly documents: number;
  readonly runs: number;
  readonly patterns: number;
  /** In order; documents that all patterns treat alike are in none. */
  readonly parts: readonly ReplacedPart[];
}

type Part = Pick<ReplacedPart, 'first' | 'last'>;
type Pattern = Exclude<Filler, string>;

interface PatternRun {
  readonly pattern: Pattern;
  readonly documents: number;
  readonly outcome: RunOutcome;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The documents that a run replaces; null for one that replaces none or all, or some of several poisons. */
function patternOf({ config }: RunRecord): { pattern: Pattern; documents: number } | null {
  const partial = config.phases
    .flatMap(poisonsOf)
    .flatMap(({ filler, documents }) => (typeof filler === 'object' ? [{ pattern: filler, documents }] : []));
  return partial.length === 1 ? partial[0] : null;
}

/** A config without seed and replaced documents. */
function settingsKey({ phases, seed: _, ...config }: RunRecord['config']): string {
  const plain = phases.map(({ poison, ...phase }) => ({
    ...phase,
    ...withPoisons(poisonsOf({ poison }).map(({ filler: _filler, ...own }) => own)),
  }));
  return canonicalJson({ ...config, phases: plain });
}

/** Parts into which the patterns together cut the documents. */
function partsOf(patterns: readonly Pattern[], documents: number): Part[] {
  const ranges = patterns.flatMap((pattern) => fillerRanges(pattern) ?? []);
  const starts = [0, documents, ...ranges.flatMap(({ first, last }) => [first, last + 1])];
  const cuts = [...new Set(starts)].filter((cut) => cut <= documents).sort((a, b) => a - b);
  return cuts.slice(0, -1).map((first, i) => ({ first, last: cuts[i + 1] - 1 }));
}

/** By seed, what keeping each part adds to success: least squares over its runs; null where they do not tell the parts apart. */
function partEffects(runs: readonly PatternRun[], parts: readonly Part[]): number[] | null {
  const rows = runs.map(({ pattern }) => [1, ...parts.map(({ first }) => Number(!isFilled(first, pattern)))]);
  const columns = [...Array(parts.length + 1).keys()];
  const normal = columns.map((i) => columns.map((j) => sum(rows.map((row) => row[i] * row[j]))));
  const right = columns.map((i) => sum(rows.map((row, run) => row[i] * (runs[run].outcome.asr ?? 0))));
  return solveLinear(normal, right)?.slice(1) ?? null;
}

/** What each part does, in their order; null where no seed tells. */
function partSuccesses(all: readonly PatternRun[], parts: readonly Part[]): (PartSuccess | null)[] {
  const runs = all.filter(({ outcome }) => outcome.asr !== null);
  const seeds = [...new Set(runs.map(({ outcome }) => outcome.seed))];
  const effects = seeds.flatMap((seed) => {
    const found = partEffects(
      runs.filter(({ outcome }) => outcome.seed === seed),
      parts,
    );
    return found === null ? [] : [found];
  });
  return parts.map(({ first }, index) => {
    const sides = [true, false].map((isKept) => {
      const own = runs.filter(({ pattern }) => isFilled(first, pattern) !== isKept);
      const prompts = Math.min(...own.map(({ outcome }) => outcome.prompts));
      return { share: mean(own.map(({ outcome }) => outcome.asr as number)), prompts, runs: own.length };
    });
    const [kept, replaced] = sides.map(({ share }) => share);
    if (kept === null || replaced === null || effects.length === 0) return null;
    const leastVariance = sum(
      sides.map(({ share, prompts, runs: count }) =>
        leastShareVariance({ share: share ?? 0, prompts, runs: count / seeds.length, seeds: seeds.length }),
      ),
    );
    const difference = seedEstimate(
      effects.map((own) => own[index]),
      { leastVariance },
    );
    return { kept, replaced, difference };
  });
}

function measured(runs: readonly PatternRun[], measure: Parameters<typeof byMeasure>[1]): PatternRun[] {
  const outcomes = byMeasure(
    runs.map(({ outcome }) => outcome),
    measure,
  );
  return runs.map((run, i) => ({ ...run, outcome: outcomes[i] }));
}

function analyseSet(runs: readonly PatternRun[], documents: number): Omit<ReplacedDocuments, 'title'> {
  const ownMeasure = SUCCESS_MEASURES.find(({ id }) => id === 'own');
  const main = measured(runs, 'main');
  const own = ownMeasure === undefined ? runs : measured(runs, ownMeasure);
  const patterns = [...new Map(runs.map(({ pattern }) => [canonicalJson(pattern), pattern])).values()];
  const treated = partsOf(patterns, documents).map(({ first, last }) => {
    const patternsReplaced = patterns.filter((pattern) => isFilled(first, pattern)).length;
    return { first, last, patternsKept: patterns.length - patternsReplaced, patternsReplaced };
  });
  const unequal = treated.filter((part) => part.patternsKept > 0 && part.patternsReplaced > 0);
  const [byMain, byOwn] = [partSuccesses(main, unequal), partSuccesses(own, unequal)];
  const parts = unequal.map((part, i) => ({ ...part, main: byMain[i], own: byOwn[i] }));
  return { documents, runs: runs.length, patterns: patterns.length, parts };
}

/**
 * What each part of the poisoned documents adds to success: least squares over the patterns, which assumes that parts add up.
 * @param records of the experiment
 * @param groups of its runs with all documents, which give the titles
 */
export function replacedDocuments(
  records: readonly RunRecord[],
  groups: readonly Pick<Group, 'title' | 'outcomes'>[],
): ReplacedDocuments[] {
  const sets = new Map<string, PatternRun[]>();
  for (const record of records) {
    const found = patternOf(record);
    if (found === null) continue;
    const key = settingsKey(record.config);
    const runs = sets.get(key) ?? [];
    sets.set(key, [...runs, { ...found, outcome: runOutcome(record) }]);
  }
  const titleOf = (key: string): string =>
    groups.find(({ outcomes }) => outcomes.some(({ record }) => settingsKey(record.config) === key))?.title ??
    '';
  return [...sets].map(([key, runs]) => ({ title: titleOf(key), ...analyseSet(runs, runs[0].documents) }));
}
