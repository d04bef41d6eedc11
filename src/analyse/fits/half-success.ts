// P50: how many poisoned documents a model of each size needs for half success.
import { log10, pow } from '../../core/math.ts';
import type { RandomStream } from '../../core/random.ts';
import type { Series } from '../series.ts';
import { estimateDispersion } from '../statistics/dispersion.ts';
import { studentQuantile } from '../statistics/distributions.ts';
import {
  FEWEST_SEEDS_FOR_INTERVAL,
  INTERVAL_LEVEL,
  type Interval,
  intervalHull,
} from '../statistics/interval.ts';
import { profileInterval } from '../statistics/profile-interval.ts';
import { seedInterval } from '../statistics/seed-bootstrap.ts';
import { type DoseCell, type DoseData, drawWeights, floorOf, pointsOf, unitsOf } from './dose-cells.ts';
import { type DoseResponse, lossAtHalfSuccess, predictAsr, STEEPNESS_BOUNDS } from './dose-response.ts';
import { fitOwnCurve } from './own-curves.ts';
import { type BandPoint, successBand } from './success-band.ts';

/** P50 of one series, from its own curve: no law about other sizes is assumed. */
export interface HalfSuccess {
  readonly series: string;
  readonly parameters: number;
  readonly tokens: number;
  /**
   * estimated: within the counts tried. below, above: less than the smallest, more than the largest count tried.
   * unclear: success does not rise with the count, or fewer than two counts were tried.
   */
  readonly state: 'estimated' | 'below' | 'above' | 'unclear';
  /** Documents; null unless estimated. */
  readonly documents: number | null;
  /** In documents: low null means below the smallest count tried, high null above the largest. Null with fewer than 5 seeds. */
  readonly interval: Interval | null;
  /** Smallest and largest count tried, P > 0. */
  readonly smallestTried: number | null;
  readonly largestTried: number | null;
  /** The series' own curve, from which P50 is read: the one that the figures draw. Null with fewer than two counts. */
  readonly curve: DoseResponse | null;
  /** That curve with its interval over the counts tried. Null with fewer than 5 seeds, or where P50 is unclear. */
  readonly band: readonly BandPoint[] | null;
}

function within(value: number, bounds: { minimum: number; maximum: number }): number {
  return Math.min(bounds.maximum, Math.max(bounds.minimum, value));
}

/** Interval of log10 P50: the wider, at each end, of seed bootstrap and profile; and the band of the curve. */
function intervalAndBand(
  cells: readonly DoseCell[],
  options: { data: DoseData; draws: number; stream: RandomStream },
): { interval: Interval; band: readonly BandPoint[] } | null {
  const { data, draws, stream } = options;
  const seeds = unitsOf(data, new Set(cells.flatMap((cell) => cell.runs.map((run) => run.seed))).size);
  const floor = floorOf(data);
  const { curve, log10P50 } = fitOwnCurve(cells, floor);
  const residuals = cells.flatMap((cell) => {
    const predicted = predictAsr(curve, cell);
    return cell.runs.map(({ asr }) => ({ observed: asr, predicted }));
  });
  const smallest = 1 / Math.max(1, data.prompts);
  const dispersion = estimateDispersion(residuals, { parameters: 2, smallest });
  if (seeds < FEWEST_SEEDS_FOR_INTERVAL || dispersion === null) return null;
  // a decade beyond what was tried is far enough: the ends are censored there anyway
  const tried = cells.map((cell) => log10(cell.documents));
  const bounds = { minimum: Math.min(...tried) - 1, maximum: Math.max(...tried) + 1 };
  const refits = Array.from({ length: draws }, () => {
    const weights = drawWeights(stream, data);
    return fitOwnCurve(cells, floorOf(data, weights), weights);
  });
  const drawn = refits.map((refit) => within(refit.log10P50, bounds));
  const runs = cells.reduce((sum, cell) => sum + cell.runs.length, 0);
  const t = studentQuantile(0.5 + INTERVAL_LEVEL / 2, runs - 2);
  const points = pointsOf(cells);
  const profile = profileInterval({
    loss: (value) => lossAtHalfSuccess(points, { floor, log10HalfSuccess: value }),
    estimate: within(log10P50, bounds),
    allowance: dispersion * t * t,
    bounds,
    level: INTERVAL_LEVEL,
  });
  return {
    interval: intervalHull(
      seedInterval({ estimate: within(log10P50, bounds), draws: drawn, seeds, level: INTERVAL_LEVEL }),
      profile,
    ),
    band: successBand(cells, { curve, draws: refits.map((refit) => refit.curve), seeds }),
  };
}

/** Turns an interval of log10 P50 into documents. Beyond the counts tried an end is open, or stops there. */
function censor(interval: Interval, smallest: number, largest: number): Interval {
  const low = interval.low === null ? 0 : pow(10, interval.low);
  const high = interval.high === null ? Infinity : pow(10, interval.high);
  return {
    low: low < smallest ? null : Math.min(low, largest),
    high: high > largest ? null : Math.max(high, smallest),
    level: interval.level,
  };
}

function stateOf(options: {
  log10P50: number;
  steepness: number;
  counts: readonly number[];
}): HalfSuccess['state'] {
  if (options.counts.length < 2) return 'unclear';
  if (options.log10P50 < log10(options.counts[0])) return 'below';
  if (options.log10P50 > log10(options.counts.at(-1) as number)) return 'above';
  return options.steepness <= STEEPNESS_BOUNDS.minimum ? 'unclear' : 'estimated';
}

/** P50 of every series of a group. @param streamOf a random stream for each series */
export function halfSuccessBySeries(
  series: readonly Pick<Series, 'id' | 'parameters' | 'tokens'>[],
  options: { data: DoseData; draws: number; streamOf: (series: string) => RandomStream },
): HalfSuccess[] {
  const { data, draws, streamOf } = options;
  return series.map((item) => {
    const cells = data.cells.filter((cell) => cell.series === item.id);
    const base = { series: item.id, parameters: item.parameters, tokens: item.tokens };
    const counts = cells.map((cell) => cell.documents);
    const tried = { smallestTried: counts[0] ?? null, largestTried: counts.at(-1) ?? null };
    if (counts.length < 2) {
      return {
        ...{ ...base, ...tried, state: 'unclear', documents: null },
        ...{ interval: null, curve: null, band: null },
      };
    }
    const { curve, log10P50 } = fitOwnCurve(cells, floorOf(data));
    const state = stateOf({ log10P50, steepness: curve.steepness, counts });
    const found =
      state === 'unclear' ? null : intervalAndBand(cells, { data, draws, stream: streamOf(item.id) });
    return {
      ...base,
      ...tried,
      state,
      documents: state === 'estimated' ? pow(10, log10P50) : null,
      interval: found === null ? null : censor(found.interval, counts[0], counts.at(-1) as number),
      curve,
      band: found?.band ?? null,
    };
  });
}
