// One cell of the matrix of defences: an attack, a defence, a model size. R = P50 with the defence / P50 without.
import { pow } from '../../core/math.ts';
import { mean } from '../../core/sample-statistics.ts';
import type { Cell } from '../cells.ts';
import {
  type ContrastCell,
  type Drawing,
  fewestPrompts,
  matchSeries,
  pairCells,
  seriesRatios,
  summariseCell,
} from '../claims/contrasts.ts';
import { doseData, succeedsWithoutPoison } from '../fits/dose-cells.ts';
import type { HalfSuccess } from '../fits/half-success.ts';
import type { RunOutcome } from '../run-outcome.ts';
import type { Series } from '../series.ts';
import { INTERVAL_LEVEL, type Interval } from '../statistics/interval.ts';
import { seedEstimate } from '../statistics/student-interval.ts';
import { type FilterSummary, filterSummaries } from './caught-documents.ts';
import type { DefendedPair } from './defended-groups.ts';
import { type CurveShape, curveShape } from './falling-curve.ts';

/** How many times more poisoned documents the attacker needs. */
export interface DefenceRatio {
  /**
   * estimated: both P50 lie within the counts tried. one-sided: one does not, so that only a limit is known.
   * falling: success falls with the count, so that P50 means nothing. without-poison: there is as much of it without poison.
   * unknown: P50 is unclear, or seeds are too few.
   */
  readonly state: 'estimated' | 'one-sided' | 'falling' | 'without-poison' | 'unknown';
  /** R. Null unless estimated. */
  readonly factor: number | null;
  /** Paired by seed where both P50 lie within the counts tried. An end of null is open. */
  readonly interval: Interval | null;
}

/** Success and survivors at one count. */
export interface DefenceCount
  extends Pick<ContrastCell, 'documents' | 'seeds' | 'asr' | 'baselineAsr' | 'difference' | 'interval'> {
  /** Mean number of poisoned documents that passed all filters; those planted where there is no filter. */
  readonly survivors: number | null;
}

type HalfSuccessOfCell = Pick<
  HalfSuccess,
  'state' | 'documents' | 'interval' | 'smallestTried' | 'largestTried'
>;

/** What was measured of a defence against an attack at one size. */
export interface MeasuredDefence extends CurveShape {
  readonly parameters: number;
  readonly tokens: number;
  readonly seeds: readonly number[];
  readonly runs: { readonly defended: readonly string[]; readonly undefended: readonly string[] };
  readonly halfSuccess: {
    readonly defended: HalfSuccessOfCell | null;
    readonly undefended: HalfSuccessOfCell | null;
  };
  readonly ratio: DefenceRatio;
  readonly byCount: readonly DefenceCount[];
  readonly filters: readonly FilterSummary[];
  /**
   * Clean loss with the defence minus clean loss without, nats/token, at equal steps and without poison: with poison the loss also
   * falls because poison is gone. Mean over seeds.
   */
  readonly cleanLossPrice: { readonly estimate: number | null; readonly interval: Interval | null };
}

/** Documents of the first poison that passed the filters of their phases. */
function survivorsOf({ record, documents }: RunOutcome): number {
  const filtered = record.poison.filter(({ place = 0, filtered: own }) => place === 0 && own !== undefined);
  const lost = filtered.reduce(
    (sum, own) => sum + (own.filtered?.planted ?? 0) - (own.filtered?.kept ?? 0),
    0,
  );
  return documents - lost;
}

/** Differences of clean loss of the same seed without poison. */
function lossPrice(own: readonly Cell[], base: readonly Cell[]) {
  const unpoisoned = (cells: readonly Cell[]) => cells.find(({ documents }) => documents === 0)?.seeds ?? [];
  const differences = unpoisoned(own).flatMap(({ seed, cleanLossNats }) => {
    const without = unpoisoned(base).find((item) => item.seed === seed)?.cleanLossNats;
    return cleanLossNats === null || typeof without !== 'number' ? [] : [cleanLossNats - without];
  });
  const found = seedEstimate(differences);
  return { estimate: found.mean, interval: found.interval };
}

