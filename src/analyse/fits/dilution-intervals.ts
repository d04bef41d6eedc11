// The two intervals of α by the noise of the runs: bootstrap over seeds, and profile of the quasi-likelihood.
import type { RandomStream } from '../../core/random.ts';
import { studentQuantile } from '../statistics/distributions.ts';
import { INTERVAL_LEVEL, type Interval } from '../statistics/interval.ts';
import { profileInterval } from '../statistics/profile-interval.ts';
import { seedInterval } from '../statistics/seed-bootstrap.ts';
import { type DoseData, drawWeights, floorOf, pointsOf } from './dose-cells.ts';
import { DILUTION_BOUNDS, type DoseResponse, fitDoseResponse, fitWithDilution } from './dose-response.ts';

/** The power law refitted under weights drawn for the seeds; the floor is weighted with them. */
export function bootstrapCurves(
  data: DoseData,
  options: { draws: number; stream: RandomStream },
): DoseResponse[] {
  return Array.from({ length: options.draws }, () => {
    const weights = drawWeights(options.stream, data);
    return fitDoseResponse(pointsOf(data.cells, weights), floorOf(data, weights));
  });
}

/** α's interval from the refitted curves. */
export function bootstrapDilution(
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

/** All α that the quasi-likelihood does not clearly reject. */
export function profileDilution(
  data: DoseData,
  options: { power: DoseResponse; dispersion: number; degreesOfFreedom: number },
) {
  const { power, dispersion, degreesOfFreedom } = options;
  const points = pointsOf(data.cells);
  const t = studentQuantile(0.5 + INTERVAL_LEVEL / 2, degreesOfFreedom);
  return profileInterval({
    loss: (dilution) => -2 * fitWithDilution(points, { floor: power.floor, dilution }).logQuasiLikelihood,
    estimate: power.dilution,
    allowance: dispersion * t * t,
    bounds: DILUTION_BOUNDS,
    level: INTERVAL_LEVEL,
  });
}
