// The configurations that are measured, and what a token of each costs.

/** Vocabulary V, width d, layers L, heads h, context T, sequences a batch B. */
export const rows = [
  { name: 'd32', V: 512, d: 32, L: 2, h: 2, T: 64, B: 32 },
  { name: 'd64-short', V: 512, d: 64, L: 2, h: 4, T: 64, B: 32 },
  { name: 'd64', V: 1024, d: 64, L: 3, h: 4, T: 128, B: 16 },
  { name: 'd96', V: 1024, d: 96, L: 3, h: 4, T: 128, B: 16 },
  { name: 'd128', V: 1024, d: 128, L: 4, h: 4, T: 128, B: 16 },
  { name: 'd256', V: 2048, d: 256, L: 6, h: 8, T: 128, B: 16 },
];

/** Larger models, for one run on all cores: about 1 and 10 million parameters. */
export const threadRows = [
  { name: '1M', V: 1024, d: 128, L: 4, h: 4, T: 128, B: 16 },
  { name: '10M', V: 4096, d: 320, L: 7, h: 10, T: 128, B: 16 },
];

/**
 * Floating-point operations of training on one token: forward and backward, matrix products only, the causal half
 * of attention.
 */
export function flopsPerToken({ V, d, L, T }) {
  return 6 * (12 * L * d * d + V * d) + 6 * T * d * L;
}

/** The model of a row in the terms of a config: LayerNorm, learned positions, no biases, tied head. */
export function modelConfig({ d, L, h, T }) {
  return {
    width: d,
    layers: L,
    heads: h,
    contextTokens: T,
    positions: 'learned',
    ropeBase: 1000,
    tied: true,
    biases: false,
    norm: 'layernorm',
    initStandardDeviation: 0.02,
  };
}

/** Median, smallest and largest of some numbers. */
export function summarise(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, minimum: sorted[0], maximum: sorted.at(-1) };
}
