// How many documents an attacker needs for half success by one curve (P50), and R: that over P50 of another, paired by seed.
// Estimated as those of runs are.
import { type DoseRun, doseData, succeedsWithoutPoison } from '../analyse/fits/dose-cells.ts';
import { type HalfSuccess, halfSuccessBySeries } from '../analyse/fits/half-success.ts';
import { pairedLog10Ratio } from '../analyse/fits/paired-ratio.ts';
import type { Interval } from '../analyse/statistics/interval.ts';
import { pow } from '../core/math.ts';
import type { RandomStream } from '../core/random.ts';

/** What was measured of a run, or of several, as a point of a curve. */
export interface DosePointOf {
  readonly seed: number;
  /** Documents that the attacker pays for. */
  readonly documents: number;
  readonly success: number | null;
  readonly prompts: number;
}

/** Points of one line, which differ in count and seed alone. */
export interface DoseCurve {
  readonly name: string;
  readonly parameters: number;
  readonly dataTokens: number;
  readonly points: readonly DosePointOf[];
}

/** P50 of a curve, and R where there is another to compare it with. */
export interface HalfSuccessLaw {
  readonly halfSuccess: Pick<HalfSuccess, 'documents' | 'interval' | 'smallestTried' | 'largestTried'> & {
    /** without poison: success is so high in controls that no half success can be found. */
    readonly state: HalfSuccess['state'] | 'without poison';
  };
  /** Null unless there is one line to compare with, both P50 lie within the counts tried and five seeds are shared. */
  readonly ratio: { readonly factor: number; readonly interval: Interval } | null;
}

/** Draws of the seeds for an interval, as many as in a report. */
const DRAWS = 2000;

function dataOf({ name: id, parameters, dataTokens: tokens, points }: DoseCurve) {
  const outcomes = points.map(
    ({ seed, documents, success, prompts }): DoseRun => ({
      ...{ seed, documents, prompts },
      asr: success,
      innocentUses: 0,
    }),
  );
  const series = { id, label: id, parameters, tokens, outcomes };
  return { series, data: doseData([series]) };
}

/**
 * P50 of a curve and its ratio to that of another.
 * @param base null: there is none
 * @param stream random numbers of a purpose
 * @returns null where nothing can be estimated
 */
export function halfSuccessLaw(
  curve: DoseCurve,
  base: DoseCurve | null,
  stream: (purpose: string) => RandomStream,
): HalfSuccessLaw | null {
  const { name } = curve;
  const { series, data } = dataOf(curve);
  const [half] = halfSuccessBySeries([series], { data, draws: DRAWS, streamOf: stream });
  if (half === undefined) return null;
  const { smallestTried, largestTried } = half;
  const isWithoutPoison = succeedsWithoutPoison(data);
  const other = base === null ? null : dataOf(base);
  const ratio =
    other === null || isWithoutPoison || succeedsWithoutPoison(other.data)
      ? null
      : pairedLog10Ratio(
          { data, series: name },
          { data: other.data, series: other.series.id },
          { draws: DRAWS, stream: stream(`${name} ratio`) },
        );
  const power = (value: number | null) => (value === null ? null : pow(10, value));
  return {
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
  };
}
