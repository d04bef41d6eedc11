// The arithmetic of the kernels, in single precision (which defines them) and in double (for finite differences).
// exp's polynomial is that of Cephes' expf (Moshier 1992); operations.ts has the order of operations.
import { exp as exactExp } from '../../core/math.ts';
import type { Operation, OperationArguments } from '../operations.ts';

/** What every reference kernel computes with. */
export interface Arithmetic {
  /** Rounds the result of one operation. */
  readonly round: (x: number) => number;
  readonly exp: (x: number) => number;
}

/** The memory that a kernel works on, and its arithmetic. */
export interface Memory extends Arithmetic {
  readonly floats: Float32Array | Float64Array;
  readonly integers: Int32Array;
}

/** Reference kernels of some operations. */
export type Kernels<K extends Operation> = {
  readonly [Name in K]: (memory: Memory, args: OperationArguments<Name>) => void;
};

const f = Math.fround;
const bits = new DataView(new ArrayBuffer(4));
const LOG2_E = f(Math.LOG2E);
/** 1.5 x 2^23: adding it rounds to an integer, which then stands in the low bits. */
const ROUNDER = 12582912;
const LN2_HIGH = f(0.693359375);
const LN2_LOW = f(-2.1219444e-4);
const EXP_COEFFICIENTS = [
  1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
].map(f);
const EXP_LEADING = f(1.98756915e-4);

/** e^x in f32, clamped to [-87, 88]: relative error below 1.2e-7. NaN passes. */
function singleExp(argument: number): number {
  if (Number.isNaN(argument)) return argument;
  const x = argument < -87 ? -87 : argument > 88 ? 88 : argument;
  const whole = f(f(f(x * LOG2_E) + ROUNDER) - ROUNDER);
  const high = f(x - f(whole * LN2_HIGH));
  const r = f(high - f(whole * LN2_LOW));
  let p = EXP_LEADING;
  for (const coefficient of EXP_COEFFICIENTS) p = f(f(p * r) + coefficient);
  p = f(f(f(p * f(r * r)) + r) + 1);
  bits.setFloat32(0, p);
  bits.setInt32(0, bits.getInt32(0) + (whole << 23));
  return bits.getFloat32(0);
}

/** IEEE single precision: defines what every engine computes. */
export const singlePrecision: Arithmetic = { round: Math.fround, exp: singleExp };

/** Double precision, for finite differences. */
export const doublePrecision: Arithmetic = { round: (x) => x, exp: exactExp };

const lanes = new Float64Array(16);

/** Sum of element(0) ... element(count - 1) through a fixed tree of 16 lanes, whatever the machine's vectors. */
export function sum16({ round }: Arithmetic, count: number, element: (i: number) => number): number {
  lanes.fill(0);
  for (let i = 0; i < count; i++) lanes[i % 16] = round(lanes[i % 16] + element(i));
  for (let width = 8; width >= 4; width /= 2) {
    for (let l = 0; l < width; l++) lanes[l] = round(lanes[l] + lanes[l + width]);
  }
  return round(round(lanes[0] + lanes[2]) + round(lanes[1] + lanes[3]));
}

/** 2^-80. Smaller shares of x that GELU lets through are 0: what they let through is lost in any sum, and makes denormal numbers. */
const LEAST_SHARE = 8.271806125530277e-25;

/** GELU (tanh form, Hendrycks and Gimpel 2016) as x times a logistic function, and its derivative. */
export function gelu({ round, exp }: Arithmetic, x: number): { value: number; derivative: number } {
  const scale = round(1.5957691216); // 2 sqrt(2 / pi)
  const x2 = round(x * x);
  const u = round(round(x * scale) * round(1 + round(round(0.044715) * x2)));
  const share = round(1 / round(1 + exp(-u)));
  const s = share < LEAST_SHARE ? 0 : share;
  const value = round(x * s);
  const slope = round(scale * round(1 + round(round(0.134145) * x2)));
  return { value, derivative: round(s + round(round(value * round(1 - s)) * slope)) };
}
