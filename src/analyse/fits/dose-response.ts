// The dose-response curve ASR = γ + (1 - γ) σ(k (log10 P - μ - α log10 D)): P poisoned documents, D training
// tokens. α = 0 is the count law (data size does not matter), α = 1 the share law (only P / D matters).
import { log, log10 } from '../../core/math.ts';
import { fitFlooredLogit, type LogitRow, logistic } from './floored-logit.ts';

/** Runs of one model size at one poison count, P > 0. */
export interface DosePoint {
  /** Poisoned documents P, > 0. */
  readonly documents: number;
  /** Training tokens D, > 0. */
  readonly tokens: number;
  /** Mean attack success rate of the runs, 0-1. */
  readonly asr: number;
  /** Runs, or their summed bootstrap weights; > 0. */
  readonly weight: number;
}

/** Parameters of a curve. */
export interface DoseResponse {
  /** ASR without poison, γ. */
  readonly floor: number;
  /** k, per decade of documents. */
  readonly steepness: number;
  /** μ: log10 of the documents for half success at one token (α = 0: at any number). */
  readonly location: number;
  /** α. */
  readonly dilution: number;
  readonly logQuasiLikelihood: number;
  /** True where the data do not limit k or α and a bound was taken instead. */
  readonly atBound: boolean;
}

/** Steepness per decade is kept in this range: at 30 success rises from 0.1 to 0.9 within a factor of 1.4. */
export const STEEPNESS_BOUNDS = { minimum: 0.5, maximum: 30 } as const;
const { minimum: MINIMUM, maximum: MAXIMUM } = STEEPNESS_BOUNDS;
/** α is sought in this range. */
export const DILUTION_BOUNDS = { minimum: -5, maximum: 5 } as const;

/** Predicted attack success rate. @param documents P >= 0 */
export function predictAsr(curve: DoseResponse, dose: { documents: number; tokens: number }): number {
  if (dose.documents <= 0) return curve.floor;
  const eta =
    curve.steepness * (log10(dose.documents) - curve.location - curve.dilution * log10(dose.tokens));
  return curve.floor + (1 - curve.floor) * logistic(eta);
}

/**
 * Documents at which the predicted ASR is one half: log10 P50 = μ + α log10 D + logit(s) / k, where
 * s = (1/2 - γ) / (1 - γ) is the part of it that the poison has to bring.
 * @returns log10 of the count
 */
export function log10HalfSuccess(curve: DoseResponse, tokens: number): number {
  const share = Math.max(1e-6, (0.5 - curve.floor) / (1 - curve.floor));
  return curve.location + curve.dilution * log10(tokens) + log(share / (1 - share)) / curve.steepness;
}

/** A straight line in η: k and μ, and how well they do. */
export interface LineFit {
  readonly steepness: number;
  readonly location: number;
  readonly logQuasiLikelihood: number;
  readonly atBound: boolean;
}

/**
 * k and μ of p = γ + (1 - γ) m σ(k (x - μ)), k kept within its bounds.
 * @param options.x the dose on a logarithmic axis, one value a point
 * @param options.multipliers m of each point; default 1
 */
export function fitLine(
  points: readonly DosePoint[],
  options: { x: readonly number[]; floor: number; multipliers?: readonly number[] | undefined },
): LineFit {
  const { floor, multipliers } = options;
  const { center, values } = centred(options.x);
  const rows = points.map((point, i) => ({
    features: [1, values[i]],
    offset: 0,
    multiplier: multipliers?.[i] ?? 1,
    response: point.asr,
    weight: point.weight,
  }));
  const fit = fitFlooredLogit({ rows, floor, start: [0, 4], stop: (now) => now[1] > 3 * MAXIMUM });
  const steepness = Math.min(MAXIMUM, Math.max(MINIMUM, fit.coefficients[1]));
  if (steepness === fit.coefficients[1]) {
    const location = center - fit.coefficients[0] / steepness;
    return { steepness, location, logQuasiLikelihood: fit.logQuasiLikelihood, atBound: !fit.converged };
  }
  const bounded: LogitRow[] = rows.map((row, i) => ({
    ...row,
    features: [1],
    offset: steepness * values[i],
  }));
  const refit = fitFlooredLogit({ rows: bounded, floor, start: [0] });
  const location = center - refit.coefficients[0] / steepness;
  return { steepness, location, logQuasiLikelihood: refit.logQuasiLikelihood, atBound: true };
}

