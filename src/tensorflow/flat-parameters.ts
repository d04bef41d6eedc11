// All parameters in one vector, in the order of the table without its gaps, and the optimizers over it: a dozen
// operations a step instead of a dozen for each array.
import type { ParameterTable } from '../model/parameters.ts';
import type { OptimizerUpdate } from '../model/trainable-model.ts';
import type { Weights } from './forward.ts';
import type { Tensor, TensorflowModule } from './tensorflow-module.ts';

/** Vectors that training changes. [parameters] each */
interface State {
  parameters: Tensor;
  /** AdamW's; undefined: not for training. */
  firstMoments: Tensor | undefined;
  secondMoments: Tensor | undefined;
}

/** Parameters and moments of a model. */
export class FlatParameters {
  readonly #tf: TensorflowModule;
  readonly #table: ParameterTable;
  readonly #state: State;
  /** 1 where weight decay applies, else 0. */
  readonly #decays: Tensor | undefined;
  #views: Map<string, Tensor> | undefined;

  constructor(tf: TensorflowModule, table: ParameterTable, { training }: { training: boolean }) {
    this.#tf = tf;
    this.#table = table;
    const zeros = (): Tensor => tf.zeros([table.parameters]);
    this.#state = {
      parameters: zeros(),
      firstMoments: training ? zeros() : undefined,
      secondMoments: training ? zeros() : undefined,
    };
    if (!training) return;
    const decays = new Float32Array(table.words);
    decays.fill(1, 0, table.decayedWords);
    this.#decays = tf.tensor(this.#pack(decays));
  }

  /** The parameters by name; they live until the next change. */
  weights(): Weights {
    if (this.#views !== undefined) return this.#views;
    const { list } = this.#table;
    const parts = this.#tf.tidy(() => this.cut(this.#state.parameters));
    this.#views = new Map(list.map(({ name }, i) => [name, parts[i] as Tensor]));
    return this.#views;
  }

  /** [parameters] -> one tensor for each parameter */
  cut(flat: Tensor): Tensor[] {
    const { list } = this.#table;
    const parts = this.#tf.split(
      flat,
      list.map(({ count }) => count),
    );
    return list.map(({ shape }, i) => {
      const part = parts[i] as Tensor;
      return shape.length === 1 ? part : this.#tf.reshape(part, shape);
    });
  }

  /** One tensor for each parameter -> [parameters] */
  join(parts: readonly Tensor[]): Tensor {
    return this.#tf.concat(
      parts.map((part) => (part.shape.length === 1 ? part : this.#tf.reshape(part, [-1]))),
    );
  }

  /** Sets one of the vectors from an array that is laid out as the table says. */
  import(what: keyof State, values: Float32Array): void {
    this.#replace(what, this.#tf.tensor(this.#pack(values)));
  }

  /** One of the vectors, laid out as the table says. */
  export(what: keyof State): Float32Array {
    return this.unpack((this.#state[what] as Tensor).dataSync() as Float32Array);
  }

  /** Without gaps -> with gaps, zeros in them. */
  unpack(flat: Float32Array): Float32Array {
    const values = new Float32Array(this.#table.words);
    let from = 0;
    for (const { offset, count } of this.#table.list) {
      values.set(flat.subarray(from, from + count), offset);
      from += count;
    }
    return values;
  }

  #pack(values: Float32Array): Float32Array {
    const flat = new Float32Array(this.#table.parameters);
    let to = 0;
    for (const { offset, count } of this.#table.list) {
      flat.set(values.subarray(offset, offset + count), to);
      to += count;
    }
    return flat;
  }

  #replace(what: keyof State, value: Tensor): void {
    this.#state[what]?.dispose();
    this.#state[what] = value;
    if (what === 'parameters') this.#dropViews();
  }

  #dropViews(): void {
    for (const view of this.#views?.values() ?? []) view.dispose();
    this.#views = undefined;
  }

  /** Sets both moments to zero. */
  resetMoments(): void {
    for (const what of ['firstMoments', 'secondMoments'] as const) {
      this.#replace(what, this.#tf.zeros([this.#table.parameters]));
    }
  }

  /** One update by AdamW (Loshchilov and Hutter 2019) or plain gradient descent. */
  update(gradient: Tensor, by: OptimizerUpdate): void {
    const next = this.#tf.tidy(() => {
      const p = this.#decayed(by.learningRate * by.weightDecay);
      return by.kind === 'adamw' ? this.#adamw(p, gradient, by) : this.#descend(p, gradient, by);
    });
    for (const [what, value] of Object.entries(next)) this.#replace(what as keyof State, value);
  }

  /** p - decay p, for the parameters that decay. */
  #decayed(decay: number): Tensor {
    const tf = this.#tf;
    const { parameters } = this.#state;
    if (decay === 0) return parameters;
    return tf.sub(parameters, tf.mul(tf.mul(parameters, decay), this.#decays as Tensor));
  }

  #descend(p: Tensor, gradient: Tensor, by: OptimizerUpdate) {
    return { parameters: this.#tf.sub(p, this.#tf.mul(gradient, by.learningRate * by.gradientScale)) };
  }

  /** Constant factors are multiplied first: each operation is a pass over all parameters. */
  #adamw(p: Tensor, g: Tensor, by: OptimizerUpdate) {
    const tf = this.#tf;
    const { firstMoments: m, secondMoments: v } = this.#state;
    const scale = by.gradientScale;
    const firstMoments = tf.add(tf.mul(m as Tensor, by.beta1), tf.mul(g, (1 - by.beta1) * scale));
    const squares = tf.mul(tf.square(g), (1 - by.beta2) * scale * scale);
    const secondMoments = tf.add(tf.mul(v as Tensor, by.beta2), squares);
    // sqrt(c2 v) + epsilon = sqrt(c2) (sqrt(v) + epsilon / sqrt(c2))
    const root = Math.sqrt(by.correction2);
    const size = tf.add(tf.sqrt(secondMoments), by.epsilon / root);
    const step = tf.div(tf.mul(firstMoments, (by.learningRate * by.correction1) / root), size);
    return { parameters: tf.sub(p, step), firstMoments, secondMoments };
  }

  release(): void {
    this.#dropViews();
    for (const tensor of [...Object.values(this.#state), this.#decays]) tensor?.dispose();
  }
}
