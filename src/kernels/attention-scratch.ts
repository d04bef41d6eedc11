// How much scratch the attention kernels need; the same for every engine, and laid out so by the C source.

/** x rounded up to a multiple of 16, the width of a panel. */
export function roundUpTo16(x: number): number {
  return Math.ceil(x / 16) * 16;
}

/**
 * Words of scratch for `attention` and `attentionBackward`: for each thread two packed operands (context by
 * head dimension) and one matrix of score gradients (T by context rounded up to 16).
 */
export function attentionScratchWords({ T, D, threads }: { T: number; D: number; threads: number }): number {
  const ldp = roundUpTo16(T);
  return threads * (2 * ldp * roundUpTo16(D) + T * ldp);
}
