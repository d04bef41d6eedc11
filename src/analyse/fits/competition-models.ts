// What innocent uses of a trigger do, over runs with several shares of them: to learn the attack takes documents that may grow
// with the data; where it is learnt, success is P / (P + w C), with one innocent use worth w poisoned documents.
import { log10, pow } from '../../core/math.ts';
import type { LawPoint } from './dose-cells.ts';
import { fitDoseResponse } from './dose-response.ts';
import { flooredProbability } from './floored-logit.ts';
import { type FittedLaw, type LawCell, type LawModel, maximise } from './law-models.ts';

/** w is sought within a factor of a thousand of 1. */
export const WEIGHT_BOUNDS = { minimum: -3, maximum: 3 } as const;

/** Success of the trigger where it was learnt. */
function weightedShare({ documents, innocentUses }: LawCell, weight: number): number {
  return documents / (documents + weight * innocentUses);
}

/** The curve with α for what is to be learnt, and innocent uses that count `weight` each. */
export function fitCompeting(
  points: readonly LawPoint[],
  { floor, log10Weight }: { floor: number; log10Weight: number },
): Omit<FittedLaw, 'parameters'> {
  const weight = pow(10, log10Weight);
  const multipliers = points.map((point) => weightedShare(point, weight));
  const { steepness, location, dilution, logQuasiLikelihood } = fitDoseResponse(points, floor, multipliers);
  return {
    logQuasiLikelihood,
    constants: { dilution, weight },
    predict: (cell) =>
      flooredProbability(
        steepness * (log10(cell.documents) - location - dilution * log10(cell.tokens)),
        floor,
        weightedShare(cell, weight),
      ),
  };
}

/** log10 w where the quasi-likelihood is largest. */
export function bestWeight(points: readonly LawPoint[], floor: number): number {
  return maximise(
    (log10Weight) => fitCompeting(points, { floor, log10Weight }).logQuasiLikelihood,
    WEIGHT_BOUNDS.minimum,
    WEIGHT_BOUNDS.maximum,
  );
}

const hasUses = (points: readonly LawPoint[]): boolean => points.some(({ innocentUses }) => innocentUses > 0);

/** One parameter more than a curve has where the amount of data varies: α. */
const curveParameters = (points: readonly LawPoint[]): number =>
  new Set(points.map(({ tokens }) => tokens)).size > 1 ? 3 : 2;

/** The laws of innocent uses that are told from the simpler ones over several shares of them. */
export const COMPETITION_MODELS: readonly LawModel[] = [
  {
    law: 'competition-power',
    isDistinct: (points) => hasUses(points) && curveParameters(points) === 3,
    fitTo: (points, floor) => ({
      parameters: curveParameters(points),
      ...fitCompeting(points, { floor, log10Weight: 0 }),
    }),
  },
  {
    law: 'competition-weight',
    isDistinct: hasUses,
    fitTo: (points, floor) => ({
      parameters: curveParameters(points) + 1,
      ...fitCompeting(points, { floor, log10Weight: bestWeight(points, floor) }),
    }),
  },
];
