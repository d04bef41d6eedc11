// The laws of how many documents are needed, each as a model of success: where a curve stands on the axis of counts as
// model and data change. All share the floor and one steepness, but for `sizes`, which has a curve for each.
import { log10, pow } from '../../core/math.ts';
import type { DoseCell, LawPoint } from './dose-cells.ts';
import { fitDoseResponse, fitLine, fitWithDilution, predictAsr } from './dose-response.ts';
import { flooredProbability } from './floored-logit.ts';

/** Names of the laws, simplest first. */
export type LawName =
  | 'count'
  | 'share'
  | 'power'
  | 'knee'
  | 'knee-ratio'
  | 'competition'
  | 'competition-power'
  | 'competition-weight'
  | 'sizes';

/** What a law needs to know about a cell. */
export type LawCell = Omit<DoseCell, 'runs'>;

/** A law fitted to points. */
export interface FittedLaw {
  /** Free parameters, the floor not among them. */
  readonly parameters: number;
  readonly logQuasiLikelihood: number;
  /** α of the power law, D0 of a knee, P50 without dilution, by name. */
  readonly constants: Readonly<Record<string, number>>;
  /** Expected success of a cell. */
  predict(cell: LawCell): number;
}

/** A law. */
export interface LawModel {
  readonly law: LawName;
  /** Whether the points can tell it from a simpler law. */
  isDistinct(points: readonly LawPoint[]): boolean;
  fitTo(points: readonly LawPoint[], floor: number): FittedLaw;
}

/** Fits σ(k (log10 P - shift - μ)) times a known multiplier. */
function fitShifted(
  points: readonly LawPoint[],
  options: { floor: number; shift: (cell: LawCell) => number; multiplier?: (cell: LawCell) => number },
) {
  const { floor, shift, multiplier = () => 1 } = options;
  const position = (cell: LawCell): number => log10(cell.documents) - shift(cell);
  const line = fitLine(points, { x: points.map(position), floor, multipliers: points.map(multiplier) });
  const { steepness, location, logQuasiLikelihood } = line;
  const predict = (cell: LawCell): number =>
    flooredProbability(steepness * (position(cell) - location), floor, multiplier(cell));
  return { logQuasiLikelihood, location, predict };
}

function rangeOf(points: readonly LawPoint[], value: (point: LawPoint) => number): number {
  const values = points.map(value);
  return Math.max(...values) / Math.min(...values);
}

/** Ranges below this count as one value. */
const SAME = 1.05;

/** The place of the largest value to 0.002, by golden-section search: for a smooth profile with one hill. */
export function maximise(value: (x: number) => number, low: number, high: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [from, to] = [low, high];
  let left = { x: to - ratio * (to - from), value: 0 };
  let right = { x: from + ratio * (to - from), value: 0 };
  left.value = value(left.x);
  right.value = value(right.x);
  while (to - from > 4e-3) {
    if (left.value >= right.value) {
      to = right.x;
      right = left;
      const x = to - ratio * (to - from);
      left = { x, value: value(x) };
    } else {
      from = left.x;
      left = right;
      const x = from + ratio * (to - from);
      right = { x, value: value(x) };
    }
  }
  return (from + to) / 2;
}

/** P50 = c (1 + x / x0): flat below the knee x0, in proportion to x above it. x0 is sought within 30 times the range of x. */
function kneeIn(law: LawName, x: (cell: LawCell) => number, isDistinct: LawModel['isDistinct']): LawModel {
  return {
    law,
    isDistinct,
    fitTo(points, floor) {
      const values = points.map((point) => log10(x(point)));
      const at = (log10Knee: number) =>
        fitShifted(points, { floor, shift: (cell) => log10(1 + x(cell) / pow(10, log10Knee)) });
      const log10Knee = maximise(
        (value) => at(value).logQuasiLikelihood,
        Math.min(...values) - 1.5,
        Math.max(...values) + 1.5,
      );
      const { logQuasiLikelihood, location, predict } = at(log10Knee);
      const constants = { knee: pow(10, log10Knee), documentsBelowKnee: pow(10, location) };
      return { parameters: 3, logQuasiLikelihood, constants, predict };
    },
  };
}

function fixedSlope(law: LawName, dilution: number): LawModel {
  return {
    law,
    isDistinct: () => true,
    fitTo(points, floor) {
      const curve = fitWithDilution(points, { floor, dilution });
      const { logQuasiLikelihood } = curve;
      return {
        parameters: 2,
        logQuasiLikelihood,
        constants: { dilution },
        predict: (cell) => predictAsr(curve, cell),
      };
    },
  };
}

const POWER: LawModel = {
  law: 'power',
  isDistinct: () => true,
  fitTo(points, floor) {
    const curve = fitDoseResponse(points, floor);
    const { logQuasiLikelihood, dilution } = curve;
    return {
      parameters: 3,
      logQuasiLikelihood,
      constants: { dilution },
      predict: (cell) => predictAsr(curve, cell),
    };
  },
};

/** Success of the trigger where it was learnt: poisoned uses against innocent ones. Nothing is fitted for it. */
export function competingShare({
  documents,
  innocentUses,
}: Pick<LawCell, 'documents' | 'innocentUses'>): number {
  return documents / (documents + innocentUses);
}

const COMPETITION: LawModel = {
  law: 'competition',
  isDistinct: (points) => points.some(({ innocentUses }) => innocentUses > 0),
  fitTo(points, floor) {
    const found = fitShifted(points, { floor, shift: () => 0, multiplier: competingShare });
    const { logQuasiLikelihood, location, predict } = found;
    return { parameters: 2, logQuasiLikelihood, constants: { documentsToLearn: pow(10, location) }, predict };
  },
};

/** A curve of its own for each series: no law, what every law is to be measured against. */
const SIZES: LawModel = {
  law: 'sizes',
  isDistinct: () => true,
  fitTo(points, floor) {
    const names = [...new Set(points.map(({ series }) => series))];
    const own = new Map(
      names.map((name) => {
        const here = points.filter(({ series }) => series === name);
        const counts = new Set(here.map(({ documents }) => documents)).size;
        return [name, { curve: fitWithDilution(here, { floor, dilution: 0 }), counts }];
      }),
    );
    const fits = [...own.values()];
    return {
      parameters: fits.reduce((sum, { counts }) => sum + Math.min(2, counts), 0),
      logQuasiLikelihood: fits.reduce((sum, { curve }) => sum + curve.logQuasiLikelihood, 0),
      constants: {},
      predict: (cell) => {
        const found = own.get(cell.series);
        return found === undefined ? floor : predictAsr(found.curve, cell);
      },
    };
  },
};

const hasData = (points: readonly LawPoint[]): boolean => rangeOf(points, ({ tokens }) => tokens) > SAME;
const tokensPerParameter = ({ tokens, parameters }: Pick<LawCell, 'tokens' | 'parameters'>): number =>
  tokens / parameters;

/** All laws, simplest first. A knee in D / N is another law than one in D only where both N and D / N vary. */
export const LAW_MODELS: readonly LawModel[] = [
  fixedSlope('count', 0),
  fixedSlope('share', 1),
  POWER,
  kneeIn('knee', ({ tokens }) => tokens, hasData),
  kneeIn(
    'knee-ratio',
    tokensPerParameter,
    (points) =>
      rangeOf(points, tokensPerParameter) > SAME && rangeOf(points, ({ parameters }) => parameters) > SAME,
  ),
  COMPETITION,
  SIZES,
];
