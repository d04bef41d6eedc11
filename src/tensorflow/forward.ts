// The forward pass of the GPT in TensorFlow.js operations, written from the paper (Radford et al. 2019) and not from
// the kernels of this program, which it checks. Gradients come from TensorFlow's automatic differentiation, but for
// the operations of own-gradients.ts. Letters as in model/shape.ts.
import { eachRotaryAngle } from '../model/rotary.ts';
import type { ModelShape } from '../model/shape.ts';
import type { Tensorflow } from './load-tensorflow.ts';
import { addBias, addResidual, attend, crossEntropy, gatherRows, gelu, normalise } from './own-gradients.ts';
import type { Tensor, TensorflowModule } from './tensorflow-module.ts';

/** Parameters by name. */
export type Weights = ReadonlyMap<string, Tensor>;

/** Keys and values of one layer. [1][B][H][positions][D] each */
export interface KeyValues extends Readonly<Record<string, Tensor>> {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** What goes through the model: B sequences of T tokens. */
export interface ForwardInput {
  readonly B: number;
  readonly T: number;
  /** Ids. i32 [B T] */
  readonly tokens: Int32Array;
  /** Position of the first of the T tokens, 0 by default. */
  readonly offset?: number;
  /** Blocks to go through; left out: all, and the final normalisation. */
  readonly blocks?: number;
  /** Keys and values of the positions before, by layer. */
  readonly past?: readonly KeyValues[];
}

const EPSILON = 1e-5;
/** exp of it is 0 in single precision, whatever is added. */
const MASKED = -1e9;

/** Constant tensors of a model, alive until `release`. */
interface Constants {
  /** 0 on and below the diagonal, very negative above. [T][T] */
  readonly mask: Tensor;
  /** Angles' cosines and sines, twice over (halves paired), of all positions. [T][D] */
  readonly cosines: Tensor | undefined;
  readonly sines: Tensor | undefined;
  /** x turn = (-second half, first half). [D][D] */
  readonly turn: Tensor | undefined;
}

function causalMask(tf: TensorflowModule, T: number): Tensor {
  const mask = Float32Array.from({ length: T * T }, (_, i) => (i % T > Math.floor(i / T) ? MASKED : 0));
  return tf.tensor(mask, [T, T]);
}

function rotaryConstants(tf: TensorflowModule, shape: ModelShape) {
  const { T, D } = shape;
  const cosines = new Float32Array(T * D);
  const sines = new Float32Array(T * D);
  const turn = new Float32Array(D * D);
  const half = D / 2;
  eachRotaryAngle(shape, ({ position, i, cosine, sine }) => {
    for (const at of [position * D + i, position * D + half + i]) {
      cosines[at] = cosine;
      sines[at] = sine;
    }
  });
  for (let i = 0; i < half; i++) {
    turn[(half + i) * D + i] = -1;
    turn[i * D + half + i] = 1;
  }
  return {
    cosines: tf.tensor(cosines, [T, D]),
    sines: tf.tensor(sines, [T, D]),
    turn: tf.tensor(turn, [D, D]),
  };
}

/** The model's functions over one TensorFlow. */
export class Forward {
  readonly #tf: TensorflowModule;
  readonly #gathers: boolean;
  readonly #shape: ModelShape;
  readonly #constants: Constants;

  constructor({ tf, gathers }: Pick<Tensorflow, 'tf' | 'gathers'>, shape: ModelShape) {
    this.#tf = tf;
    this.#gathers = gathers;
    this.#shape = shape;
    const rotary =
      shape.config.positions === 'rope'
        ? rotaryConstants(tf, shape)
        : { cosines: undefined, sines: undefined, turn: undefined };
    this.#constants = { mask: causalMask(tf, shape.T), ...rotary };
  }

  release(): void {
    for (const tensor of Object.values(this.#constants)) (tensor as Tensor | undefined)?.dispose();
  }

  /** Rows of a table. [V][C], [N] -> [N][C] */
  #rows(table: Tensor, ids: Int32Array): Tensor {
    const tf = this.#tf;
    const index = tf.tensor(ids, [ids.length], 'int32');
    return this.#gathers
      ? gatherRows(tf, table, index)
      : tf.matMul(tf.oneHot(index, table.shape[0] as number), table);
  }

  /** [N][in] -> [N][out] */
  #linear(weights: Weights, name: string, x: Tensor): Tensor {
    const y = this.#tf.matMul(x, weights.get(`${name}.weight`) as Tensor);
    const bias = weights.get(`${name}.bias`);
    return bias === undefined ? y : addBias(this.#tf, y, bias);
  }

  /** LayerNorm or RMSNorm of each row. [N][C] -> [N][C] */
  #norm(weights: Weights, name: string, x: Tensor): Tensor {
    const gain = weights.get(`${name}.weight`) as Tensor;
    return normalise(this.#tf, x, { gain, bias: weights.get(`${name}.bias`), epsilon: EPSILON });
  }

  /** Rows of a constant table, from position `offset`. [positions][D] -> [T][D] */
  #positions(table: Tensor, { T, offset = 0 }: ForwardInput): Tensor {
    return T === this.#shape.T ? table : this.#tf.slice(table, [offset, 0], [T, this.#shape.D]);
  }

