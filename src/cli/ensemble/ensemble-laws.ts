// How many documents an attacker needs against an ensemble: P50 by use of the members, and R, P50 over that of runs that are
// the same without partition, on as much data; estimated as those of runs are.

import { type DoseRun, doseData, succeedsWithoutPoison } from '../../analyse/fits/dose-cells.ts';
import { type HalfSuccess, halfSuccessBySeries } from '../../analyse/fits/half-success.ts';
import { pairedLog10Ratio } from '../../analyse/fits/paired-ratio.ts';
import type { Interval } from '../../analyse/statistics/interval.ts';
import { plantedDocuments } from '../../config/poisons.ts';
import type { RunConfig } from '../../config/schema/schema.ts';
import { pow } from '../../core/math.ts';
import { randomStream } from '../../core/random.ts';
import type { MeasuredUse } from '../measured-use.ts';
import type { StoredRun } from '../stored-runs.ts';
import { isUndivided } from './find-ensembles.ts';
import { type Line, linesOf } from './lines.ts';
import type { EnsembleResult } from './measure-ensemble.ts';

/** A measured run or ensemble as a point of a curve. */
interface DosePointOf {
  readonly seed: number;
  /** Documents that the attacker pays for. */
  readonly documents: number;
  readonly success: number | null;
  readonly prompts: number;
}

/** A line with its points. */
interface Curve {
  readonly line: Line;
  /** How the members are used; empty for runs. */
  readonly use: string;
  readonly points: DosePointOf[];
}

/** P50 of one line, and R where there are runs to compare it with. */
export interface LineLaw {
  readonly line: string;
  /** How the members are used; empty for runs. */
  readonly use: string;
  readonly parameters: number;
  readonly dataTokens: number;
  readonly halfSuccess: Pick<HalfSuccess, 'documents' | 'interval' | 'smallestTried' | 'largestTried'> & {
    /** without poison: success is so high in controls that no half success can be found. */
    readonly state: HalfSuccess['state'] | 'without poison';
  };
  /** Null unless there is one line to compare with, both P50 lie within the counts tried and five seeds are shared. */
  readonly ratio: { readonly factor: number; readonly interval: Interval } | null;
  /** Why there is no line to compare with; null: there is, or these are runs by themselves. */
  readonly incomparable: string | null;
}

/** Draws of the seeds for an interval, as many as in a report. */
const DRAWS = 2000;

const nameOf = ({ line, use }: Curve) => (use === '' ? line.label : `${line.label}: ${use}`);

function dataOf(curve: Curve) {
  const { line, points } = curve;
  const outcomes = points.map(
    ({ seed, documents, success, prompts }): DoseRun => ({
      seed,
      documents,
      asr: success,
      prompts,
      innocentUses: 0,
    }),
  );
  const { parameters, dataTokens: tokens } = line;
  const series = { id: nameOf(curve), label: nameOf(curve), parameters, tokens, outcomes };
  return { series, data: doseData([series]) };
}

/** The curve that another is compared with, or why there is none. */
function baseOf(own: Curve, undivided: readonly Curve[]): Curve | string | null {
  if (own.line.undivided) return null;
  const [base, ...others] = undivided.filter(({ line }) => line.kin === own.line.kin);
  if (base === undefined) return 'no runs are the same but for partition, with as much data in each phase';
  if (others.length > 0)
    return 'the experiment has several kinds of runs without partition on as much data, which differ in tokens or epochs';
  return base;
}

function lawOf(curve: Curve, undivided: readonly Curve[]): LineLaw[] {
  const stream = (name: string) => randomStream('ensembles', name);
  const name = nameOf(curve);
  const { series, data } = dataOf(curve);
  const [half] = halfSuccessBySeries([series], { data, draws: DRAWS, streamOf: stream });
  if (half === undefined) return [];
  const { smallestTried, largestTried } = half;
  const isWithoutPoison = succeedsWithoutPoison(data);
  const base = baseOf(curve, undivided);
  const other = base === null || typeof base === 'string' ? null : dataOf(base);
  const ratio =
    other === null || isWithoutPoison || succeedsWithoutPoison(other.data)
      ? null
      : pairedLog10Ratio(
          { data, series: name },
          { data: other.data, series: other.series.id },
          { draws: DRAWS, stream: stream(`${name} ratio`) },
        );
  const power = (value: number | null) => (value === null ? null : pow(10, value));
  const { parameters, dataTokens } = curve.line;
  return [
    {
      ...{ line: name, use: curve.use, parameters, dataTokens },
      halfSuccess: {
        ...{ smallestTried, largestTried },
        ...(isWithoutPoison
          ? { state: 'without poison', documents: null, interval: null }
          : { state: half.state, documents: half.documents, interval: half.interval }),
      },
      ratio:
        ratio === null
          ? null
          : {
              factor: pow(10, ratio.estimate),
              interval: {
                ...ratio.interval,
                low: power(ratio.interval.low),
                high: power(ratio.interval.high),
              },
            },
      incomparable: typeof base === 'string' ? base : null,
    },
  ];
}

/** The ways in which members are used, for tables. */
const USES = [
  ['a member', (own: EnsembleResult) => own.members],
  ['votes', (own: EnsembleResult) => own.votes],
  ['log mean', (own: EnsembleResult) => own.logMean],
  ['weights', (own: EnsembleResult) => own.meanWeights],
] as const;

/** Documents that the attacker pays for: of those planted in the data of all parts, the share of the parts that were chosen. */
function documentsOf({ planted, targeted, runs }: EnsembleResult): number {
  return Math.round((targeted === null ? 1 : targeted / runs.length) * planted);
}

/**
 * Half success of each use of ensembles, and of the runs of the experiment that train on all of the data. What differs in more
 * than count, seed and part makes another line.
 * @param results of one attacker, controls without poison among them
 */
export function lawsOf(
  results: readonly EnsembleResult[],
  runs: readonly StoredRun[],
  measured: (id: string) => MeasuredUse,
): LineLaw[] {
  const configs = new Map(runs.map(({ id, config }) => [id, config]));
  const whole = runs.filter(({ config }) => isUndivided(config));
  const ensembles = results.flatMap((result) => {
    const config = configs.get(result.runs[0] ?? '');
    return config === undefined ? [] : [{ result, config }];
  });
  const lines = linesOf([
    ...whole.map(({ config }) => ({ config, parts: 1 })),
    ...ensembles.map(({ result, config }) => ({ config, parts: result.runs.length })),
  ]);
  const curves = new Map<string, Curve>();
  const add = (line: Line, { use, ...point }: DosePointOf & { use: string }) => {
    const key = `${line.id}: ${use}`;
    const curve = curves.get(key) ?? { line, use, points: [] };
    curve.points.push(point);
    curves.set(key, curve);
  };
  const pointOf = ({ seed, evaluation }: RunConfig) => ({ seed, prompts: evaluation.prompts });
  for (const [place, { id, config }] of whole.entries()) {
    const documents = plantedDocuments(config.phases);
    const { success } = measured(id);
    add(lines[place] as Line, { ...pointOf(config), use: '', documents, success });
  }
  for (const [place, { result, config }] of ensembles.entries())
    for (const [use, of] of USES) {
      const line = lines[whole.length + place] as Line;
      const { success } = of(result);
      add(line, { ...pointOf(config), use, documents: documentsOf(result), success });
    }
  const all = [...curves.values()];
  const undivided = all.filter(({ line }) => line.undivided);
  return all.flatMap((curve) => lawOf(curve, undivided));
}
