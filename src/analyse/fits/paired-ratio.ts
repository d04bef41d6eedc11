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
import { type DoseCell, type DoseData, floorOf } from './dose-cells.ts';
import { fitOwnCurve, halfSuccessVariance, isWithinCounts, ownCurves } from './own-curves.ts';

/** One side of a ratio: a series and the data of its group. */
export interface RatioSide {
  readonly data: DoseData;
  readonly series: string;
}

function cellsOf({ data, series }: RatioSide): readonly DoseCell[] {
  return data.cells.filter((cell) => cell.series === series);
}

/** Weights of a side's seeds: those drawn for the shared ones, 1 for one that the other side lacks. */
function weightsFor({ data }: RatioSide, drawn: ReadonlyMap<number, number>): number[] {
  return data.seeds.map((seed) => drawn.get(seed) ?? 1);
}

/**
 * log10 of (P50 of `own` / P50 of `base`) and its interval: whole seeds are reweighted, the same weights on both sides, so
 * that what a seed does to both cancels. Where a curve jumps between two counts, so that reweighting cannot move it, the
 * interval is the wider of this and the delta method's at each end.
 * @returns null unless both P50 lie within the counts tried and five seeds are shared
 */
export function pairedLog10Ratio(
  own: RatioSide,
  base: RatioSide,
  { draws, stream }: { draws: number; stream: RandomStream },
): { estimate: number; interval: Interval } | null {
  const seeds = own.data.seeds.filter((seed) => base.data.seeds.includes(seed));
  const sides = [own, base].map((side) => {
    const curves = ownCurves(side.data);
    return { side, curves, found: curves.curves.find(({ series }) => series === side.series) };
  });
  if (seeds.length < FEWEST_SEEDS_FOR_INTERVAL) return null;
  const fits = sides.flatMap(({ found }) => (found !== undefined && isWithinCounts(found) ? [found] : []));
  if (fits.length < 2) return null;
  const estimate = fits[0].log10P50 - fits[1].log10P50;
  const bounds = fits.map(({ cells }) => {
    const counts = cells.map(({ documents }) => log10(documents));
    return { least: Math.min(...counts) - 1, most: Math.max(...counts) + 1 };
  });
  const drawn = Array.from({ length: draws }, () => {
    const weights = drawSeedWeights(stream, seeds.length);
    const bySeed = new Map(seeds.map((seed, i) => [seed, weights[i]]));
    const [a, b] = [own, base].map((side, i) => {
      const of = weightsFor(side, bySeed);
      const { log10P50 } = fitOwnCurve(cellsOf(side), floorOf(side.data, of), of);
      return Math.min(bounds[i].most, Math.max(bounds[i].least, log10P50));
    });
    return a - b;
  });
  const interval = seedInterval({ estimate, draws: drawn, seeds: seeds.length, level: INTERVAL_LEVEL });
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
