// What defences read of a model beyond training and generating, and the error of a model that cannot give it.
import { InputError } from '../core/errors.ts';

/**
 * `sequence-gradients`  accumulateSequences: the gradient of each sequence, to measure, clip, weight and add
 * `input-gradients`     inputGradients: the gradient of a loss with respect to the embeddings of its tokens
 * `hidden-states`       hiddenStates: the residual stream at any layer
 * `steered-generation`  the `steer` of a generation request
 */
export type ModelSignal = 'sequence-gradients' | 'input-gradients' | 'hidden-states' | 'steered-generation';

const WORDS: Readonly<Record<ModelSignal, string>> = {
  'sequence-gradients': 'gradients of single sequences',
  'input-gradients': 'gradients with respect to input embeddings',
  'hidden-states': 'hidden states',
  'steered-generation': 'steered generation',
};

/** A signal that a model cannot give. */
export class UnsupportedSignalError extends InputError {
  readonly signal: ModelSignal;

  /** @param options.remedy what would give it, e.g. another engine */
  constructor({ signal, engine, remedy }: { signal: ModelSignal; engine: string; remedy: string }) {
    super(`${engine} cannot give ${WORDS[signal]}. ${remedy}`);
    this.signal = signal;
  }
}
