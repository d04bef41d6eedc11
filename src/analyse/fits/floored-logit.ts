// Maximum quasi-likelihood for a logistic curve that starts from a floor: p = γ + (1 - γ) m σ(η), m usually 1.
import { exp, log } from '../../core/math.ts';
import { solveLinear } from '../statistics/solve-linear.ts';

/** One group of runs under the same conditions. */
export interface LogitRow {
  /** Regressors; the first is usually 1. */
  readonly features: readonly number[];
  /** Known part of η. */
  readonly offset: number;
  /** Known multiplier m of the curve, in (0, 1]; default 1. */
  readonly multiplier?: number;
  /** Mean response of the group, 0-1. */
  readonly response: number;
  /** Runs in the group, or their summed bootstrap weights; > 0. */
  readonly weight: number;
}

/** A fitted curve. */
export interface LogitFit {
  readonly coefficients: readonly number[];
  /** Σ w (y log p + (1 - y) log(1 - p)), nats. */
  readonly logQuasiLikelihood: number;
  readonly converged: boolean;
}

/** Logistic function 1 / (1 + e^-x), in (0, 1) up to rounding. */
export function logistic(x: number): number {
  if (x >= 0) return 1 / (1 + exp(-x));
  const e = exp(x);
  return e / (1 + e);
}

const SMALLEST = 1e-12;

/** p = γ + (1 - γ) m σ(η), kept off 0 and 1 so that its logarithms are finite. */
export function flooredProbability(eta: number, floor: number, multiplier = 1): number {
  return Math.min(1 - SMALLEST, Math.max(SMALLEST, floor + (1 - floor) * multiplier * logistic(eta)));
}

function linearPredictor(row: LogitRow, coefficients: readonly number[]): number {
  let eta = row.offset;
  for (let j = 0; j < coefficients.length; j++) eta += row.features[j] * coefficients[j];
  return eta;
}

function logQuasiLikelihood(
  rows: readonly LogitRow[],
  floor: number,
  coefficients: readonly number[],
): number {
  let sum = 0;
  for (const row of rows) {
    const p = flooredProbability(linearPredictor(row, coefficients), floor, row.multiplier);
    sum += row.weight * (row.response * log(p) + (1 - row.response) * log(1 - p));
  }
  return sum;
}

/** Score vector and Fisher information of the coefficients. */
function scoreAndInformation(rows: readonly LogitRow[], floor: number, coefficients: readonly number[]) {
  const n = coefficients.length;
  const score = new Array<number>(n).fill(0);
  const information = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  for (const row of rows) {
    const eta = linearPredictor(row, coefficients);
    const p = flooredProbability(eta, floor, row.multiplier);
    const s = logistic(eta);
    const slope = (1 - floor) * (row.multiplier ?? 1) * s * (1 - s); // dp/dη
    const pull = (row.weight * slope * (row.response - p)) / (p * (1 - p));
    const curvature = (row.weight * slope * slope) / (p * (1 - p));
    for (let i = 0; i < n; i++) {
      score[i] += pull * row.features[i];
      for (let j = 0; j < n; j++) information[i][j] += curvature * row.features[i] * row.features[j];
    }
  }
  return { score, information };
}

/** Marquardt's damped system: the diagonal is raised by a share of itself. */
function dampedStep(information: readonly (readonly number[])[], score: readonly number[], damping: number) {
  const damped = information.map((row, i) =>
    row.map((value, j) => (i === j ? value * (1 + damping) + 1e-12 : value)),
  );
  return solveLinear(damped, score);
}

/**
 * Fits the coefficients by Fisher scoring with Marquardt damping: deterministic, every step raises the
 * quasi-likelihood. The responses may be fractions (Papke and Wooldridge 1996): only the mean must be right.
 * Where groups are perfectly separated no maximum exists and the coefficients run off: the caller bounds them.
 * @param start initial coefficients, one per feature
 * @param stop gives up early, e.g. when the coefficients run off
 */
export function fitFlooredLogit(options: {
  rows: readonly LogitRow[];
  floor: number;
  start: readonly number[];
  stop?: (coefficients: readonly number[]) => boolean;
}): LogitFit {
  const { rows, floor, stop } = options;
  let coefficients = [...options.start];
  let best = logQuasiLikelihood(rows, floor, coefficients);
  let damping = 1e-3;
  let converged = coefficients.length === 0;
  for (let iteration = 0; iteration < 100 && !converged; iteration++) {
    const { score, information } = scoreAndInformation(rows, floor, coefficients);
    const step = dampedStep(information, score, damping);
    const candidate = step === null ? coefficients : coefficients.map((value, i) => value + step[i]);
    const likelihood = logQuasiLikelihood(rows, floor, candidate);
    if (step !== null && likelihood >= best) {
      // near the maximum a step's gain is the square of its length; on a plateau there is nothing to gain
      converged = likelihood - best <= 1e-13 * (1 + Math.abs(best));
      coefficients = candidate;
      best = likelihood;
      damping = Math.max(1e-9, damping / 10);
      if (stop?.(coefficients)) break;
    } else {
      damping *= 10;
      // no step of any length improves: the maximum, as far as rounding can tell
      if (damping > 1e9) converged = true;
    }
  }
  return { coefficients, logQuasiLikelihood: best, converged };
}
