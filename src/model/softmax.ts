// Probabilities from logits, outside the kernels.
import { exp } from '../core/math.ts';

/** exp(l_j - max) over their sum in index order, in double precision, rounded to f32. [V] -> [V] */
export function softmax(logits: Float32Array | Float64Array): Float32Array {
  let maximum = -Infinity;
  for (const logit of logits) maximum = Math.max(maximum, logit);
  const powers = Float64Array.from(logits, (logit) => exp(logit - maximum));
  let sum = 0;
  for (const power of powers) sum += power;
  return Float32Array.from(powers, (power) => power / sum);
}
