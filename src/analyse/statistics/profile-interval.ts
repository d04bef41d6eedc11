// Intervals from the profile likelihood: all values that the data do not clearly reject.
import type { Interval } from './interval.ts';

/**
 * Interval { v : loss(v) - loss(estimate) <= allowance }, found by stepping outwards and bisection. `loss` is
 * assumed to rise away from the estimate.
 * @param loss -2 log (quasi-)likelihood, maximised over everything but v
 * @param allowance dispersion x squared Student quantile
 * @returns an end is null where the loss stays within the allowance up to the bound
 */
export function profileInterval(options: {
  loss: (value: number) => number;
  estimate: number;
  allowance: number;
  bounds: { minimum: number; maximum: number };
  level: number;
}): Interval {
  const { loss, estimate, allowance, bounds, level } = options;
  const limit = loss(estimate) + allowance;
  const end = (bound: number): number | null => {
    if (loss(bound) <= limit) return null;
    let inside = estimate;
    let outside = bound;
    for (let step = 0.02; step < Math.abs(bound - estimate); step *= 2) {
      const value = estimate + (bound > estimate ? step : -step);
      if (loss(value) > limit) {
        outside = value;
        break;
      }
      inside = value;
    }
    for (let i = 0; i < 30; i++) {
      const middle = (inside + outside) / 2;
      if (loss(middle) > limit) outside = middle;
      else inside = middle;
    }
    return inside;
  };
  return { low: end(bounds.minimum), high: end(bounds.maximum), level };
}
