// How the documents needed change with the data: the laws compared, and α with two intervals, for these sizes and for new
// ones.
import { pow } from '../../core/math.ts';
import type { RandomStream } from '../../core/random.ts';
import { FEWEST_SEEDS_FOR_INTERVAL, type Interval, intervalHull } from '../statistics/interval.ts';
import { bootstrapCurves, bootstrapDilution, profileDilution } from './dilution-intervals.ts';
import { type DoseData, dataDecades, floorOf, pointsOf, unitsOf } from './dose-cells.ts';
import { fitDoseResponse } from './dose-response.ts';
import { type EndRatio, halfSuccessRatioOfEnds } from './end-ratio.ts';
import { isWithinCounts, ownCurves } from './own-curves.ts';
import { type LawFit, rankLaws } from './rank-laws.ts';
import { type Curvature, farthestFromMean, type SlopeForNewSizes, sizesAsUnits } from './sizes-as-units.ts';
import { type BandPoint, successBand } from './success-band.ts';

/** What the curve says about a group. */
export interface LawComparison {
  /** Runs with poison, and cells, in the fit. */
  readonly runs: number;
  readonly cells: number;
  readonly seeds: number;
  /** Most data / least data. */
  readonly dataRatio: number;
  /** γ. */
  readonly floor: number;
  /** Runs without poison behind γ. */
  readonly controls: number;
  /** ρ of the runs about each series' own curve, shared by all laws: 1 if every run is all or nothing. */
  readonly dispersion: number | null;
  readonly laws: readonly LawFit[];
  /** Sizes or amounts of data, and those whose P50 lies within the counts tried: α needs two. */
  readonly sizes: number;
  readonly sizesWithHalfSuccess: number;
  /** α of the power law for these sizes; null where nothing can be estimated. */
  readonly dilution: number | null;
  /** Run noise: the wider of the next two at each end. Null with fewer than 5 seeds. */
  readonly dilutionInterval: Interval | null;
  /** By the bootstrap over seeds. */
  readonly dilutionBootstrap: Interval | null;
  /** By the profile quasi-likelihood, which takes runs as independent. */
  readonly dilutionProfile: Interval | null;
  /**
   * α for new sizes: the sizes scatter about the line, too. Null with fewer than 5 seeds, fewer than three sizes, or where a
   * P50 lies outside the counts tried (leaving it out would favour the count law).
   */
  readonly dilutionForNewSizes: SlopeForNewSizes | null;
  /** Null with fewer than four sizes, too. */
  readonly curvature: Curvature | null;
  /** P50 at the most data over P50 at the least, of the series where it lies within the counts tried. */
  readonly endRatio: EndRatio | null;
  /** The largest factor, above 1, between one size's P50 and the geometric mean of all; null unless all are known. */
  readonly farthestFromMean: number | null;
  /** The power law's curve with its interval, over the counts tried. Null with fewer than 5 seeds. */
  readonly band: readonly BandPoint[] | null;
}

/** α, its intervals and the band, where the seeds are enough for them. */
function slopes(data: DoseData, options: { draws: number; stream: RandomStream }) {
  const { curves, dispersion, parameters } = ownCurves(data);
  const { cells } = data;
  const runs = cells.reduce((sum, cell) => sum + cell.runs.length, 0);
  const seeds = unitsOf(data);
  const power = fitDoseResponse(pointsOf(cells), floorOf(data));
  const amounts = new Set(curves.filter(isWithinCounts).map(({ tokens }) => tokens)).size;
  const none = {
    dilution: amounts < 2 ? null : power.dilution,
    dilutionInterval: null,
    dilutionBootstrap: null,
    dilutionProfile: null,
    dilutionForNewSizes: null,
    curvature: null,
    band: null,
  };
  if (seeds < FEWEST_SEEDS_FOR_INTERVAL || dispersion === null) return none;
  const drawn = bootstrapCurves(data, options);
  const band = successBand(cells, { curve: power, draws: drawn, seeds });
  if (amounts < 2) return { ...none, band };
  const degreesOfFreedom = runs - parameters;
  const dilutionBootstrap = bootstrapDilution(drawn, { estimate: power.dilution, seeds });
  const dilutionProfile = profileDilution(data, { power, dispersion, degreesOfFreedom });
  const dilutionInterval = intervalHull(dilutionBootstrap, dilutionProfile);
  return {
    dilution: power.dilution,
    dilutionInterval,
    dilutionBootstrap,
    dilutionProfile,
    ...sizesAsUnits(curves, { dispersion, runNoise: dilutionInterval }),
    band,
  };
}

/**
 * Compares the laws on a group.
 * @returns null unless there are runs with poison at two counts or more and two amounts of data or more
 */
export function compareLaws(
  data: DoseData,
  options: { draws: number; stream: RandomStream },
): LawComparison | null {
  const { cells } = data;
  const counts = new Set(cells.map((cell) => cell.documents)).size;
  if (counts < 2 || new Set(cells.map((cell) => cell.tokens)).size < 2) return null;
  const { curves, dispersion } = ownCurves(data);
  return {
    runs: cells.reduce((sum, cell) => sum + cell.runs.length, 0),
    cells: cells.length,
    seeds: data.seeds.length,
    dataRatio: pow(10, dataDecades(data)),
    floor: floorOf(data),
    controls: data.controls.length,
    dispersion,
    laws: rankLaws(data, dispersion),
    sizes: curves.length,
    sizesWithHalfSuccess: curves.filter(isWithinCounts).length,
    ...slopes(data, options),
    endRatio: halfSuccessRatioOfEnds(data, { ...options, curves }),
    farthestFromMean: farthestFromMean(curves),
  };
}