  /** Turns queries and keys by their positions. [2][B][H][T][D] -> the same */
  #rotate(x: Tensor, input: ForwardInput): Tensor {
    const tf = this.#tf;
    const { cosines, sines, turn } = this.#constants;
    const turned = tf.matMul(tf.reshape(x, [-1, this.#shape.D]), turn as Tensor);
    return tf.add(
      tf.mul(x, this.#positions(cosines as Tensor, input)),
      tf.mul(tf.reshape(turned, x.shape), this.#positions(sines as Tensor, input)),
    );
  }

  /** [T][T]; undefined for one token, which sees all before it. */
  #mask({ T }: ForwardInput): Tensor | undefined {
    const { mask } = this.#constants;
    if (T === 1) return undefined;
    return T === this.#shape.T ? mask : this.#tf.slice(mask, [0, 0], [T, T]);
  }

  /** Attention of every head. [N][C] -> [N][C], and the keys and values it used */
  #attention(weights: Weights, l: number, x: Tensor, input: ForwardInput) {
    const tf = this.#tf;
    const { C, D, H } = this.#shape;
    const { B, T, past } = input;
    const qkv = this.#linear(weights, `h.${l}.attn.c_attn`, x);
    // [B T][3 H D] -> [3][B][H][T][D]
    const heads = tf.transpose(tf.reshape(qkv, [B, T, 3, H, D]), [2, 0, 3, 1, 4]);
    const [queries, newKeys, newValues] = this.#splitHeads(heads, input);
    const before = past?.[l];
    const keys = before === undefined ? newKeys : tf.concat([before.keys, newKeys], 3);
    const values = before === undefined ? newValues : tf.concat([before.values, newValues], 3);
    const y = attend(tf, { queries, keys, values }, this.#mask(input));
    // [1][B][H][T][D] -> [B T][C]
    const joined = tf.reshape(tf.transpose(y, [0, 1, 3, 2, 4]), [B * T, C]);
    return { y: this.#linear(weights, `h.${l}.attn.c_proj`, joined), keyValues: { keys, values } };
  }

  /** Queries, keys, values, placed. [3][B][H][T][D] -> three of [1][B][H][T][D] */
  #splitHeads(heads: Tensor, input: ForwardInput): [Tensor, Tensor, Tensor] {
    const tf = this.#tf;
    if (this.#shape.config.positions !== 'rope') return tf.split(heads, 3, 0) as [Tensor, Tensor, Tensor];
    const [qk, v] = tf.split(heads, [2, 1], 0) as [Tensor, Tensor];
    const [q, k] = tf.split(this.#rotate(qk, input), 2, 0) as [Tensor, Tensor];
    return [q, k, v];
  }

  /** The model up to the head's input. [N] -> [N][C], and each layer's keys and values */
  hidden(weights: Weights, input: ForwardInput): { hidden: Tensor; keyValues: KeyValues[] } {
    const tf = this.#tf;
    const { L, config } = this.#shape;
    const { T, tokens, offset = 0 } = input;
    let x = this.#rows(weights.get('wte.weight') as Tensor, tokens);
    if (config.positions === 'learned') {
      const positions = Int32Array.from(tokens, (_, row) => offset + (row % T));
      x = addResidual(tf, x, this.#rows(weights.get('wpe.weight') as Tensor, positions));
    }
    const keyValues: KeyValues[] = [];
    for (let l = 0; l < (input.blocks ?? L); l++) {
      const attention = this.#attention(weights, l, this.#norm(weights, `h.${l}.ln_1`, x), input);
      keyValues.push(attention.keyValues);
      x = addResidual(tf, x, attention.y);
      const expanded = this.#linear(weights, `h.${l}.mlp.c_fc`, this.#norm(weights, `h.${l}.ln_2`, x));
      x = addResidual(tf, x, this.#linear(weights, `h.${l}.mlp.c_proj`, gelu(tf, expanded)));
    }
    return { hidden: input.blocks === undefined ? this.#norm(weights, 'ln_f', x) : x, keyValues };
  }

  #head(weights: Weights): Tensor {
    return weights.get(this.#shape.config.tied ? 'wte.weight' : 'lm_head.weight') as Tensor;
  }

  /** [N][C] -> [N][V] */
  logits(weights: Weights, hidden: Tensor): Tensor {
    return this.#tf.matMul(hidden, this.#head(weights), false, true);
  }

  /** Cross-entropy of each token with its target, nats. [N][1] */
  losses(weights: Weights, input: ForwardInput, targets: Int32Array): Tensor {
    const tf = this.#tf;
    const { hidden } = this.hidden(weights, input);
    const ids = tf.tensor(targets, [targets.length], 'int32');
    return crossEntropy(tf, { hidden, head: this.#head(weights), targets: ids }, this.#gathers);
  }
}
