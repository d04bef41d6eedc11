// The documents needed against the data, each size (or amount of data) one observation: α for new sizes, and whether the
// line is bent.
import { log10, pow } from '../../core/math.ts';
import { INTERVAL_LEVEL, type Interval, intervalHull } from '../statistics/interval.ts';
import { randomEffectsFit } from '../statistics/random-effects.ts';
import { halfSuccessVariance, isWithinCounts, type OwnCurve } from './own-curves.ts';

/** α with sizes as random effects. */
export interface SlopeForNewSizes {
  readonly estimate: number;
  readonly interval: Interval;
  /** Standard deviation of log10 P50 about the line, beyond the noise of the runs. */
  readonly scatter: number;
  readonly sizes: number;
}

/** The slope as it changes over the data tried: log10 P50 = a + b z + c z², z = log10 D from its mean. */
export interface Curvature {
  /** c, decades of documents per squared decade of data. */
  readonly perSquaredDecade: number;
  readonly interval: Interval;
  /** Local α at the least and at the most data. */
  readonly slopeAtLeast: number;
  readonly slopeAtMost: number;
  /** Whether the interval of c leaves 0 out. */
  readonly isClear: boolean;
}

/** What the P50 of all sizes say together. */
export interface SizesAsUnits {
  /** Null with fewer than three sizes. */
  readonly dilutionForNewSizes: SlopeForNewSizes | null;
  /** Null with fewer than four. */
  readonly curvature: Curvature | null;
}

/** The largest factor, above 1, between a P50 and the geometric mean of all; null unless all lie within the counts tried. */
export function farthestFromMean(curves: readonly OwnCurve[]): number | null {
  if (curves.length === 0 || !curves.every(isWithinCounts)) return null;
  const mean = curves.reduce((sum, { log10P50 }) => sum + log10P50, 0) / curves.length;
  return pow(10, Math.max(...curves.map(({ log10P50 }) => Math.abs(log10P50 - mean))));
}

/**
 * Fits line and parabola. Nothing is given where a P50 lies outside the counts tried: leaving that size out would favour
 * the count law.
 * @param options.runNoise α's interval by the noise of the runs: that for new sizes is never narrower
 */
export function sizesAsUnits(
  curves: readonly OwnCurve[],
  options: { dispersion: number; runNoise: Interval },
): SizesAsUnits {
  if (!curves.every(isWithinCounts)) return { dilutionForNewSizes: null, curvature: null };
  const places = curves.map(({ tokens }) => log10(tokens));
  const center = places.reduce((sum, value) => sum + value, 0) / places.length;
  const units = (features: (z: number) => number[]) =>
    curves.map((own) => ({
      features: features(log10(own.tokens) - center),
      value: own.log10P50,
      variance: halfSuccessVariance(own, options.dispersion),
    }));
  const line = randomEffectsFit(
    units((z) => [1, z]),
    INTERVAL_LEVEL,
  );
  const parabola = randomEffectsFit(
    units((z) => [1, z, z * z]),
    INTERVAL_LEVEL,
  );
  return {
    dilutionForNewSizes: line && {
      estimate: line.coefficients[1],
      interval: intervalHull(line.interval, options.runNoise),
      scatter: line.scatter,
      sizes: curves.length,
    },
    curvature:
      parabola && describeBend(parabola, [Math.min(...places) - center, Math.max(...places) - center]),
  };
}

function describeBend(
  { coefficients, interval }: { coefficients: readonly number[]; interval: Interval },
  [least, most]: readonly [number, number],
): Curvature {
  const [, slope, square] = coefficients;
  return {
    perSquaredDecade: square,
    interval,
    slopeAtLeast: slope + 2 * square * least,
    slopeAtMost: slope + 2 * square * most,
    isClear: (interval.low ?? -1) > 0 || (interval.high ?? 1) < 0,
  };
}
