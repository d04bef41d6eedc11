// Drawing a token from logits, in double precision.
import { exp, log } from '../core/math.ts';

/** A token with what the untempered distribution says of it. */
export interface DrawnToken {
  readonly token: number;
  /** -log probability, nats. */
  readonly nats: number;
  /** Entropy of the distribution, nats. */
  readonly entropyNats: number;
}

function argmax(logits: Float32Array): number {
  let best = 0;
  for (let j = 1; j < logits.length; j++) if ((logits[j] as number) > (logits[best] as number)) best = j;
  return best;
}

/** Weights that are not among the k largest logits become 0; ties go to the lowest index. */
function keepTop(weights: Float64Array, logits: Float32Array, k: number): void {
  const order = Array.from(logits, (_, j) => j);
  order.sort((a, b) => (logits[b] as number) - (logits[a] as number) || a - b);
  for (const j of order.slice(k)) weights[j] = 0;
}

/** The first index whose running sum exceeds u times the total. */
function inverseTransform(weights: Float64Array, u: number): number {
  const threshold = u * weights.reduce((sum, weight) => sum + weight, 0);
  let running = 0;
  for (let j = 0; j < weights.length; j++) {
    running += weights[j] as number;
    if (running > threshold) return j;
  }
  return weights.findLastIndex((weight) => weight > 0);
}

/**
 * Draws a token.
 * @param logits finite, [V]
 * @param options.temperature 0: greedy
 * @param options.topK 0: all tokens
 * @param options.u uniform in [0, 1); unused if greedy
 */
export function sampleToken(
  logits: Float32Array,
  options: { temperature: number; topK: number; u: number },
): DrawnToken {
  const { temperature, topK, u } = options;
  const best = argmax(logits);
  const maximum = logits[best] as number;
  let sum = 0;
  let weighted = 0;
  for (const logit of logits) {
    const power = exp(logit - maximum);
    sum += power;
    weighted += power * (logit - maximum);
  }
  let token = best;
  if (temperature > 0) {
    const weights = Float64Array.from(logits, (logit) => exp((logit - maximum) / temperature));
    if (topK > 0 && topK < logits.length) keepTop(weights, logits, topK);
    token = inverseTransform(weights, u);
  }
  return {
    token,
    nats: log(sum) + maximum - (logits[token] as number),
    entropyNats: log(sum) - weighted / sum,
  };
}
