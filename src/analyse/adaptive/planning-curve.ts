// Where the planner expects success, from few runs or none. It chooses runs by these curves and estimates nothing by them.
import { log10 } from '../../core/math.ts';
import { type DoseData, doseData, floorOf, pointsOf } from '../fits/dose-cells.ts';
import { type DosePoint, fitDoseResponse, fitWithDilution } from '../fits/dose-response.ts';
import { fitFlooredLogit, logistic } from '../fits/floored-logit.ts';
import { type AdaptiveGroup, type Arm, type Outcomes, seenSeries } from './adaptive-sweep.ts';

/** The curve of one size: success above the floor at P documents is σ(k (log10 P - log10 P50)). */
export interface PlanningCurve {
  readonly steepness: number;
  readonly log10P50: number;
}

/** Steepness and slope are kept within these, whatever few runs say. */
const STEEPNESS = { minimum: 3, maximum: 15 } as const;
const SLOPE = { minimum: -1, maximum: 1.5 } as const;

const within = (value: number, { minimum, maximum }: { minimum: number; maximum: number }): number =>
  Math.min(maximum, Math.max(minimum, value));

/**
 * Two imagined quarters of a run for each size, one of ten prompts at the smallest count, nine of ten at the largest: so that
 * there is a curve before there are runs.
 */
function imagined({ arms }: AdaptiveGroup): DosePoint[] {
  return arms.flatMap(({ counts, tokens }) => [
    { documents: counts[0], tokens, asr: 0.1, weight: 0.25 },
    { documents: counts[counts.length - 1], tokens, asr: 0.9, weight: 0.25 },
  ]);
}

/** The power law through all sizes. */
function commonLaw(group: AdaptiveGroup, data: DoseData) {
  const floor = floorOf(data);
  const points = [...pointsOf(data.cells), ...imagined(group)];
  const hasSizes = new Set(group.arms.map(({ tokens }) => tokens)).size > 1;
  const free = hasSizes ? fitDoseResponse(points, floor).dilution : 0;
  return fitWithDilution(points, { floor, dilution: within(free, SLOPE) });
}

/** A size's own place: its runs, and one imagined run that half succeeds where the common law expects it. */
function ownPlace(arm: Arm, data: DoseData, curve: PlanningCurve & { readonly floor: number }): number {
  const { floor, steepness, log10P50 } = curve;
  const cells = data.cells.filter(({ series }) => series === arm.id);
  const rows = pointsOf(cells).map(({ documents, asr, weight }) => ({
    features: [1],
    offset: steepness * (log10(documents) - log10P50),
    response: asr,
    weight,
  }));
  const prior = { features: [1], offset: 0, response: floor + (1 - floor) / 2, weight: 1 };
  const [shift] = fitFlooredLogit({ rows: [...rows, prior], floor, start: [0] }).coefficients;
  return log10P50 - shift / steepness;
}

/** The curves of a group's sizes, by name. */
export function planningCurves(group: AdaptiveGroup, outcomes: Outcomes): Map<string, PlanningCurve> {
  const data = doseData(seenSeries(group, outcomes));
  const law = commonLaw(group, data);
  const steepness = within(law.steepness, STEEPNESS);
  return new Map(
    group.arms.map((arm) => {
      const expected = law.location + law.dilution * log10(arm.tokens);
      const log10P50 = ownPlace(arm, data, { floor: law.floor, steepness, log10P50: expected });
      return [arm.id, { steepness, log10P50 }];
    }),
  );
}

/** Expected share of success above the floor. */
export function expectedSuccess({ steepness, log10P50 }: PlanningCurve, documents: number): number {
  return logistic(steepness * (log10(documents) - log10P50));
}
