// Which poisoned documents matter? Runs in which clean text stands in the place of some of them: each part of the documents
// is kept by some patterns and replaced by others.
import { poisonsOf, withPoisons } from '../config/poisons.ts';
import { type Filler, fillerRanges, isFilled } from '../config/schema/filler-schema.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { mean } from '../core/sample-statistics.ts';
import type { RunRecord } from '../run/record.ts';
import { groupOutcomes } from './groups.ts';
import { type RunOutcome, runOutcome } from './run-outcome.ts';
import { findSeries } from './series.ts';
import { invertMatrix } from './statistics/invert-matrix.ts';
import { leastShareVariance, type SeedEstimate, seedEstimate } from './statistics/student-interval.ts';
import { byMeasure, SUCCESS_MEASURES } from './success-measures.ts';

/** Documents that every pattern keeps or replaces together. */
export interface ReplacedPart {
  /** Numbers from 0, both among them. */
  readonly first: number;
  readonly last: number;
  readonly patternsKept: number;
  readonly patternsReplaced: number;
  /** What keeping them adds to success, by what success means for these runs; null where the patterns do not tell parts apart. */
  readonly main: SeedEstimate | null;
  /** The same by the threshold of the model itself. */
  readonly own: SeedEstimate | null;
}

/** Runs that differ in which documents are replaced, and in the seed. */
export interface ReplacedDocuments {
  /** The settings and the size that set them apart; empty where there is one set. */
  readonly title: string;
  /** Poisoned documents before any was replaced. */
  readonly documents: number;
  /** Runs with replaced documents, and those of them without an outcome. */
  readonly runs: number;
  readonly lost: number;
  readonly patterns: number;
  /** In order; documents that all patterns treat alike are in none. */
  readonly parts: readonly ReplacedPart[];
  /** The part that adds more than every other, by an interval above 0 of its lead over the second; null where none does. */
  readonly most: number | null;
  /** Whether parts add up: success with all documents by the sum of the parts, and as it was measured. Null unless both are there. */
  readonly whole: { readonly predicted: number; readonly measured: number } | null;
}

type Part = Pick<ReplacedPart, 'first' | 'last'>;