/**
 * Fits the curve for a given α (0: count law, 1: share law).
 * @param points at least one; cells with P = 0 are not among them, they set the floor
 */
export function fitWithDilution(
  points: readonly DosePoint[],
  options: { floor: number; dilution: number; multipliers?: readonly number[] | undefined },
): DoseResponse {
  const { floor, dilution, multipliers } = options;
  const x = points.map((point) => log10(point.documents) - dilution * log10(point.tokens));
  return { ...fitLine(points, { x, floor, multipliers }), floor, dilution };
}

/** The best -2 log quasi-likelihood with P50 held where ASR = 1/2 at `log10HalfSuccess`; one series, α = 0. */
export function lossAtHalfSuccess(
  points: readonly DosePoint[],
  options: { floor: number; log10HalfSuccess: number },
): number {
  const { floor } = options;
  const share = Math.max(1e-6, (0.5 - floor) / (1 - floor));
  const rows = points.map((point) => ({
    features: [log10(point.documents) - options.log10HalfSuccess],
    offset: log(share / (1 - share)),
    response: point.asr,
    weight: point.weight,
  }));
  const fit = fitFlooredLogit({ rows, floor, start: [4], stop: (now) => now[0] > 3 * MAXIMUM });
  const steepness = Math.min(MAXIMUM, Math.max(MINIMUM, fit.coefficients[0]));
  if (steepness === fit.coefficients[0]) return -2 * fit.logQuasiLikelihood;
  const bounded = rows.map((row) => ({
    ...row,
    features: [],
    offset: row.offset + steepness * row.features[0],
  }));
  return -2 * fitFlooredLogit({ rows: bounded, floor, start: [] }).logQuasiLikelihood;
}

/**
 * Fits α too: a logistic regression on log10 P and log10 D with coefficients k and -k α. Where the data do not
 * limit k (a clean jump between two counts), k takes its bound; where they do not limit α, α takes its.
 * @param multipliers m of each point, by which the curve above the floor is multiplied; default 1
 */
export function fitDoseResponse(
  points: readonly DosePoint[],
  floor: number,
  multipliers?: readonly number[],
): DoseResponse {
  const x = centred(points.map((point) => log10(point.documents)));
  const z = centred(points.map((point) => log10(point.tokens)));
  const rows = points.map((point, i) => ({
    features: [1, z.values[i], x.values[i]],
    offset: 0,
    multiplier: multipliers?.[i] ?? 1,
    response: point.asr,
    weight: point.weight,
  }));
  let fit = fitFlooredLogit({ rows, floor, start: [0, 0, 4], stop: (now) => now[2] > 3 * MAXIMUM });
  let atBound = !fit.converged;
  const steepness = Math.min(MAXIMUM, Math.max(MINIMUM, fit.coefficients[2]));
  if (steepness !== fit.coefficients[2]) {
    atBound = true;
    const bounded = rows.map((row, i) => ({
      ...row,
      features: row.features.slice(0, 2),
      offset: steepness * x.values[i],
    }));
    fit = fitFlooredLogit({ rows: bounded, floor, start: [0, 0] });
  }
  const dilution = -fit.coefficients[1] / steepness;
  if (Math.abs(dilution) > DILUTION_BOUNDS.maximum) {
    const nearest = dilution > 0 ? DILUTION_BOUNDS.maximum : DILUTION_BOUNDS.minimum;
    return { ...fitWithDilution(points, { floor, dilution: nearest, multipliers }), atBound: true };
  }
  const location = x.center - dilution * z.center - fit.coefficients[0] / steepness;
  return { floor, steepness, location, dilution, logQuasiLikelihood: fit.logQuasiLikelihood, atBound };
}

function centred(values: readonly number[]): { center: number; values: number[] } {
  const center = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { center, values: values.map((value) => value - center) };
}
