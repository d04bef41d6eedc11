// A model that can be trained, whatever computes it: what train/, run/ and tools that compare engines rely on.
import type { LanguageModel } from './language-model.ts';
import type { ParameterTable } from './parameters.ts';
import type { ModelShape } from './shape.ts';
import type { ModelSignal } from './signals.ts';

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
  /** Loss of each token, masked or not, nats. [sequences * T]; 64-bit only on the double-precision reference */
  readonly tokenNats: Float32Array | Float64Array;
  /** Sum over the whole micro-batch of loss times weight, nats. */
  readonly sumNats: number;
}

/** The gradient of one sequence of a micro-batch. One object, changed from sequence to sequence. */
export interface SequenceGradient {
  /** Place of the sequence in the micro-batch. */
  readonly sequence: number;
  /** Mean loss of its unmasked targets, nats/token; NaN where all are masked. */
  readonly meanNats: number;
  /** Sum of the weights of its targets. */
  readonly weight: number;
  /**
   * Euclidean norm of its share of the step's gradient: of sum (weight x loss) / (unmasked tokens of the step). The
   * norm for its own mean loss is this times (unmasked tokens of the step / weight).
   */
  readonly norm: number;
  /**
   * That gradient, in the layout of `table`: a view that the next sequence overwrites. 64-bit only on the
   * double-precision reference.
   */
  readonly gradient: Float32Array | Float64Array;
}

/** What the gradient of a sequence is multiplied by before it is added to that of the step: 1 as it is, 0 not at all. */
export type WeighSequence = (sequence: SequenceGradient) => number;

/** A text whose loss is differentiated with respect to the embeddings of its tokens. */
export interface InputGradientRequest {
  /** Token ids; 2 to the training sequences' length + 1. */
  readonly tokens: ArrayLike<number>;
  /** Weight of the loss of each token but the first, in order; 1 each by default. [tokens - 1] */
  readonly weights?: ArrayLike<number>;
}

/** Loss of a text and its gradient. */
export interface InputGradient {
  /** Sum of weight x loss, nats. */
  readonly nats: number;
  /**
   * d nats / d embedding of each token but the last (token and position embedding together), [tokens - 1][C];
   * 64-bit only on the double-precision reference.
   */
  readonly gradient: Float32Array | Float64Array;
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
  /** Engine, as text. */
  readonly engineDetail: string;
  /** Draws initial weights from the seed. */
  initialise(seed: string | number): void;
  /** What it can give to defences; the others throw an UnsupportedSignalError. */
  readonly signals: readonly ModelSignal[];
  /** Copies of all parameters by name, in the order of the table. */
  getWeights(): Map<string, Float32Array>;
  /** @throws InputError for a name too many or too few, or a wrong number of values. */
  setWeights(weights: ReadonlyMap<string, Float32Array | Float64Array>): void;
  /** Copies of all gradients by name; 64-bit only on the double-precision reference. Training only. */
  getGradients(): Map<string, Float32Array | Float64Array>;
  /** Logits after each token of each sequence. Per sequence [tokens][V] */
  logits(sequences: readonly ArrayLike<number>[]): (Float32Array | Float64Array)[];
  /**
   * The residual stream after each token. Signal `hidden-states`.
   * @param layer 0: the embeddings; l: the output of block l; `head`: the last, normalised, as the head reads it
   * @returns per sequence [tokens][C]; 64-bit only on the double-precision reference
   */
  hiddenStates(
    sequences: readonly ArrayLike<number>[],
    options: { layer: number | 'head' },
  ): (Float32Array | Float64Array)[];
  /** Sequences and tokens of a micro-batch; undefined: not for training. */
  readonly trainingShape: TrainingShape | undefined;
  /** Begins an optimizer step with this number of unmasked tokens over all its micro-batches. */
  beginStep(unmaskedTokens: number): void;
  /** Adds the gradient of a micro-batch. The result's array is reused by the next call. */
  accumulateGradient(batch: TrainingBatch): SequenceLosses;
  /**
   * The same, sequence by sequence: the gradient of each is computed by itself, and added as `weigh` says. With 1 for
   * all the sum is that of accumulateGradient but for rounding, since the order of additions differs.
   * Signal `sequence-gradients`; kernels: created with `training.sequenceGradients`.
   * @throws UnsupportedSignalError where the model cannot do it
   */
  accumulateSequences(batch: TrainingBatch, weigh: WeighSequence): SequenceLosses;
  /** Adds scale x values (in the layout of `table`) to the gradient of the step, e.g. noise. Training only. */
  addToGradient(values: Float32Array, scale: number): void;
  /**
   * Gradient of the loss of texts with respect to their input embeddings. Between steps, not within one: it uses the
   * step's gradient as scratch. Signal `input-gradients`; training only.
   * @throws UnsupportedSignalError where the model cannot do it
   */
  inputGradients(requests: readonly InputGradientRequest[]): InputGradient[];
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
