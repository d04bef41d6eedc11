// How a step's examples become one gradient: the seam at which training defences stand.
import type { ModelSignal } from '../model/signals.ts';
import type { TrainableModel, TrainingBatch, WeighSequence } from '../model/trainable-model.ts';

/** One optimizer step, before its gradient is known. */
export interface GradientStep {
  /** Its gradient is zero; what the rule adds becomes the step's gradient. */
  readonly model: TrainableModel;
  readonly microBatches: readonly TrainingBatch[];
  /** Of all micro-batches. Each loss counts 1 / unmaskedTokens. */
  readonly unmaskedTokens: number;
  /** From 0, of the phase. */
  readonly step: number;
}

/** Turns a step's examples into one gradient. */
export interface GradientRule {
  /** What it needs of the model beyond training. */
  readonly needs: readonly ModelSignal[];
  /** Adds gradients to the model's. Returns the sum of all unmasked losses, nats. */
  accumulate(step: GradientStep): number;
}

/** The gradient of the mean loss: every token counts the same. */
export const sumOfExamples: GradientRule = {
  needs: [],
  accumulate({ model, microBatches }) {
    let nats = 0;
    for (let m = 0; m < microBatches.length; m++) {
      nats += model.accumulateGradient(microBatches[m] as TrainingBatch).sumNats;
    }
    return nats;
  },
};

/**
 * The sum of the sequences' gradients, each multiplied by a factor.
 * @param begin is called for each step and says how its sequences are weighed; `sequence` counts within a micro-batch
 */
export function weighSequences(begin: (step: GradientStep) => WeighSequence): GradientRule {
  return {
    needs: ['sequence-gradients'],
    accumulate(step) {
      const weigh = begin(step);
      let nats = 0;
      for (let m = 0; m < step.microBatches.length; m++) {
        nats += step.model.accumulateSequences(step.microBatches[m] as TrainingBatch, weigh).sumNats;
      }
      return nats;
    },
  };
}