function ratioOf(
  { falls, withoutPoison }: { falls: boolean; withoutPoison: boolean },
  found: { readonly estimate: number | null; readonly interval: Interval } | undefined,
): DefenceRatio {
  if (withoutPoison) return { state: 'without-poison', factor: null, interval: null };
  if (falls) return { state: 'falling', factor: null, interval: null };
  const { low, high } = found?.interval ?? { low: null, high: null };
  if (found === undefined || (low === null && high === null && found.estimate === null))
    return { state: 'unknown', factor: null, interval: null };
  const end = (value: number | null) => (value === null ? null : pow(2, value));
  return {
    state: found.estimate === null ? 'one-sided' : 'estimated',
    factor: end(found.estimate),
    interval: { low: end(low), high: end(high), level: INTERVAL_LEVEL },
  };
}

function halfOf(halves: readonly HalfSuccess[], id: string): HalfSuccessOfCell | null {
  const half = halves.find(({ series }) => series === id);
  if (half === undefined) return null;
  const { state, documents, interval, smallestTried, largestTried } = half;
  return { state, documents, interval, smallestTried, largestTried };
}

const ids = ({ outcomes }: Series) => outcomes.map(({ record }) => record.id);

/** The cells of a defended group beside its undefended one, by series. */
export function measureDefence(
  { own, base }: DefendedPair,
  drawing: Drawing,
): ReadonlyMap<string, MeasuredDefence> {
  const ratios = seriesRatios(own, base, drawing);
  const isWithoutPoison = succeedsWithoutPoison(doseData(own.series));
  const prompts = fewestPrompts(own.series);
  const pairs = pairCells(own, base);
  const measured = matchSeries(own.series, base.series).flatMap(([ownId, baseId]) => {
    const series = own.series.find(({ id }) => id === ownId);
    const other = base.series.find(({ id }) => id === baseId);
    // At equal steps only: a defence with another amount of data is another experiment.
    if (series === undefined || other === undefined || series.tokens !== other.tokens) return [];
    const cellsOf = ({ dose }: typeof own, id: string) => dose.cells.filter((cell) => cell.series === id);
    const shape = curveShape(cellsOf(own, ownId), prompts);
    const byCount = pairs
      .filter((pair) => pair.series === ownId)
      .map((pair): DefenceCount => {
        const { documents, seeds, asr, baselineAsr, difference, interval } = summariseCell(pair, prompts);
        const runs = series.outcomes.filter(
          (run) => run.documents === documents && run.record.status !== 'failed',
        );
        return {
          ...{ documents, seeds, asr, baselineAsr, difference, interval },
          survivors: mean(runs.map(survivorsOf)),
        };
      });
    const seeds = [
      ...new Set(
        pairs.filter((pair) => pair.series === ownId).flatMap((pair) => pair.pairs.map(({ seed }) => seed)),
      ),
    ];
    const cell: MeasuredDefence = {
      ...{ parameters: series.parameters, tokens: series.tokens, seeds: seeds.sort((a, b) => a - b) },
      runs: { defended: ids(series), undefended: ids(other) },
      halfSuccess: {
        defended: halfOf(own.dose.halfSuccess, ownId),
        undefended: halfOf(base.dose.halfSuccess, baseId),
      },
      ratio: ratioOf(
        { falls: shape.falls, withoutPoison: isWithoutPoison },
        ratios.find((item) => item.series === ownId),
      ),
      ...shape,
      byCount,
      filters: filterSummaries(series.outcomes),
      cleanLossPrice: lossPrice(cellsOf(own, ownId), cellsOf(base, baseId)),
    };
    return [[ownId, cell] as const];
  });
  return new Map(measured);
}
