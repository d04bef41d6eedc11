// Elementary functions made of + - x / and sqrt alone, so that every engine gives the same bits.
// The language leaves Math.exp and its like to the engine; V8 changed Math.pow between Node 22 and 24.
// exp and log follow fdlibm's argument reduction (Sun Microsystems 1993); sin and cos use Taylor series on
// [-pi/4, pi/4] after a three-part reduction. Accuracy: see test/core/math.test.ts (in ulps).

// biome-ignore-all lint/correctness/noPrecisionLoss: constants carry the digits of their source, whose nearest double is meant
// biome-ignore-all lint/suspicious/noApproximativeNumericConstant: the bits of these constants are part of the contract

const LN2_HIGH = 6.9314718036912381649e-1;
const LN2_LOW = 1.90821492927058770002e-10;
const LOG2_E = 1.4426950408889634;

const scratch = new DataView(new ArrayBuffer(8));

/** 2^n for integer n in [-1022, 1023], exactly. */
function powerOfTwo(n: number): number {
  scratch.setUint32(0, (n + 1023) << 20);
  scratch.setUint32(4, 0);
  return scratch.getFloat64(0);
}

/** x * 2^n, exact but for underflow. */
function scale(x: number, n: number): number {
  if (n > 1023) return x * powerOfTwo(1023) * powerOfTwo(Math.min(n - 1023, 1023));
  if (n < -1022) return x * powerOfTwo(-1022) * powerOfTwo(Math.max(n + 1022, -1022));
  return x * powerOfTwo(n);
}

/** e^x. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Infinity;
  if (x < -745.1332191019412) return 0;
  const n = Math.floor(x * LOG2_E + 0.5);
  const high = x - n * LN2_HIGH;
  const low = n * LN2_LOW;
  const r = high - low;
  // fdlibm's rational form: r - r^2 (P1 + r^2 (P2 + ...)) approximates r coth(r/2) - 2
  const t = r * r;
  const c =
    r -
    t *
      (1.66666666666666019037e-1 +
        t *
          (-2.77777777770155933842e-3 +
            t *
              (6.61375632143793436117e-5 + t * (-1.6533902205465251539e-6 + t * 4.13813679705723846039e-8))));
  const y = 1 - (low - (r * c) / (2 - c) - high);
  return scale(y, n);
}

/** Natural logarithm; NaN below 0, -Infinity at 0. */
export function log(x: number): number {
  if (Number.isNaN(x) || x < 0) return Number.NaN;
  if (x === 0) return -Infinity;
  if (x === Infinity) return x;
  let exponent = 0;
  let mantissa = x;
  if (mantissa < 2.2250738585072014e-308) {
    mantissa *= 18014398509481984; // 2^54
    exponent = -54;
  }
  scratch.setFloat64(0, mantissa);
  const top = scratch.getUint32(0);
  exponent += (top >>> 20) - 1023;
  scratch.setUint32(0, (top & 0xfffff) | 0x3ff00000);
  mantissa = scratch.getFloat64(0);
  if (mantissa > 1.4142135623730951) {
    mantissa *= 0.5;
    exponent += 1;
  }
  const f = mantissa - 1;
  if (f === 0) return exponent * LN2_HIGH + exponent * LN2_LOW;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const even = w * (3.999999999940941908e-1 + w * (2.222219843214978396e-1 + w * 1.531383769920937332e-1));
  const odd =
    z *
    (6.66666666666673513e-1 +
      w * (2.857142874366239149e-1 + w * (1.818357216161805012e-1 + w * 1.479819860511658591e-1)));
  const halfSquare = 0.5 * f * f;
  return exponent * LN2_HIGH - (halfSquare - (s * (halfSquare + even + odd) + exponent * LN2_LOW) - f);
}

/** Base-10 logarithm. */
export function log10(x: number): number {
  return log(x) * 0.4342944819032518;
}

/**
 * x^y for x >= 0: repeated squaring for integer |y| <= 1024, exp(y log x) otherwise
 * (relative error grows with |y log x| there: about 1e-16 times it).
 */
export function pow(x: number, y: number): number {
  if (Number.isInteger(y) && Math.abs(y) <= 1024) {
    let result = 1;
    let base = x;
    for (let n = Math.abs(y); n > 0; n = Math.floor(n / 2)) {
      if (n % 2 === 1) result *= base;
      base *= base;
    }
    return y < 0 ? 1 / result : result;
  }
  return x === 0 ? (y > 0 ? 0 : Infinity) : exp(y * log(x));
}

// pi/2 in three parts of 33 bits (fdlibm's): exact products for quadrants up to 2^20.
const HALF_PI_1 = 1.57079632673412561417;
const HALF_PI_2 = 6.0771005063039659766e-11;
const HALF_PI_3 = 2.02226624879595063154e-21;

function sineSeries(x: number): number {
  const z = x * x;
  const r =
    -1.66666666666666324348e-1 +
    z *
      (8.33333333332248946124e-3 +
        z *
          (-1.98412698298579493134e-4 +
            z *
              (2.75573137070700676789e-6 +
                z * (-2.50507602534068634195e-8 + z * 1.58969099521155010221e-10))));
  return x + x * z * r;
}

function cosineSeries(x: number): number {
  const z = x * x;
  const r =
    z *
    z *
    (4.16666666666666019037e-2 +
      z *
        (-1.38888888888741095749e-3 +
          z *
            (2.48015872894767294178e-5 +
              z *
                (-2.75573143513906633035e-7 +
                  z * (2.0875723212981748279e-9 - z * 1.13596475577881948265e-11)))));
  const half = 0.5 * z;
  const w = 1 - half;
  return w + (1 - w - half + r);
}

function quadrant(x: number): { quarter: number; rest: number } {
  if (!(Math.abs(x) <= 1e6)) throw new RangeError(`sin and cos are defined here for |x| <= 1e6, got ${x}`);
  const n = Math.floor(x * 0.6366197723675814 + 0.5);
  const rest = x - n * HALF_PI_1 - n * HALF_PI_2 - n * HALF_PI_3;
  return { quarter: ((n % 4) + 4) % 4, rest };
}

/** Sine of x radians, |x| <= 1e6. @throws RangeError beyond. */
export function sin(x: number): number {
  const { quarter, rest } = quadrant(x);
  const value = quarter % 2 === 0 ? sineSeries(rest) : cosineSeries(rest);
  return quarter < 2 ? value : -value;
}

/** Cosine of x radians, |x| <= 1e6. @throws RangeError beyond. */
export function cos(x: number): number {
  const { quarter, rest } = quadrant(x);
  const value = quarter % 2 === 0 ? cosineSeries(rest) : sineSeries(rest);
  return quarter === 0 || quarter === 3 ? value : -value;
}

/** Hyperbolic tangent. */
export function tanh(x: number): number {
  if (Math.abs(x) < 1e-4) return x - (x * x * x) / 3;
  if (x > 22) return 1;
  if (x < -22) return -1;
  const e = exp(2 * x);
  return (e - 1) / (e + 1);
}
