// Operations that bring their own gradient where TensorFlow's derived one takes several times the passes over memory
// and calls: normalisation, GELU, attention, cross-entropy, rows of a table, sums. All else is differentiated by
// TensorFlow. Letters as in model/shape.ts; N rows.
import type { Tensor, TensorflowModule } from './tensorflow-module.ts';

type Save = (tensors: readonly Tensor[]) => void;

/** What an operation computes, and from what it keeps, the gradients of its inputs. */
interface OwnGradient {
  readonly value: Tensor;
  readonly saved: readonly Tensor[];
  /** One gradient for each input. None may be `dy` itself, which TensorFlow may dispose of: `tf.clone` it. */
  readonly gradients: (dy: Tensor, saved: readonly Tensor[]) => Tensor[];
}

function operate(
  tf: TensorflowModule,
  inputs: readonly Tensor[],
  compute: (...inputs: Tensor[]) => OwnGradient,
): Tensor {
  const operation = tf.customGrad((...args) => {
    const save = args.pop() as unknown as Save;
    const { value, saved, gradients } = compute(...(args as unknown as Tensor[]));
    save(saved);
    return { value, gradFunc: gradients };
  });
  return operation(...inputs);
}

/** a + b of equal shapes. */
export function addResidual(tf: TensorflowModule, a: Tensor, b: Tensor): Tensor {
  return operate(tf, [a, b], (x, y) => ({
    value: tf.add(x as Tensor, y as Tensor),
    saved: [],
    gradients: (dy) => [tf.clone(dy), tf.clone(dy)],
  }));
}

/** x + b for each row. [N][C], [C] -> [N][C] */
export function addBias(tf: TensorflowModule, x: Tensor, bias: Tensor): Tensor {
  return operate(tf, [x, bias], (a, b) => ({
    value: tf.add(a as Tensor, b as Tensor),
    saved: [],
    gradients: (dy) => [tf.clone(dy), tf.sum(dy, 0)],
  }));
}

/** Rows of a table. [V][C], ids i32 [N] -> [N][C] */
export function gatherRows(tf: TensorflowModule, table: Tensor, ids: Tensor): Tensor {
  const rows = table.shape[0] as number;
  return operate(tf, [table], (from) => ({
    value: tf.gather(from as Tensor, ids),
    saved: [ids],
    gradients: (dy, [index]) => [tf.unsortedSegmentSum(dy, index as Tensor, rows)],
  }));
}

/** Mean of each row, [N][C] -> [N][1]; `tf.mean` copies its input first. */
function rowMean(tf: TensorflowModule, x: Tensor): Tensor {
  return tf.mul(tf.sum(x, -1, true), 1 / (x.shape.at(-1) as number));
}

/**
 * LayerNorm (Ba et al. 2016) with a bias, RMSNorm (Zhang and Sennrich 2019) without. [N][C] -> [N][C]
 * With the normalised row n, its scale s, and g = gain dy: dx = s (g - mean(g) - n mean(g n)), without mean(g) for
 * RMSNorm.
 */
export function normalise(
  tf: TensorflowModule,
  x: Tensor,
  { gain, bias, epsilon }: { gain: Tensor; bias: Tensor | undefined; epsilon: number },
): Tensor {
  const inputs = bias === undefined ? [x, gain] : [x, gain, bias];
  return operate(tf, inputs, (row, w, b) => {
    const centred = b === undefined ? (row as Tensor) : tf.sub(row as Tensor, rowMean(tf, row as Tensor));
    const scale = tf.rsqrt(tf.add(rowMean(tf, tf.square(centred)), epsilon));
    const normal = tf.mul(centred, scale);
    const scaled = tf.mul(normal, w as Tensor);
    return {
      value: b === undefined ? scaled : tf.add(scaled, b),
      saved: [normal, scale, w as Tensor],
      gradients: (dy, saved) => {
        const [n, s, weight] = saved as [Tensor, Tensor, Tensor];
        const product = tf.mul(dy, n);
        const g = tf.mul(dy, weight);
        const along = tf.mul(n, rowMean(tf, tf.mul(product, weight)));
        const rest = tf.sub(b === undefined ? g : tf.sub(g, rowMean(tf, g)), along);
        const gradients = [tf.mul(rest, s), tf.sum(product, 0)];
        return b === undefined ? gradients : [...gradients, tf.sum(dy, 0)];
      },
    };
  });
}

