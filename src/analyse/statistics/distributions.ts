// The normal and Student t distributions: the few functions that intervals need, from exp and log alone.
import { exp, log } from '../../core/math.ts';

const TWO_PI = 6.283185307179586;

/** log Γ(x) for x > 0: Stirling's series after shifting x above 10; absolute error about 1e-14. */
function logGamma(x: number): number {
  let shift = 0;
  let z = x;
  while (z < 10) {
    shift += log(z);
    z += 1;
  }
  const w = 1 / (z * z);
  const series =
    (1 / 12 - w * (1 / 360 - w * (1 / 1260 - w * (1 / 1680 - w * (1 / 1188 - (w * 691) / 360360))))) / z;
  return (z - 0.5) * log(z) - z + 0.5 * log(TWO_PI) + series - shift;
}

/** Continued fraction of the incomplete beta function, by Lentz's method. */
function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  const guard = (value: number): number => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / guard(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m <= 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guard(1 + even * d);
    c = guard(1 + even / c);
    result *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guard(1 + odd * d);
    c = guard(1 + odd / c);
    result *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) break;
  }
  return result;
}

/** Regularised incomplete beta function I_x(a, b), for 0 <= x <= 1 and a, b > 0. */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log(1 - x));
  if (x < (a + 1) / (a + b + 2)) return (front * betaFraction(x, a, b)) / a;
  return 1 - (front * betaFraction(1 - x, b, a)) / b;
}

/** P(T <= t) of Student's t with the given degrees of freedom (> 0). */
export function studentCdf(t: number, degreesOfFreedom: number): number {
  const square = t * t;
  if (square < degreesOfFreedom) {
    const middle = 0.5 * incompleteBeta(square / (degreesOfFreedom + square), 0.5, degreesOfFreedom / 2);
    return t > 0 ? 0.5 + middle : 0.5 - middle;
  }
  const tail = 0.5 * incompleteBeta(degreesOfFreedom / (degreesOfFreedom + t * t), degreesOfFreedom / 2, 0.5);
  return t > 0 ? 1 - tail : tail;
}

/** P(Z <= z) of the standard normal, by its series near 0 and by Mills' ratio, a continued fraction, in the tails. */
export function normalCdf(z: number): number {
  const density = exp(-0.5 * z * z) / Math.sqrt(TWO_PI);
  const size = Math.abs(z);
  if (size < 3) {
    // Φ(z) = 1/2 + φ(z) (z + z^3/3 + z^5/(3 5) + ...)
    let term = z;
    let sum = z;
    for (let n = 3; Math.abs(term) > 1e-17 * Math.abs(sum); n += 2) {
      term *= (z * z) / n;
      sum += term;
    }
    return 0.5 + density * sum;
  }
  // Mills' ratio: φ(z) / (z + 1/(z + 2/(z + 3/(z + ...))))
  let fraction = size;
  for (let n = 200; n >= 1; n--) fraction = size + n / fraction;
  const tail = density / fraction;
  return z > 0 ? 1 - tail : tail;
}

/** The t with cdf(t) = probability, by bisection: slow and safe. */
function invert(cdf: (t: number) => number, probability: number): number {
  if (!(probability > 0 && probability < 1))
    throw new RangeError(`no quantile at probability ${probability}`);
  let low = -1;
  let high = 1;
  while (cdf(low) > probability) low *= 2;
  while (cdf(high) < probability) high *= 2;
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2;
    if (cdf(middle) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Quantile of Student's t; @throws RangeError for a probability outside (0, 1). */
export function studentQuantile(probability: number, degreesOfFreedom: number): number {
  return invert((t) => studentCdf(t, degreesOfFreedom), probability);
}

/** Quantile of the standard normal; @throws RangeError for a probability outside (0, 1). */
export function normalQuantile(probability: number): number {
  return invert(normalCdf, probability);
}
