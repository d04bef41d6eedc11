// A model that can be trained, whatever computes it: what train/, run/ and tools that compare engines rely on.
import type { LanguageModel } from './language-model.ts';
import type { ParameterTable } from './parameters.ts';
import type { ModelShape } from './shape.ts';

/** Shape of a micro-batch, and how it is cut. */
export interface TrainingShape {
  /** Sequences of a micro-batch. */
  readonly sequences: number;
  /** Tokens of a sequence. */
  readonly T: number;
  /** Sequences that go through the model together; divides `sequences`. */
  readonly chunkSequences: number;
}

/** Arrays that training keeps, each with all parameters in the order of the table. */
export interface TrainingArrays {
  readonly parameters: Float32Array;
  readonly firstMoments: Float32Array;
  readonly secondMoments: Float32Array;
}

/** One micro-batch, row by row: [sequences][T] flattened. */
export interface TrainingBatch {
  /** Token ids. */
  readonly inputs: Int32Array;
  /** Id of the token that follows each input. */
  readonly targets: Int32Array;
  /** 1: the target counts; 0: it is masked. */
  readonly weights: Float32Array;
}

/** Losses of a micro-batch; the arrays are reused by the next one. */
export interface SequenceLosses {
  /** Mean loss of each sequence's unmasked targets, nats/token; NaN where all are masked. [sequences] */
  readonly meanNats: Float64Array;
  /** Sum over the whole micro-batch of loss times weight, nats. */
  readonly sumNats: number;
}

/** What an optimizer changes the parameters by, once the gradient is known. */
export interface OptimizerUpdate {
  readonly kind: 'adamw' | 'sgd';
  readonly learningRate: number;
  readonly weightDecay: number;
  /** The gradient is multiplied by this first (clipping). */
  readonly gradientScale: number;
  readonly beta1: number;
  readonly beta2: number;
  /** 1 / (1 - beta1^t) */
  readonly correction1: number;
  /** 1 / (1 - beta2^t) */
  readonly correction2: number;
  readonly epsilon: number;
}

/** A GPT in memory, with what trains it. */
export interface TrainableModel extends LanguageModel {
  readonly shape: ModelShape;
  readonly table: ParameterTable;
  /** Memory of the model, its gradients, moments, activations and caches, in bytes. */
  readonly memoryBytes: number;
  /** Engine in words. */
  readonly engineDetail: string;
  /** Draws initial weights from the seed. */
  initialise(seed: string | number): void;
  /** Copies of all parameters by name, in the order of the table. */
  getWeights(): Map<string, Float32Array>;
  /** @throws InputError for a name too many or too few, or a wrong number of values. */
  setWeights(weights: ReadonlyMap<string, Float32Array | Float64Array>): void;
  /** Copies of all gradients by name; 64-bit only on the double-precision reference. Training only. */
  getGradients(): Map<string, Float32Array | Float64Array>;
  /** Logits after each token of each sequence. Per sequence [tokens][V] */
  logits(sequences: readonly ArrayLike<number>[]): (Float32Array | Float64Array)[];
  /** Sequences and tokens of a micro-batch; undefined: not for training. */
  readonly trainingShape: TrainingShape | undefined;
  /** Begins an optimizer step with so many unmasked tokens over all its micro-batches. */
  beginStep(unmaskedTokens: number): void;
  /** Adds the gradient of a micro-batch. The result's array is reused by the next call. */
  accumulateGradient(batch: TrainingBatch): SequenceLosses;
  /** Completes the gradient and returns its Euclidean norm. */
  finishGradient(): number;
  /** Changes the parameters. */
  applyOptimizer(update: OptimizerUpdate): void;
  /** Sets the optimizer's moments to zero. */
  resetMoments(): void;
  /** Copies of what a resumed training needs. */
  exportTraining(): TrainingArrays;
  /** @throws InputError if the arrays are of another model. */
  importTraining(arrays: TrainingArrays): void;
  /** Gives the memory back; the model is unusable afterwards. */
  release(): void;
}
