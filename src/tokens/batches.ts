// Training batches by step number, so that a run resumes anywhere.
// Notation: B sequences a micro-batch, A micro-batches a step, T context tokens.
import type { PackedTokens } from './packing.ts';

/** Where a micro-batch is written: [B * T] each, sequence by sequence. */
export interface MicroBatch {
  readonly inputs: Int32Array;
  readonly targets: Int32Array;
  /** 1 where the prediction counts in the loss, else 0. */
  readonly weights: Float32Array;
}

/** Batches of a phase, in any order. */
export interface BatchSource {
  readonly optimizerSteps: number;
  /** A * B * T: positions trained by one optimizer step. */
  readonly tokensPerStep: number;
  /** Micro-batches of one optimizer step, A. */
  readonly microBatches: number;
  /**
   * Writes one micro-batch. Allocates nothing.
   * @param step from 0
   * @param microBatch from 0 to A - 1
   * @throws RangeError outside these
   */
  fill(step: number, microBatch: number, into: MicroBatch): void;
}

/** Shape of the batches. */
export interface BatchShape {
  /** B */
  readonly sequences: number;
  /** A */
  readonly accumulation: number;
  /** T */
  readonly contextTokens: number;
}

/**
 * Batches over packed tokens. Row r of the phase holds positions r T to r T + T - 1, epochs end to end; the
 * micro-batch m of step s holds rows (s A + m) B to (s A + m) B + B - 1.
 * @param options.epochs passes over the packed tokens
 * @throws RangeError unless epochs x P is a positive multiple of A B T
 */
export function batchesOf(
  packed: PackedTokens,
  options: BatchShape & { readonly epochs: number },
): BatchSource {
  const { sequences: B, accumulation: A, contextTokens: T, epochs } = options;
  const P = packed.inputs.length;
  const tokensPerStep = A * B * T;
  const optimizerSteps = (P * epochs) / tokensPerStep;
  if (!(optimizerSteps >= 1) || !Number.isInteger(optimizerSteps)) {
    throw new RangeError(
      `${epochs} x ${P} packed tokens are not a whole number of steps of ${tokensPerStep} tokens`,
    );
  }
  const size = B * T;
  const copy = (from: ArrayLike<number>, to: Int32Array | Float32Array, first: number): void => {
    let position = first % P;
    for (let i = 0; i < size; i++) {
      to[i] = from[position];
      position += 1;
      if (position === P) position = 0;
    }
  };
  return {
    optimizerSteps,
    tokensPerStep,
    microBatches: A,
    fill(step, microBatch, into) {
      if (!(step >= 0 && step < optimizerSteps && microBatch >= 0 && microBatch < A)) {
        throw new RangeError(
          `there is no micro-batch ${microBatch} of step ${step} (${optimizerSteps} steps of ${A})`,
        );
      }
      const first = (step * A + microBatch) * size;
      copy(packed.inputs, into.inputs, first);
      copy(packed.targets, into.targets, first);
      copy(packed.weights, into.weights, first);
    },
  };
}

/**
 * How often documents have been seen to their last token, after a number of trained tokens.
 * @param ends `documentEnds` of the documents in question
 * @param options.tokensTrained positions trained so far in the phase; `epochTokens` is P
 * @returns `documents` seen at least once, and `exposures` with repetitions over epochs
 */
export function documentsSeen(
  ends: ArrayLike<number>,
  options: { readonly tokensTrained: number; readonly epochTokens: number },
): { documents: number; exposures: number } {
  const { tokensTrained, epochTokens } = options;
  const wholeEpochs = Math.floor(tokensTrained / epochTokens);
  const rest = tokensTrained - wholeEpochs * epochTokens;
  let documents = 0;
  let exposures = 0;
  for (let i = 0; i < ends.length; i++) {
    if (ends[i] > epochTokens) continue;
    const times = wholeEpochs + (ends[i] <= rest ? 1 : 0);
    exposures += times;
    if (times > 0) documents += 1;
  }
  return { documents, exposures };
}
