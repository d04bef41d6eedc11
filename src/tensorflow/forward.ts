// The forward pass of the GPT in TensorFlow.js operations, written from the paper (Radford et al. 2019) and not from
// the kernels of this program, which it checks. Gradients come from TensorFlow's automatic differentiation; only the
// normaliser of the loss and the elementwise GELU bring their own, which saves passes over large tensors.
// Letters as in model/shape.ts; R = B H: heads of all sequences.
import { cos, pow, sin } from '../core/math.ts';
import type { ModelShape } from '../model/shape.ts';
import type { Tensorflow } from './load-tensorflow.ts';
import type { Tensor, TensorflowModule } from './tensorflow-module.ts';

/** Parameters by name. */
export type Weights = ReadonlyMap<string, Tensor>;

/** Keys and values of one layer. [R][positions][D] each */
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
  /** Keys and values of the positions before, by layer. */
  readonly past?: readonly KeyValues[];
}

const EPSILON = 1e-5;
/** exp of it is 0 in single precision, whatever is added. */
const MASKED = -1e9;

/** The model's functions over one TensorFlow. */
export class Forward {
  readonly #tf: TensorflowModule;
  readonly #gathers: boolean;
  readonly #shape: ModelShape;
  /** Angles' cosines and sines, twice over (halves paired), of all positions. [T][D] */
  readonly #cosines: Float32Array;
  readonly #sines: Float32Array;
  /** x turn = (-second half, first half). [D][D] */
  readonly #turn: Float32Array;

  constructor({ tf, gathers }: Pick<Tensorflow, 'tf' | 'gathers'>, shape: ModelShape) {
    this.#tf = tf;
    this.#gathers = gathers;
    this.#shape = shape;
    const { T, D, config } = shape;
    this.#cosines = new Float32Array(T * D);
    this.#sines = new Float32Array(T * D);
    this.#turn = new Float32Array(D * D);
    if (config.positions === 'rope') this.#fillRotary();
  }

