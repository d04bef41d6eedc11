// The gradient of a training step: micro-batches differentiated by TensorFlow.js and added up.
import type { ParameterTable } from '../model/parameters.ts';
import { type LossArrays, sumLosses } from '../model/sum-losses.ts';
import type { SequenceLosses, TrainingBatch, TrainingShape } from '../model/trainable-model.ts';
import type { FlatParameters } from './flat-parameters.ts';
import type { Forward } from './forward.ts';
import type { Tensor, TensorflowModule } from './tensorflow-module.ts';

/** What a gradient is computed with. */
export interface BatchGradientOptions {
  readonly tf: TensorflowModule;
  readonly forward: Forward;
  readonly flat: FlatParameters;
  readonly table: ParameterTable;
  readonly shape: TrainingShape;
}

/** The gradient summed over the micro-batches of a step. */
export class BatchGradient {
  readonly #options: BatchGradientOptions;
  readonly #losses: LossArrays;
  #sum: Tensor | undefined;
  #tokenWeight = 0;

  constructor(options: BatchGradientOptions) {
    this.#options = options;
    const { sequences, T } = options.shape;
    this.#losses = { meanNats: new Float64Array(sequences), tokenNats: new Float32Array(sequences * T) };
  }

  /** Starts a step whose loss is the mean over `unmaskedTokens`. */
  begin(unmaskedTokens: number): void {
    this.#tokenWeight = 1 / unmaskedTokens;
    this.release();
  }

  /** Adds the gradient of a micro-batch; returns its losses: the mean of each sequence, and the weighted sum. */
  accumulate(batch: TrainingBatch): SequenceLosses {
    const losses = this.#differentiate(batch);
    const { sequences, T } = this.#options.shape;
    const sumNats = sumLosses({
      ...{ sequences, T, losses, lossesStart: 0, weights: batch.weights, weightsStart: 0 },
      into: this.#losses,
    });
    return { ...this.#losses, sumNats };
  }

  /** [parameters] @throws Error before the first micro-batch of a step */
  sum(): Tensor {
    if (this.#sum === undefined) throw new Error('no gradient has been accumulated in this step');
    return this.#sum;
  }

  /** The same, as numbers. [parameters] */
  values(): Float32Array {
    return this.sum().dataSync() as Float32Array;
  }

  /** Its Euclidean norm. */
  norm(): number {
    const { tf } = this.#options;
    const squares = tf.tidy(() => tf.sum(tf.square(this.sum())));
    const [sumSquares] = squares.dataSync();
    squares.dispose();
    return Math.sqrt(sumSquares as number);
  }

  /** Drops what was accumulated. */
  release(): void {
    this.#sum?.dispose();
    this.#sum = undefined;
  }

  /** Adds the gradient of the sum over tokens of weight x loss; returns the losses. [N] */
  #differentiate({ inputs, targets, weights }: TrainingBatch): Float32Array {
    const { tf, forward, flat, table, shape } = this.#options;
    const { sequences: B, T } = shape;
    const names = table.list.map(({ name }) => name);
    const parameters = flat.weights();
    const lossWeights = weights.map((weight) => weight * this.#tokenWeight);
    const lossesOf = (...tensors: Tensor[]): Tensor => {
      const byName = new Map(names.map((name, i) => [name, tensors[i] as Tensor]));
      return forward.losses(byName, { B, T, tokens: inputs }, targets);
    };
    const { losses, gradient } = tf.tidy(() => {
      const args = names.map((name) => parameters.get(name) as Tensor);
      const { value, grads } = tf.valueAndGrads(lossesOf)(args, tf.tensor(lossWeights, [B * T, 1]));
      const joined = flat.join(grads);
      return { losses: value, gradient: this.#sum === undefined ? joined : tf.add(this.#sum, joined) };
    });
    this.release();
    this.#sum = gradient;
    const values = losses.dataSync() as Float32Array;
    losses.dispose();
    return values;
  }
}
