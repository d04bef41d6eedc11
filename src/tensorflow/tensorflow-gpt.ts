// The GPT in TensorFlow.js behind the interface of the kernels' GPT: same parameters, same steps, same inference.
// Its sums are in TensorFlow's order, so results are not reproducible bit for bit.
import type { ModelConfig } from '../config/schema/schema.ts';
import { DivergenceError } from '../core/errors.ts';
import {
  checkBatchLengths,
  checkBatchRow,
  checkLayer,
  checkRequest,
  checkSequences,
  checkTrainingArrays,
  checkUnmaskedTokens,
  checkWeights,
} from '../model/checks.ts';
import type { Generation, GenerationRequest } from '../model/language-model.ts';
import { initialiseParameters, type ParameterTable, parameterTable } from '../model/parameters.ts';
import { type ModelShape, modelShape } from '../model/shape.ts';
import { type ModelSignal, UnsupportedSignalError } from '../model/signals.ts';
import type {
  OptimizerUpdate,
  SequenceLosses,
  TrainableModel,
  TrainingArrays,
  TrainingBatch,
  TrainingShape,
} from '../model/trainable-model.ts';
import { BatchGradient } from './batch-gradient.ts';
import { FlatParameters } from './flat-parameters.ts';
import { Forward } from './forward.ts';
import { Inference } from './inference.ts';
import type { Tensorflow } from './load-tensorflow.ts';
import { translateErrors } from './tensorflow-error.ts';

/** What a model is made of. */
export interface TensorflowGptOptions {
  readonly config: ModelConfig;
  readonly vocabularySize: number;
  readonly tensorflow: Tensorflow;
  /** Without it the model does inference only. */
  readonly training?: {
    /** Sequences of a micro-batch. */
    readonly sequences: number;
    /** Tokens of a training sequence; the context by default. */
    readonly tokens?: number;
  };
}

/** f32 vectors of the parameters' size that training keeps: parameters, by name, gradient, moments, what decays. */
const TRAINING_VECTORS = 6;
const INFERENCE_VECTORS = 2;

const NOT_TRAINABLE = 'this model was created without `training`';

type Floats = Float32Array | Float64Array;
type Sequences = readonly ArrayLike<number>[];

class TensorflowGpt implements TrainableModel {
  readonly config: ModelConfig;
  readonly vocabularySize: number;
  readonly shape: ModelShape;
  readonly table: ParameterTable;
  readonly parameters: number;
  /** Without activations, which TensorFlow allocates as it goes. */
  readonly memoryBytes: number;
  readonly engineDetail: string;
  readonly trainingShape: TrainingShape | undefined;
  readonly signals: readonly ModelSignal[] = ['hidden-states', 'steered-generation'];
  readonly #forward: Forward;
  readonly #flat: FlatParameters;
  readonly #inference: Inference;
  /** Undefined: the model was created without `training`. */
  readonly #gradient: BatchGradient | undefined;
  #updates = 0;

  constructor({ config, vocabularySize, tensorflow, training }: TensorflowGptOptions) {
    const { tf } = tensorflow;
    this.config = config;
    this.vocabularySize = vocabularySize;
    this.shape = modelShape(config, vocabularySize);
    this.table = parameterTable(this.shape);
    this.parameters = this.table.parameters;
    this.engineDetail = tensorflow.detail;
    const vectors = training === undefined ? INFERENCE_VECTORS : TRAINING_VECTORS;
    this.memoryBytes = 4 * vectors * this.parameters;
    this.trainingShape = training && {
      sequences: training.sequences,
      T: training.tokens ?? this.shape.T,
      chunkSequences: training.sequences,
    };
    this.#forward = new Forward(tensorflow, this.shape);
    this.#flat = translateErrors(
      'allocating the model',
      () => new FlatParameters(tf, this.table, { training: training !== undefined }),
    );
    this.#gradient =
      this.trainingShape &&
      new BatchGradient({
        ...{ tf, forward: this.#forward, flat: this.#flat },
        ...{ table: this.table, shape: this.trainingShape },
      });
    const notFinite = (): DivergenceError => this.#notFinite();
    this.#inference = new Inference({ tf, forward: this.#forward, shape: this.shape, notFinite });
  }

  initialise(seed: string | number): void {
    const values = new Float32Array(this.table.words);
    initialiseParameters(this.table, this.shape, { seed, into: values, base: 0 });
    this.#flat.import('parameters', values);
  }

  getWeights(): Map<string, Float32Array> {
    return this.#byName(this.#flat.export('parameters'));
  }

  setWeights(weights: ReadonlyMap<string, Floats>): void {
    checkWeights(weights, this.table);
    const values = new Float32Array(this.table.words);
    for (const { name, offset } of this.table.list) values.set(weights.get(name) as Floats, offset);
    this.#flat.import('parameters', values);
  }

  getGradients(): Map<string, Float32Array> {
    return this.#byName(this.#flat.unpack(this.#trained().values()));
  }

