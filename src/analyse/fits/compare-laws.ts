// Count law, share law, or something between: the fits, their comparison, and α's interval.
import { pow } from '../../core/math.ts';
import type { RandomStream } from '../../core/random.ts';
import { estimateDispersion } from '../statistics/dispersion.ts';
import { studentQuantile } from '../statistics/distributions.ts';
import {
  FEWEST_SEEDS_FOR_INTERVAL,
  INTERVAL_LEVEL,
  type Interval,
  intervalHull,
} from '../statistics/interval.ts';
import { profileInterval } from '../statistics/profile-interval.ts';
import { drawSeedWeights, seedInterval } from '../statistics/seed-bootstrap.ts';
import { type DoseCell, type DoseData, dataDecades, floorOf, pointsOf } from './dose-cells.ts';
import {
  DILUTION_BOUNDS,
  type DosePoint,
  type DoseResponse,
  fitDoseResponse,
  fitWithDilution,
  predictAsr,
} from './dose-response.ts';
import { type BandPoint, successBand } from './success-band.ts';

/** One law's fit to a group. */
export interface LawFit {
  readonly law: 'count' | 'share' | 'free';
  readonly curve: DoseResponse;
  /** -2 log quasi-likelihood / dispersion + 2 parameters (Burnham and Anderson 2002); null without dispersion. */
  readonly qaic: number | null;
  /** QAIC above the best of the three. */
  readonly qaicAboveBest: number | null;
  /** Root mean square distance of the cells' mean ASR from the curve. */
  readonly rmse: number;
}

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
  /** ρ: 1 if every run is all or nothing. */
  readonly dispersion: number | null;
  readonly laws: readonly LawFit[];
  /** α of the free law. */
  readonly dilution: number;
  /** The interval that decides: the wider of the next two at each end. Null with fewer than 5 seeds. */
  readonly dilutionInterval: Interval | null;
  /** By the bootstrap over seeds. */
  readonly dilutionBootstrap: Interval | null;
  /** By the profile quasi-likelihood, which takes runs as independent. */
  readonly dilutionProfile: Interval | null;
  /** The free law's curve with its interval, over the counts tried. Null with fewer than 5 seeds. */
  readonly band: readonly BandPoint[] | null;
}

/** Root mean square distance between points and curve, each cell counting once. */
function rootMeanSquare(points: readonly DosePoint[], curve: DoseResponse): number {
  let sum = 0;
  for (const point of points) {
    const distance = point.asr - predictAsr(curve, point);
    sum += distance * distance;
  }
  return Math.sqrt(sum / points.length);
}

/** Dispersion of the single runs around a curve. */
export function dispersionAround(
  cells: readonly DoseCell[],
  options: { curve: DoseResponse; parameters: number; prompts: number },
): number | null {
  const residuals = cells.flatMap((cell) => {
    const predicted = predictAsr(options.curve, cell);
    return cell.runs.map((run) => ({ observed: run.asr, predicted }));
  });
  return estimateDispersion(residuals, {
    parameters: options.parameters,
    smallest: 1 / Math.max(1, options.prompts),
  });
}

/** The free law refitted under weights drawn for the seeds; the floor is weighted with them. */
function bootstrapCurves(data: DoseData, options: { draws: number; stream: RandomStream }): DoseResponse[] {
  return Array.from({ length: options.draws }, () => {
    const weights = drawSeedWeights(options.stream, data.seeds.length);
    return fitDoseResponse(pointsOf(data.cells, weights), floorOf(data, weights));
  });
}

/** α's interval from the refitted curves. */
function bootstrapDilution(
  curves: readonly DoseResponse[],
  options: { estimate: number; seeds: number },
): Interval {
  const draws = curves.map((curve) => curve.dilution);
  const interval = seedInterval({ ...options, draws, level: INTERVAL_LEVEL });
  const { minimum, maximum } = DILUTION_BOUNDS;
  return {
    ...interval,
    low: interval.low === null || interval.low <= minimum ? null : interval.low,
    high: interval.high === null || interval.high >= maximum ? null : interval.high,
  };
}

function profileDilution(
  points: readonly DosePoint[],
  options: { free: DoseResponse; dispersion: number; runs: number },
) {
  const { free, dispersion, runs } = options;
  const t = studentQuantile(0.5 + INTERVAL_LEVEL / 2, runs - 3);
  return profileInterval({
    loss: (dilution) => -2 * fitWithDilution(points, { floor: free.floor, dilution }).logQuasiLikelihood,
    estimate: free.dilution,
    allowance: dispersion * t * t,
    bounds: DILUTION_BOUNDS,
    level: INTERVAL_LEVEL,
  });
}

/**
 * Fits the three laws to a group and compares them.
 * @returns null unless there are runs with poison at two counts or more and two amounts of data or more
 */
export function compareLaws(
  data: DoseData,
  options: { draws: number; stream: RandomStream },
): LawComparison | null {
  const { cells } = data;
  const counts = new Set(cells.map((cell) => cell.documents)).size;
  if (counts < 2 || new Set(cells.map((cell) => cell.tokens)).size < 2) return null;
  const floor = floorOf(data);
  const points = pointsOf(cells);
  const free = fitDoseResponse(points, floor);
  const runs = cells.reduce((sum, cell) => sum + cell.runs.length, 0);
  const dispersion = dispersionAround(cells, { curve: free, parameters: 3, prompts: data.prompts });
  const enough = data.seeds.length >= FEWEST_SEEDS_FOR_INTERVAL && dispersion !== null;
  const seeds = data.seeds.length;
  const drawn = enough ? bootstrapCurves(data, options) : null;
  const dilutionBootstrap =
    drawn === null ? null : bootstrapDilution(drawn, { estimate: free.dilution, seeds });
  const dilutionProfile = enough ? profileDilution(points, { free, dispersion, runs }) : null;
  return {
    runs,
    cells: cells.length,
    seeds,
    dataRatio: pow(10, dataDecades(data)),
    floor,
    controls: data.controls.length,
    dispersion,
    laws: rankLaws(points, { free, floor, dispersion }),
    dilution: free.dilution,
    dilutionInterval:
      dilutionBootstrap === null || dilutionProfile === null
        ? null
        : intervalHull(dilutionBootstrap, dilutionProfile),
    dilutionBootstrap,
    dilutionProfile,
    band: drawn === null ? null : successBand(cells, { curve: free, draws: drawn, seeds }),
  };
}

function rankLaws(
  points: readonly DosePoint[],
  options: { free: DoseResponse; floor: number; dispersion: number | null },
): LawFit[] {
  const { free, floor, dispersion } = options;
  const fits = [
    { law: 'count' as const, curve: fitWithDilution(points, { floor, dilution: 0 }), parameters: 2 },
    { law: 'share' as const, curve: fitWithDilution(points, { floor, dilution: 1 }), parameters: 2 },
    { law: 'free' as const, curve: free, parameters: 3 },
  ];
  const scored = fits.map(({ law, curve, parameters }) => ({
    law,
    curve,
    qaic: dispersion === null ? null : (-2 * curve.logQuasiLikelihood) / dispersion + 2 * (parameters + 1),
    rmse: rootMeanSquare(points, curve),
  }));
  const best = Math.min(...scored.map((fit) => fit.qaic ?? 0));
  return scored.map((fit) => ({ ...fit, qaicAboveBest: fit.qaic === null ? null : fit.qaic - best }));
}