  #fillRotary(): void {
    const { T, D, config } = this.#shape;
    const half = D / 2;
    for (let i = 0; i < D; i++) {
      const frequency = pow(config.ropeBase, (-2 * (i % half)) / D);
      for (let position = 0; position < T; position++) {
        this.#cosines[position * D + i] = cos(position * frequency);
        this.#sines[position * D + i] = sin(position * frequency);
      }
      if (i < half) {
        this.#turn[(half + i) * D + i] = -1;
        this.#turn[i * D + half + i] = 1;
      }
    }
  }

  /** Rows of a table. [V][C], [N] -> [N][C] */
  #rows(table: Tensor, ids: Int32Array): Tensor {
    const tf = this.#tf;
    const index = tf.tensor(ids, [ids.length], 'int32');
    return this.#gathers
      ? tf.gather(table, index)
      : tf.matMul(tf.oneHot(index, table.shape[0] as number), table);
  }

  /** [N][in] -> [N][out] */
  #linear(weights: Weights, name: string, x: Tensor): Tensor {
    const y = this.#tf.matMul(x, weights.get(`${name}.weight`) as Tensor);
    const bias = weights.get(`${name}.bias`);
    return bias === undefined ? y : this.#tf.add(y, bias);
  }

  /** LayerNorm or RMSNorm of each row. [N][C] -> [N][C] */
  #norm(weights: Weights, name: string, x: Tensor): Tensor {
    const tf = this.#tf;
    const layerNorm = this.#shape.config.norm === 'layernorm';
    const centred = layerNorm ? tf.sub(x, tf.mean(x, -1, true)) : x;
    const variance = tf.mean(tf.square(centred), -1, true);
    const scaled = tf.mul(
      tf.mul(centred, tf.rsqrt(tf.add(variance, EPSILON))),
      weights.get(`${name}.weight`) as Tensor,
    );
    return layerNorm ? tf.add(scaled, weights.get(`${name}.bias`) as Tensor) : scaled;
  }

  /** Turns queries and keys by their positions. [2][R][T D] -> the same */
  #rotate(x: Tensor, { T, offset = 0 }: ForwardInput): Tensor {
    const tf = this.#tf;
    const { D } = this.#shape;
    const at = (table: Float32Array): Tensor =>
      tf.tensor(table.subarray(offset * D, (offset + T) * D), [T * D]);
    const turned = tf.matMul(tf.reshape(x, [-1, D]), tf.tensor(this.#turn, [D, D]));
    return tf.add(tf.mul(x, at(this.#cosines)), tf.mul(tf.reshape(turned, x.shape), at(this.#sines)));
  }

  /** 0 on and below the diagonal, very negative above. [T][T] */
  #causalMask(T: number): Tensor {
    const mask = Float32Array.from({ length: T * T }, (_, i) => (i % T > Math.floor(i / T) ? MASKED : 0));
    return this.#tf.tensor(mask, [T, T]);
  }

  /** Attention of every head. [N][C] -> [N][C], and the keys and values it used */
  #attention(weights: Weights, l: number, x: Tensor, input: ForwardInput) {
    const tf = this.#tf;
    const { C, D, H, config } = this.#shape;
    const { B, T, past } = input;
    const qkv = this.#linear(weights, `h.${l}.attn.c_attn`, x);
    // [B T][3 H D] -> [3][B][H][T][D] -> [3][R][T D]
    const heads = tf.transpose(tf.reshape(qkv, [B, T, 3, H, D]), [2, 0, 3, 1, 4]);
    const [qk, v] = tf.split(tf.reshape(heads, [3, B * H, T * D]), [2, 1], 0) as [Tensor, Tensor];
    const placed = config.positions === 'rope' ? this.#rotate(qk, input) : qk;
    const [queries, newKeys] = tf.split(placed, 2, 0) as [Tensor, Tensor];
    const perHead = (tensor: Tensor): Tensor => tf.reshape(tensor, [B * H, T, D]);
    const before = past?.[l];
    const extend = (earlier: Tensor | undefined, fresh: Tensor): Tensor =>
      earlier === undefined ? perHead(fresh) : tf.concat([earlier, perHead(fresh)], 1);
    const keys = extend(before?.keys, newKeys);
    const values = extend(before?.values, v);
    // [R][T][positions]
    const scores = tf.matMul(tf.mul(perHead(queries), 1 / Math.sqrt(D)), keys, false, true);
    const causal = T > 1 ? tf.add(scores, this.#causalMask(T)) : scores;
    const y = tf.matMul(tf.softmax(causal), values);
    // [R][T][D] -> [B T][C]
    const joined = tf.reshape(tf.transpose(tf.reshape(y, [B, H, T, D]), [0, 2, 1, 3]), [B * T, C]);
    return { y: this.#linear(weights, `h.${l}.attn.c_proj`, joined), keyValues: { keys, values } };
  }

  /** x s(2 sqrt(2 / pi) (x + 0.044715 x^3)) with the logistic function s: GELU in its tanh form. */
  #gelu(x: Tensor): Tensor {
    const tf = this.#tf;
    const scale = 1.5957691216057308;
    const operation = tf.customGrad((...args) => {
      const [input, save] = args as unknown as [Tensor, (saved: readonly Tensor[]) => void];
      const inner = tf.mul(input, tf.add(tf.mul(tf.square(input), scale * 0.044715), scale));
      const gate = tf.sigmoid(inner);
      const value = tf.mul(input, gate);
      save([input, gate, value]);
      return {
        value,
        // s + x s (1 - s) u'
        gradFunc: (dy, [a, s, y]) => {
          const slope = tf.add(tf.mul(tf.square(a as Tensor), 3 * scale * 0.044715), scale);
          const rest = tf.sub(y as Tensor, tf.mul(y as Tensor, s as Tensor));
          return tf.mul(dy, tf.add(s as Tensor, tf.mul(rest, slope)));
        },
      };
    });
    return operation(x);
  }

  /** The model up to the head's input. [N] -> [N][C], and each layer's keys and values */
  hidden(weights: Weights, input: ForwardInput): { hidden: Tensor; keyValues: KeyValues[] } {
    const tf = this.#tf;
    const { C, L, config } = this.#shape;
    const { B, T, tokens, offset = 0 } = input;
    let x = this.#rows(weights.get('wte.weight') as Tensor, tokens);
    if (config.positions === 'learned') {
      const table = tf.slice(weights.get('wpe.weight') as Tensor, [offset, 0], [T, C]);
      x = tf.reshape(tf.add(tf.reshape(x, [B, T, C]), table), [B * T, C]);
    }
    const keyValues: KeyValues[] = [];
    for (let l = 0; l < L; l++) {
      const attention = this.#attention(weights, l, this.#norm(weights, `h.${l}.ln_1`, x), input);
      keyValues.push(attention.keyValues);
      x = tf.add(x, attention.y);
      const expanded = this.#linear(weights, `h.${l}.mlp.c_fc`, this.#norm(weights, `h.${l}.ln_2`, x));
      x = tf.add(x, this.#linear(weights, `h.${l}.mlp.c_proj`, this.#gelu(expanded)));
    }
    return { hidden: this.#norm(weights, 'ln_f', x), keyValues };
  }

  #head(weights: Weights): Tensor {
    return weights.get(this.#shape.config.tied ? 'wte.weight' : 'lm_head.weight') as Tensor;
  }

  /** [N][C] -> [N][V] */
  logits(weights: Weights, hidden: Tensor): Tensor {
    return this.#tf.matMul(hidden, this.#head(weights), false, true);
  }

  /** log sum exp of each row, whose gradient is the softmax. [N][V] -> [N] */
  #logSumExp(logits: Tensor): Tensor {
    const tf = this.#tf;
    const operation = tf.customGrad((...args) => {
      const [input, save] = args as unknown as [Tensor, (saved: readonly Tensor[]) => void];
      save([input]);
      const maximum = tf.max(input, -1, true);
      const value = tf.add(
        tf.log(tf.sum(tf.exp(tf.sub(input, maximum)), -1)),
        tf.reshape(maximum, [input.shape[0] as number]),
      );
      return {
        value,
        gradFunc: (dy, [x]) => tf.mul(tf.softmax(x as Tensor), tf.reshape(dy, [-1, 1])),
      };
    });
    return operation(logits);
  }

  /** Cross-entropy of each token with its target, nats. [N] */
  losses(weights: Weights, input: ForwardInput, targets: Int32Array): Tensor {
    const tf = this.#tf;
    const { hidden } = this.hidden(weights, input);
    const logits = this.logits(weights, hidden);
    const index = (): Tensor => tf.tensor(targets, [targets.length], 'int32');
    // f . E_target costs C a token, the row of a one-hot table V
    const chosen = this.#gathers
      ? tf.mul(hidden, tf.gather(this.#head(weights), index()))
      : tf.mul(logits, tf.oneHot(index(), this.#shape.V));
    return tf.sub(this.#logSumExp(logits), tf.sum(chosen, -1));
  }
}
