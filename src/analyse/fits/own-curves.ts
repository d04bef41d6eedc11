// Each series' own dose-response curve, no law about other sizes assumed: the one fit behind P50, the curves of the
// figures, the noise of the runs and α with sizes as units.
import { log, log10 } from '../../core/math.ts';
import { estimateDispersion } from '../statistics/dispersion.ts';
import { type DoseCell, type DoseData, floorOf, pointsOf } from './dose-cells.ts';
import {
  type DosePoint,
  type DoseResponse,
  fitWithDilution,
  log10HalfSuccess,
  predictAsr,
  STEEPNESS_BOUNDS,
} from './dose-response.ts';
import { flooredProbability, logistic } from './floored-logit.ts';

/** One series with its own curve. */
export interface OwnCurve {
  readonly series: string;
  readonly tokens: number;
  readonly cells: readonly DoseCell[];
  /** α = 0: the curve is of one amount of data. */
  readonly curve: DoseResponse;
  readonly log10P50: number;
}

/** The richest model of a group: a location and a steepness for each series. */
export interface OwnCurves {
  readonly curves: readonly OwnCurve[];
  readonly parameters: number;
  readonly logQuasiLikelihood: number;
  /** ρ of single runs about the curves; shared by all laws. Null without degrees of freedom. */
  readonly dispersion: number | null;
}

/** Own curve of one series. @param cells at least one */
export function fitOwnCurve(cells: readonly DoseCell[], floor: number, weights?: readonly number[]) {
  const points = pointsOf(cells, weights).filter(({ weight }) => weight > 0);
  const curve = fitWithDilution(points, { floor, dilution: 0 });
  return { curve, log10P50: log10HalfSuccess(curve, 1) };
}

/** Whether P50 lies within the counts tried and success rises with them. */
export function isWithinCounts({ cells, curve, log10P50 }: OwnCurve): boolean {
  const counts = cells.map(({ documents }) => log10(documents));
  const isInside = log10P50 >= Math.min(...counts) && log10P50 <= Math.max(...counts);
  return counts.length >= 2 && isInside && curve.steepness > STEEPNESS_BOUNDS.minimum;
}

/** Fits every series that has runs with poison. */
export function ownCurves(data: DoseData): OwnCurves {
  const floor = floorOf(data);
  const names = [...new Set(data.cells.map(({ series }) => series))];
  const curves = names.map((series): OwnCurve => {
    const cells = data.cells.filter((cell) => cell.series === series);
    return { series, tokens: cells[0].tokens, cells, ...fitOwnCurve(cells, floor) };
  });
  // a series with one count has a location only
  const parameters = curves.reduce((sum, { cells }) => sum + Math.min(2, cells.length), 0);
  const residuals = curves.flatMap(({ cells, curve }) =>
    cells.flatMap((cell) => {
      const predicted = predictAsr(curve, cell);
      return cell.runs.map(({ asr }) => ({ observed: asr, predicted }));
    }),
  );
  return {
    curves,
    parameters,
    logQuasiLikelihood: curves.reduce((sum, { curve }) => sum + curve.logQuasiLikelihood, 0),
    dispersion: estimateDispersion(residuals, { parameters, smallest: 1 / Math.max(1, data.prompts) }),
  };
}

/** Fisher information of (η at P50, steepness), with u = log10 P - log10 P50. */
function informationAtHalfSuccess(points: readonly DosePoint[], { curve, log10P50 }: OwnCurve) {
  const { floor, steepness } = curve;
  const share = Math.max(1e-6, (0.5 - floor) / (1 - floor));
  let [first, both, second] = [0, 0, 0];
  for (const point of points) {
    const u = log10(point.documents) - log10P50;
    const eta = log(share / (1 - share)) + steepness * u;
    const s = logistic(eta);
    const p = flooredProbability(eta, floor);
    const slope = (1 - floor) * s * (1 - s);
    const information = (point.weight * slope * slope) / (p * (1 - p));
    first += information;
    both += information * u;
    second += information * u * u;
  }
  return { first, both, second };
}

/**
 * Variance of log10 P50 by the delta method: ρ I⁻¹ / k², from Fisher's information at the curve. Where k stands at its
 * bound the information about it is left out.
 */
export function halfSuccessVariance(own: OwnCurve, dispersion: number): number {
  const { first, both, second } = informationAtHalfSuccess(pointsOf(own.cells), own);
  const { steepness, atBound } = own.curve;
  const information = atBound ? first : first - (both * both) / second;
  return dispersion / (information * steepness * steepness);
}
