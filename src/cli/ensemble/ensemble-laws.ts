// How many documents an attacker needs against an ensemble: P50 by use of the members, and R, P50 over that of undefended runs
// on the same data; estimated as those of runs are.

import { type DoseRun, doseData } from '../../analyse/fits/dose-cells.ts';
import { type HalfSuccess, halfSuccessBySeries } from '../../analyse/fits/half-success.ts';
import { pairedLog10Ratio } from '../../analyse/fits/paired-ratio.ts';
import type { Interval } from '../../analyse/statistics/interval.ts';
import { dataTokens } from '../../config/budget.ts';
import { countParameters } from '../../config/count-parameters.ts';
import { plantedDocuments } from '../../config/poisons.ts';
import type { PhaseConfig, RunConfig } from '../../config/schema/schema.ts';
import { shortCount } from '../../core/format-number.ts';
import { pow } from '../../core/math.ts';
import { randomStream } from '../../core/random.ts';
import { type Member, partOfRun } from './find-ensembles.ts';
import type { EnsembleResult, MeasuredUse } from './measure-ensemble.ts';

/** A measured run or ensemble as a point of a curve. */
interface DosePointOf {
  /** Of one line: runs of the same line differ in their count and seed alone. */
  readonly line: string;
  /** Tokens of the data that poison was planted in. */
  readonly dataTokens: number;
  readonly parameters: number;
  readonly seed: number;
  /** Documents that the attacker pays for. */
  readonly documents: number;
  readonly success: number | null;
  readonly prompts: number;
}

/** P50 of one line, and R where there are undefended runs on as much data. */
export interface LineLaw {
  readonly line: string;
  readonly dataTokens: number;
  readonly halfSuccess: Pick<
    HalfSuccess,
    'state' | 'documents' | 'interval' | 'smallestTried' | 'largestTried'
  >;
  /** Null unless both P50 lie within the counts tried and five seeds are shared. */
  readonly ratio: { readonly factor: number; readonly interval: Interval } | null;
}

/** Draws of the seeds for an interval, as many as in a report. */
const DRAWS = 2000;

function dataOf(points: readonly DosePointOf[]) {
  const outcomes = points.map(
    ({ seed, documents, success, prompts }): DoseRun => ({
      seed,
      documents,
      asr: success,
      prompts,
      innocentUses: 0,
    }),
  );
  const [{ line, parameters, dataTokens: tokens }] = points as [DosePointOf];
  const series = { id: line, label: line, parameters, tokens, outcomes };
  return { series, data: doseData([series]) };
}

/** @param undefended points of runs that train on all of the data */
function linesOf(points: readonly DosePointOf[], undefended: readonly DosePointOf[]): LineLaw[] {
  const lines = new Map<string, DosePointOf[]>();
  for (const point of points) lines.set(point.line, [...(lines.get(point.line) ?? []), point]);
  const stream = (line: string) => randomStream('ensembles', line);
  return [...lines].flatMap(([line, own]) => {
    const { series, data } = dataOf(own);
    const [half] = halfSuccessBySeries([series], { data, draws: DRAWS, streamOf: stream });
    if (half === undefined) return [];
    const { state, documents, interval, smallestTried, largestTried } = half;
    const bases = undefended.filter(({ dataTokens }) => dataTokens === series.tokens);
    const base = bases.length === 0 ? null : dataOf(bases);
    const ratio =
      base === null
        ? null
        : pairedLog10Ratio(
            { data, series: line },
            { data: base.data, series: base.series.id },
            { draws: DRAWS, stream: stream(`${line} ratio`) },
          );
    const power = (value: number | null) => (value === null ? null : pow(10, value));
    return [
      {
        ...{ line, dataTokens: series.tokens },
        halfSuccess: { state, documents, interval, smallestTried, largestTried },
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
      },
    ];
  });
}

const sumOf = (phases: readonly PhaseConfig[], tokens: (phase: PhaseConfig) => number) =>
  phases.reduce((sum, phase) => sum + tokens(phase), 0);

/** The ways in which members are used, for tables. */
const USES = [
  ['a member', (own: EnsembleResult) => own.members],
  ['votes', (own: EnsembleResult) => own.votes],
  ['log mean', (own: EnsembleResult) => own.logMean],
  ['weights', (own: EnsembleResult) => own.meanWeights],
] as const;

/** Half success of each use of ensembles of one kind, and of the runs of the experiment that train on all of the data. */
export function lawsOf(
  results: readonly EnsembleResult[],
  runs: readonly Member[],
  measured: (id: string) => MeasuredUse,
): LineLaw[] {
  const pointOf = (
    config: RunConfig,
  ): Pick<DosePointOf, 'dataTokens' | 'parameters' | 'seed' | 'prompts'> => ({
    dataTokens: sumOf(config.phases, dataTokens),
    parameters: countParameters(config.model, config.tokenizer.vocabularySize),
    ...{ seed: config.seed, prompts: config.evaluation.prompts },
  });
  const undefended = runs
    .filter(({ config }) => partOfRun(config) === null)
    .map(({ id, config }): DosePointOf => {
      const own = pointOf(config);
      const line = `undefended, ${shortCount(own.dataTokens)} tokens`;
      const { success } = measured(id);
      return { ...own, line, documents: plantedDocuments(config.phases), success };
    });
  const points = results.flatMap((result) => {
    const config = runs.find(({ id }) => id === result.runs[0])?.config;
    if (config === undefined) return [];
    const parts = result.runs.length;
    const { phases } = config;
    const passes = phases.map(({ epochs }) => epochs).join(', ');
    const share = result.targeted === null ? 1 : result.targeted / parts;
    return USES.map(
      ([name, use]): DosePointOf => ({
        ...pointOf(config),
        line: `${parts} parts, ${shortCount(sumOf(phases, ({ tokens }) => tokens))} tokens a member in ${passes} ${passes === '1' ? 'pass' : 'passes'}: ${name}`,
        documents: Math.round(share * result.planted),
        success: use(result).success,
      }),
    );
  });
  // The attacker of chosen parts has the same controls as the one who chooses none.
  return [...linesOf(undefended, []), ...linesOf(points, undefended)];
}
