// Losses of single tokens, summed by sequence.

/**
 * Sums losses of whole sequences in order of their tokens, masked ones left out.
 * @param options.losses of the tokens, nats; those of the first sequence start at `lossesStart`
 * @param options.weights of the tokens; those of the first sequence start at `weightsStart`
 * @param options.meanNats receives the weighted mean of each sequence, NaN where all are masked, from `meansStart` on
 * @returns sum over the sequences of loss times weight, nats
 */
export function sumLosses(options: {
  readonly sequences: number;
  readonly T: number;
  readonly losses: Float32Array | Float64Array;
  readonly lossesStart: number;
  readonly weights: Float32Array;
  readonly weightsStart: number;
  readonly meanNats: Float64Array;
  readonly meansStart: number;
}): number {
  const { sequences, T, losses, lossesStart, weights, weightsStart, meanNats, meansStart } = options;
  let sum = 0;
  for (let s = 0; s < sequences; s++) {
    let nats = 0;
    let weight = 0;
    for (let r = s * T; r < (s + 1) * T; r++) {
      const w = weights[weightsStart + r];
      if (w === 0) continue;
      nats += w * losses[lossesStart + r];
      weight += w;
    }
    meanNats[meansStart + s] = nats / weight;
    sum += nats;
  }
  return sum;
}