  generate(request: GenerationRequest): Generation[] {
    checkRequest(request, this.shape);
    return translateErrors('generating text', () => this.#inference.generate(this.#flat.weights(), request));
  }

  tokenLossesNats(sequences: Sequences): Float32Array[] {
    this.#check(sequences, { what: 'sequence', minimum: 2, maximum: this.shape.T + 1 });
    return translateErrors('computing losses', () =>
      this.#inference.tokenLossesNats(this.#flat.weights(), sequences),
    );
  }

  nextTokenProbabilities(prompts: Sequences): Float32Array[] {
    this.#check(prompts, { what: 'prompt', minimum: 1, maximum: this.shape.T });
    return translateErrors('computing probabilities', () =>
      this.#inference.nextTokenProbabilities(this.#flat.weights(), prompts),
    );
  }

  logits(sequences: Sequences): Float32Array[] {
    this.#check(sequences, { what: 'sequence', minimum: 1, maximum: this.shape.T });
    return translateErrors('computing logits', () => this.#inference.logits(this.#flat.weights(), sequences));
  }

  hiddenStates(sequences: Sequences, { layer }: { layer: number | 'head' }): Float32Array[] {
    this.#check(sequences, { what: 'sequence', minimum: 1, maximum: this.shape.T });
    checkLayer(layer, this.shape);
    return translateErrors('computing hidden states', () =>
      this.#inference.hiddenStates(this.#flat.weights(), sequences, layer),
    );
  }

  accumulateSequences(): never {
    throw this.#unsupported('sequence-gradients');
  }

  addToGradient(): never {
    throw this.#unsupported('sequence-gradients');
  }

  inputGradients(): never {
    throw this.#unsupported('input-gradients');
  }

  beginStep(unmaskedTokens: number): void {
    checkUnmaskedTokens(unmaskedTokens);
    this.#trained().begin(unmaskedTokens);
  }

  accumulateGradient(batch: TrainingBatch): SequenceLosses {
    this.#checkBatch(batch);
    return translateErrors('training', () => this.#trained().accumulate(batch));
  }

  finishGradient(): number {
    return translateErrors('training', () => this.#trained().norm());
  }

  applyOptimizer(update: OptimizerUpdate): void {
    translateErrors('training', () => this.#flat.update(this.#trained().sum(), update));
    this.#updates += 1;
  }

  resetMoments(): void {
    this.#trainable();
    this.#flat.resetMoments();
  }

  exportTraining(): TrainingArrays {
    this.#trainable();
    return {
      parameters: this.#flat.export('parameters'),
      firstMoments: this.#flat.export('firstMoments'),
      secondMoments: this.#flat.export('secondMoments'),
    };
  }

  importTraining(arrays: TrainingArrays): void {
    this.#trainable();
    checkTrainingArrays(arrays, this.table);
    for (const name of ['parameters', 'firstMoments', 'secondMoments'] as const) {
      this.#flat.import(name, arrays[name]);
    }
  }

  release(): void {
    this.#gradient?.release();
    this.#flat.release();
    this.#forward.release();
  }

  #checkBatch(batch: TrainingBatch): void {
    const shape = this.#trainable();
    checkBatchLengths(batch, shape);
    for (let r = 0; r < shape.sequences * shape.T; r++) checkBatchRow(batch, r, this.vocabularySize);
  }

  #check(sequences: Sequences, limits: { what: string; minimum: number; maximum: number }): void {
    checkSequences(sequences, { ...limits, vocabularySize: this.vocabularySize });
  }

  #trainable(): TrainingShape {
    if (this.trainingShape === undefined) throw new Error(NOT_TRAINABLE);
    return this.trainingShape;
  }

  #trained(): BatchGradient {
    if (this.#gradient === undefined) throw new Error(NOT_TRAINABLE);
    return this.#gradient;
  }

  #unsupported(signal: ModelSignal): UnsupportedSignalError {
    const remedy = 'Choose one of the exact engines: `--engine auto`.';
    return new UnsupportedSignalError({ signal, engine: 'TensorFlow.js', remedy });
  }

  #byName(values: Float32Array): Map<string, Float32Array> {
    return new Map(
      this.table.list.map(({ name, offset, count }) => [name, values.slice(offset, offset + count)]),
    );
  }

  #notFinite(): DivergenceError {
    const broken = [...this.getWeights()].find(([, values]) => !values.every(Number.isFinite));
    const what =
      broken === undefined
        ? 'the model gives logits that are not finite'
        : `weights that are not finite (${broken[0]})`;
    return new DivergenceError({ optimizerStep: this.#updates, lastLossesNats: [], what });
  }
}

/**
 * Creates a model; its weights are zero until `initialise`, `setWeights` or `importTraining`.
 * @throws InputError for a shape that does not fit; TensorflowError when the memory cannot be had
 */
export function createTensorflowGpt(options: TensorflowGptOptions): TrainableModel {
  return new TensorflowGpt(options);
}
