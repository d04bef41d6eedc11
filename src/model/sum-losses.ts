// Losses of single tokens, summed by sequence.

/** What receives the losses of a micro-batch. */
export interface LossArrays {
  /** [sequences] */
  readonly meanNats: Float64Array;
  /** [sequences * T] */
  readonly tokenNats: Float32Array | Float64Array;
}

/**
 * Sums losses of whole sequences in order of their tokens, masked ones left out.
 * @param options.losses of the tokens, nats; those of the first sequence start at `lossesStart`
 * @param options.weights of the micro-batch's tokens; those of the first sequence start at `weightsStart`
 * @param options.into receives the losses themselves, and the weighted mean of each sequence, NaN where all are masked
 * @returns sum over the sequences of loss times weight, nats
 */
export function sumLosses(options: {
  readonly sequences: number;
  readonly T: number;
  readonly losses: Float32Array | Float64Array;
  readonly lossesStart: number;
  readonly weights: Float32Array;
  readonly weightsStart: number;
  readonly into: LossArrays;
}): number {
  const { sequences, T, losses, lossesStart, weights, weightsStart, into } = options;
  const firstSequence = weightsStart / T;
  let sum = 0;
  for (let s = 0; s < sequences; s++) {
    let nats = 0;
    let weight = 0;
    for (let r = s * T; r < (s + 1) * T; r++) {
      const w = weights[weightsStart + r];
      const loss = losses[lossesStart + r];
      into.tokenNats[weightsStart + r] = loss;
      if (w === 0) continue;
      nats += w * loss;
      weight += w;
    }
    into.meanNats[firstSequence + s] = nats / weight;
    sum += nats;
  }
  return sum;
}