/** 2 sqrt(2 / pi) */
const GELU_SCALE = 1.5957691216057308;

/**
 * GELU in its tanh form (Hendrycks and Gimpel 2016): y = x s with s the logistic function of
 * u = x p, p = 2 sqrt(2 / pi) (1 + 0.044715 x^2). dy/dx = s + y (1 - s) (3 p - 2 p(0)).
 */
export function gelu(tf: TensorflowModule, x: Tensor): Tensor {
  return operate(tf, [x], (input) => {
    const a = input as Tensor;
    const polynomial = tf.add(tf.mul(tf.square(a), GELU_SCALE * 0.044715), GELU_SCALE);
    const gate = tf.sigmoid(tf.mul(a, polynomial));
    const value = tf.mul(a, gate);
    return {
      value,
      saved: [polynomial, gate, value],
      gradients: (dy, saved) => {
        const [p, s, y] = saved as [Tensor, Tensor, Tensor];
        const slope = tf.sub(tf.mul(p, 3), 2 * GELU_SCALE);
        return [tf.mul(dy, tf.add(s, tf.mul(tf.sub(y, tf.mul(y, s)), slope)))];
      },
    };
  });
}

/**
 * softmax(q k^T / sqrt(D) + mask) v (Vaswani et al. 2017), for every head. queries [..., T, D], keys and values
 * [..., positions, D] -> [..., T, D]
 * @param mask added to the scores; [T][positions]
 */
export function attend(
  tf: TensorflowModule,
  { queries, keys, values }: { queries: Tensor; keys: Tensor; values: Tensor },
  mask: Tensor | undefined,
): Tensor {
  const scale = 1 / Math.sqrt(queries.shape.at(-1) as number);
  return operate(tf, [queries, keys, values], (...inputs) => {
    const [q, k, v] = inputs as [Tensor, Tensor, Tensor];
    const scaled = tf.mul(q, scale);
    const scores = tf.matMul(scaled, k, false, true);
    const weights = tf.softmax(mask === undefined ? scores : tf.add(scores, mask));
    const value = tf.matMul(weights, v);
    return {
      value,
      saved: [scaled, k, v, weights, value],
      gradients: (dy, saved) => {
        const [qs, ks, vs, p, y] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor];
        // sum of dp p over a row = sum of dy y
        const total = tf.sum(tf.mul(dy, y), -1, true);
        const dScores = tf.mul(p, tf.sub(tf.matMul(dy, vs, false, true), total));
        return [tf.mul(tf.matMul(dScores, ks), scale), tf.matMul(dScores, qs, true), tf.matMul(p, dy, true)];
      },
    };
  });
}

/**
 * Cross-entropy of each row with its target: log sum exp(h E^T) - h . E_target, nats. hidden [N][C], head [V][C],
 * targets i32 [N] -> [N][1]
 * @param gathers rows of the head can be gathered and scattered; otherwise a one-hot table does it
 */
export function crossEntropy(
  tf: TensorflowModule,
  { hidden, head, targets }: { hidden: Tensor; head: Tensor; targets: Tensor },
  gathers: boolean,
): Tensor {
  const V = head.shape[0] as number;
  return operate(tf, [hidden, head], (...inputs) => {
    const [h, e] = inputs as [Tensor, Tensor];
    const logits = tf.matMul(h, e, false, true);
    const maximum = tf.max(logits, -1, true);
    const powers = tf.exp(tf.sub(logits, maximum));
    const sum = tf.sum(powers, -1, true);
    // a dot product with the target's row costs C a token, a row of a one-hot table V
    const rows = gathers ? tf.gather(e, targets) : tf.oneHot(targets, V);
    const chosen = tf.sum(tf.mul(gathers ? h : logits, rows), -1, true);
    return {
      value: tf.sub(tf.add(tf.log(sum), maximum), chosen),
      saved: [h, e, powers, sum, rows, targets],
      gradients: (dy, saved) => {
        const [hs, es, p, total, target, ids] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
        const dLogits = tf.mul(p, tf.div(dy, total));
        if (!gathers) {
          const d = tf.sub(dLogits, tf.mul(target, dy));
          return [tf.matMul(d, es), tf.matMul(d, hs, true)];
        }
        return [
          tf.sub(tf.matMul(dLogits, es), tf.mul(target, dy)),
          tf.sub(tf.matMul(dLogits, hs, true), tf.unsortedSegmentSum(tf.mul(hs, dy), ids, V)),
        ];
      },
    };
  });
}