interface PatternRun extends Pick<RunOutcome, 'parameters' | 'tokens'> {
  readonly record: RunRecord;
  /** What is replaced; `none` in a run with all documents. */
  readonly filler: Filler;
  readonly documents: number;
  readonly outcome: RunOutcome;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** A record as if nothing of its poison were replaced. */
function withoutFiller(record: RunRecord): RunRecord {
  const phases = record.config.phases.map(({ poison, ...phase }) => ({
    ...phase,
    ...withPoisons(poisonsOf({ poison }).map(({ filler: _, ...own }) => own)),
  }));
  return { ...record, config: { ...record.config, phases } as RunRecord['config'] };
}

/** Runs of which some documents are replaced; one that replaces some of several poisons is none of them. */
function patternRuns(records: readonly RunRecord[]): PatternRun[] {
  return records.flatMap((record) => {
    const partial = record.config.phases
      .flatMap(poisonsOf)
      .flatMap(({ filler, documents }) => (typeof filler === 'object' ? [{ filler, documents }] : []));
    if (partial.length !== 1) return [];
    const outcome = runOutcome(record);
    const { parameters, tokens } = outcome;
    return [{ ...partial[0], parameters, tokens, outcome, record: withoutFiller(record) }];
  });
}

const settingsKey = ({ config }: RunRecord): string => canonicalJson({ ...config, seed: 0 });

/** The runs of the same settings with all documents. */
function wholeRuns(records: readonly RunRecord[], set: readonly PatternRun[]): PatternRun[] {
  const keys = new Set(set.map(({ record }) => settingsKey(record)));
  return records.flatMap((record) => {
    const fillers = record.config.phases.flatMap(poisonsOf).map(({ filler = 'none' }) => filler);
    if (fillers.some((filler) => filler !== 'none') || !keys.has(settingsKey(withoutFiller(record))))
      return [];
    const outcome = runOutcome(record);
    return [{ ...set[0], record, filler: 'none', outcome }];
  });
}

/** Parts into which the patterns together cut the documents. */
function partsOf(fillers: readonly Filler[], documents: number): Part[] {
  const ranges = fillers.flatMap((filler) => fillerRanges(filler) ?? []);
  const starts = [0, documents, ...ranges.flatMap(({ first, last }) => [first, last + 1])];
  const cuts = [...new Set(starts)].filter((cut) => cut <= documents).sort((a, b) => a - b);
  return cuts.slice(0, -1).map((first, i) => ({ first, last: cuts[i + 1] - 1 }));
}

/** Success of one seed: without any part, what each adds, and the noise of that. */
interface SeedFit {
  readonly constant: number;
  readonly adds: readonly number[];
  readonly variances: readonly number[];
}

/** Least squares over the runs of a seed; null where they do not tell the parts apart. */
function fitSeed(
  runs: readonly PatternRun[],
  parts: readonly Part[],
  varianceOf: (run: PatternRun) => number,
): SeedFit | null {
  const rows = runs.map(({ filler }) => [1, ...parts.map(({ first }) => Number(!isFilled(first, filler)))]);
  const columns = [...Array(parts.length + 1).keys()];
  const inverse = invertMatrix(
    columns.map((i) => columns.map((j) => sum(rows.map((row) => row[i] * row[j])))),
  );
  if (inverse === null) return null;
  // Each coefficient is a weighted sum of the runs' successes.
  const weights = inverse.map((of) => rows.map((row) => sum(row.map((value, j) => of[j] * value))));
  const [constant = 0, ...adds] = weights.map((own) =>
    sum(own.map((weight, i) => weight * (runs[i].outcome.asr ?? 0))),
  );
  const variances = weights
    .slice(1)
    .map((own) => sum(own.map((weight, i) => weight * weight * varianceOf(runs[i]))));
  return { constant, adds, variances };
}

/** The fits of all seeds whose runs tell the parts apart. */
function fitSeeds(runs: readonly PatternRun[], parts: readonly Part[]): SeedFit[] {
  const seeds = [...new Set(runs.map(({ outcome }) => outcome.seed))];
  const shares = new Map<string, number>();
  const patternOf = ({ filler }: PatternRun): string => canonicalJson(filler);
  for (const pattern of new Set(runs.map(patternOf))) {
    const own = runs.filter((run) => patternOf(run) === pattern);
    shares.set(pattern, mean(own.map(({ outcome }) => outcome.asr as number)) ?? 0);
  }
  const varianceOf = (run: PatternRun): number =>
    leastShareVariance({
      share: shares.get(patternOf(run)) ?? 0,
      prompts: run.outcome.prompts,
      runs: 1,
      seeds: seeds.length,
    });
  return seeds.flatMap((seed) => {
    const own = runs.filter(({ outcome }) => outcome.seed === seed);
    return fitSeed(own, parts, varianceOf) ?? [];
  });
}

/** What each part adds, in their order; null where no seed tells. */
function partEstimates(fits: readonly SeedFit[], parts: readonly Part[]): (SeedEstimate | null)[] {
  return parts.map((_, i) =>
    fits.length === 0
      ? null
      : seedEstimate(
          fits.map(({ adds }) => adds[i]),
          { leastVariance: mean(fits.map(({ variances }) => variances[i])) ?? 0 },
        ),
  );
}

/** The part whose lead over the second is above 0 by its interval. */
function leadingPart(fits: readonly SeedFit[], estimates: readonly (SeedEstimate | null)[]): number | null {
  const order = estimates
    .map((estimate, i) => ({ i, adds: estimate?.mean ?? Number.NEGATIVE_INFINITY }))
    .sort((a, b) => b.adds - a.adds);
  const [most, second] = order;
  if (most === undefined || second === undefined || fits.length === 0) return null;
  const lead = seedEstimate(
    fits.map(({ adds }) => adds[most.i] - adds[second.i]),
    { leastVariance: mean(fits.map(({ variances }) => variances[most.i] + variances[second.i])) ?? 0 },
  );
  return (lead.interval?.low ?? 0) > 0 && most.adds > 0 ? most.i : null;
}

function measured(runs: readonly PatternRun[], measure: Parameters<typeof byMeasure>[1]): PatternRun[] {
  const outcomes = byMeasure(
    runs.map(({ outcome }) => outcome),
    measure,
  );
  return runs
    .map((run, i) => ({ ...run, outcome: outcomes[i] }))
    .filter(({ outcome }) => outcome.asr !== null);
}

/** By one measure: the runs with replaced documents, with those that keep all where these are needed to tell parts apart. */
function fitMeasure(
  sets: { partial: readonly PatternRun[]; whole: readonly PatternRun[] },
  parts: readonly Part[],
  measure: Parameters<typeof byMeasure>[1],
) {
  const [partial, whole] = [measured(sets.partial, measure), measured(sets.whole, measure)];
  const alone = fitSeeds(partial, parts);
  const fits = alone.length > 0 ? alone : fitSeeds([...partial, ...whole], parts);
  const found = mean(whole.map(({ outcome }) => outcome.asr as number));
  const predicted = mean(alone.map(({ constant, adds }) => constant + sum(adds)));
  return {
    fits,
    estimates: partEstimates(fits, parts),
    whole: found === null || predicted === null ? null : { predicted, measured: found },
  };
}

function analyseSet(
  partial: readonly PatternRun[],
  whole: readonly PatternRun[],
): Omit<ReplacedDocuments, 'title'> {
  const { documents } = partial[0];
  const fillers = [...new Map(partial.map(({ filler }) => [canonicalJson(filler), filler])).values()];
  const parts = partsOf(fillers, documents)
    .map(({ first, last }) => {
      const patternsReplaced = fillers.filter((filler) => isFilled(first, filler)).length;
      return { first, last, patternsKept: fillers.length - patternsReplaced, patternsReplaced };
    })
    .filter(({ patternsKept, patternsReplaced }) => patternsKept > 0 && patternsReplaced > 0);
  const main = fitMeasure({ partial, whole }, parts, 'main');
  const own = fitMeasure(
    { partial, whole },
    parts,
    SUCCESS_MEASURES.find(({ id }) => id === 'own') ?? 'main',
  );
  return {
    documents,
    runs: partial.length,
    lost: partial.filter(({ outcome }) => outcome.asr === null).length,
    patterns: fillers.length,
    parts: parts.map((part, i) => ({ ...part, main: main.estimates[i], own: own.estimates[i] })),
    most: leadingPart(main.fits, main.estimates),
    whole: main.whole,
  };
}

/**
 * What each part of the poisoned documents adds to success: for each seed least squares over the patterns, which assumes
 * that parts add up.
 * @param records of the experiment
 * @param stimuli fields that divide no settings
 */
export function replacedDocuments(
  records: readonly RunRecord[],
  stimuli: readonly string[] = [],
): ReplacedDocuments[] {
  const groups = groupOutcomes(patternRuns(records), stimuli);
  return groups.flatMap(({ title, kind, outcomes }) =>
    findSeries(outcomes, kind).flatMap((series, _, all) =>
      [...new Set(series.outcomes.map(({ documents }) => documents))].map((documents) => {
        const partial = series.outcomes.filter((run) => run.documents === documents);
        const names = [title, ...(all.length > 1 ? [series.id] : [])].filter((name) => name !== '');
        return { title: names.join(', '), ...analyseSet(partial, wholeRuns(records, partial)) };
      }),
    ),
  );
}
