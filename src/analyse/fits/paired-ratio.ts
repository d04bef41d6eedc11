// How many times as many documents one series needs as another: the ratio of their P50, paired by seed.
import { log10 } from '../../core/math.ts';
import type { RandomStream } from '../../core/random.ts';
import { normalQuantile } from '../statistics/distributions.ts';
import {
  FEWEST_SEEDS_FOR_INTERVAL,
  INTERVAL_LEVEL,
  type Interval,
  intervalHull,
} from '../statistics/interval.ts';
import { drawSeedWeights, seedInterval } from '../statistics/seed-bootstrap.ts';
import { type DoseCell, type DoseData, floorOf, unitsOf } from './dose-cells.ts';
import { fitOwnCurve, halfSuccessVariance, isWithinCounts, ownCurves } from './own-curves.ts';

/** One side of a ratio: a series and the data of its group. */
export interface RatioSide {
  readonly data: DoseData;
  readonly series: string;
}

function cellsOf({ data, series }: RatioSide): readonly DoseCell[] {
  return data.cells.filter((cell) => cell.series === series);
}

/** How many seeds ran a series. */
function seedsOf(side: RatioSide): number {
  return new Set(cellsOf(side).flatMap((cell) => cell.runs.map(({ seed }) => seed))).size;
}

/** Weights of a side's seeds and stimuli, in the order of its data. */
function weightsFor({ data }: RatioSide, drawn: Drawn): number[] {
  const { seeds, stimuli = [] } = data;
  return [
    ...seeds.map((seed) => drawn.seeds.get(seed) ?? 1),
    ...stimuli.flatMap((values, pool) => values.map((value) => drawn.stimuli[pool]?.get(value) ?? 1)),
  ];
}

/** Weights by seed, and of each pool by stimulus. */
interface Drawn {
  readonly seeds: ReadonlyMap<number, number>;
  readonly stimuli: readonly ReadonlyMap<string, number>[];
}

/** Stimuli of each pool that either side has. */
function stimuliOfBoth(sides: readonly RatioSide[]): string[][] {
  const pools = sides.map(({ data }) => data.stimuli ?? []);
  return (pools[0] ?? []).map((_, pool) => [...new Set(pools.flatMap((own) => own[pool] ?? []))]);
}

/**
 * log10 of (P50 of `own` / P50 of `base`) and its interval: whole seeds are reweighted, the same weights on both sides, so
 * that what a seed does to both cancels. Where a curve jumps between two counts, so that reweighting cannot move it, the
 * interval is the wider of this and the delta method's at each end. Student's t has the degrees of freedom of the side with
 * fewer seeds: other series of its group may have more.
 * @returns null unless both P50 lie within the counts tried, five seeds are shared, and both series have five
 */
export function pairedLog10Ratio(
  own: RatioSide,
  base: RatioSide,
  { draws, stream }: { draws: number; stream: RandomStream },
): { estimate: number; interval: Interval } | null {
  const seeds = [...new Set([...own.data.seeds, ...base.data.seeds])].sort((a, b) => a - b);
  const shared = own.data.seeds.filter((seed) => base.data.seeds.includes(seed));
  const sides = [own, base].map((side) => {
    const curves = ownCurves(side.data);
    return { side, curves, found: curves.curves.find(({ series }) => series === side.series) };
  });
  const stimuli = stimuliOfBoth([own, base]);
  const units = unitsOf({ seeds, stimuli }, Math.min(shared.length, seedsOf(own), seedsOf(base)));
  if (units < FEWEST_SEEDS_FOR_INTERVAL) return null;
  const fits = sides.flatMap(({ found }) => (found !== undefined && isWithinCounts(found) ? [found] : []));
  if (fits.length < 2) return null;
  const estimate = fits[0].log10P50 - fits[1].log10P50;
  const bounds = fits.map(({ cells }) => {
    const counts = cells.map(({ documents }) => log10(documents));
    return { least: Math.min(...counts) - 1, most: Math.max(...counts) + 1 };
  });
  const drawn = Array.from({ length: draws }, () => {
    const weighted = <K>(units: readonly K[]) => {
      const weights = drawSeedWeights(stream, units.length);
      return new Map(units.map((unit, i) => [unit, weights[i]]));
    };
    const drawn: Drawn = { seeds: weighted(seeds), stimuli: stimuli.map(weighted) };
    const [a, b] = [own, base].map((side, i) => {
      const of = weightsFor(side, drawn);
      const { log10P50 } = fitOwnCurve(cellsOf(side), floorOf(side.data, of), of);
      return Math.min(bounds[i].most, Math.max(bounds[i].least, log10P50));
    });
    return a - b;
  });
  const interval = seedInterval({ estimate, draws: drawn, seeds: units, level: INTERVAL_LEVEL });
  if (!fits.some(({ curve }) => curve.atBound)) return { estimate, interval };
  const variance = fits.reduce(
    (sum, fit, i) => sum + halfSuccessVariance(fit, sides[i].curves.dispersion ?? 1),
    0,
  );
  const reach = normalQuantile(0.5 + INTERVAL_LEVEL / 2) * Math.sqrt(variance);
  return {
    estimate,
    interval: intervalHull(interval, {
      low: estimate - reach,
      high: estimate + reach,
      level: INTERVAL_LEVEL,
    }),
  };
}
