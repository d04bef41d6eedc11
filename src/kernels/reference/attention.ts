// Reference kernels: causal attention (Vaswani et al. 2017) of one sequence and head after the other.
// qkv [3 H][N][D], P [sequences][H][T][ldp], y [N][H D], dY [H][N][D], dqkv [N][3 H D]; N = sequences T rows.
import { roundUpTo16 } from '../attention-scratch.ts';
import { type Kernels, type Memory, sum16 } from './arithmetic.ts';

/** acc + a(j) floats[b + j stride] for j in [from, to), in order. */
function weighted(
  { floats, round }: Memory,
  range: { from: number; to: number },
  a: (j: number) => number,
  b: (j: number) => number,
): number {
  let sum = 0;
  for (let j = range.from; j < range.to; j++) sum = round(sum + round(floats[a(j)] * floats[b(j)]));
  return sum;
}

/** Softmax of scores [count] with scale, in place. */
function scaledSoftmax(memory: Memory, scores: number, count: number, scale: number): void {
  const { floats, round, exp } = memory;
  let maximum = floats[scores];
  for (let j = 1; j < count; j++) maximum = floats[scores + j] > maximum ? floats[scores + j] : maximum;
  const shift = round(maximum * scale);
  for (let j = 0; j < count; j++) floats[scores + j] = exp(round(round(floats[scores + j] * scale) - shift));
  const inverse = round(1 / sum16(memory, count, (j) => floats[scores + j]));
  for (let j = 0; j < count; j++) floats[scores + j] = round(floats[scores + j] * inverse);
}

function scoreScale({ round }: Memory, D: number): number {
  return round(1 / round(Math.sqrt(D)));
}

export const attentionKernels: Kernels<'attention' | 'attentionBackward' | 'attentionStep'> = {
  attention(memory, { sequences, T, heads, D, qkv, P, y }) {
    const { floats } = memory;
    const N = sequences * T;
    const ldp = roundUpTo16(T);
    const scale = scoreScale(memory, D);
    for (let s = 0; s < sequences; s++) {
      for (let h = 0; h < heads; h++) {
        const q = qkv + (h * N + s * T) * D;
        const k = q + heads * N * D;
        const v = k + heads * N * D;
        for (let i = 0; i < T; i++) {
          const row = P + ((s * heads + h) * T + i) * ldp;
          floats.fill(0, row, row + ldp);
          for (let j = 0; j <= i; j++) {
            floats[row + j] = weighted(
              memory,
              { from: 0, to: D },
              (c) => q + i * D + c,
              (c) => k + j * D + c,
            );
          }
          scaledSoftmax(memory, row, i + 1, scale);
          for (let c = 0; c < D; c++) {
            floats[y + (s * T + i) * heads * D + h * D + c] = weighted(
              memory,
              { from: 0, to: i + 1 },
              (j) => row + j,
              (j) => v + j * D + c,
            );
          }
        }
      }
    }
  },

  attentionBackward(memory, { sequences, T, heads, D, qkv, P, y, dY, dqkv, scratch }) {
    const { floats, round } = memory;
    const N = sequences * T;
    const C = heads * D;
    const ldp = roundUpTo16(T);
    const scale = scoreScale(memory, D);
    const dS = scratch; // [T][ldp]
    for (let s = 0; s < sequences; s++) {
      for (let h = 0; h < heads; h++) {
        const q = qkv + (h * N + s * T) * D;
        const k = q + heads * N * D;
        const v = k + heads * N * D;
        const dO = dY + (h * N + s * T) * D;
        const p = P + (s * heads + h) * T * ldp;
        for (let i = 0; i < T; i++) {
          const output = y + (s * T + i) * C + h * D;
          const w = sum16(memory, D, (c) => round(floats[output + c] * floats[dO + i * D + c]));
          for (let j = 0; j <= i; j++) {
            const dP = weighted(
              memory,
              { from: 0, to: D },
              (c) => dO + i * D + c,
              (c) => v + j * D + c,
            );
            floats[dS + i * ldp + j] = round(round(floats[p + i * ldp + j] * round(dP - w)) * scale);
          }
        }
        for (let i = 0; i < T; i++) {
          for (let c = 0; c < D; c++) {
            const target = dqkv + (s * T + i) * 3 * C + h * D + c;
            const before = { from: 0, to: i + 1 };
            const after = { from: i, to: T };
            floats[target] = weighted(
              memory,
              before,
              (j) => dS + i * ldp + j,
              (j) => k + j * D + c,
            );
            floats[target + C] = weighted(
              memory,
              after,
              (j) => dS + j * ldp + i,
              (j) => q + j * D + c,
            );
            floats[target + 2 * C] = weighted(
              memory,
              after,
              (j) => p + j * ldp + i,
              (j) => dO + j * D + c,
            );
          }
        }
      }
    }
  },

  // qkv [3 H][rows][D]; this engine's cache: keys [T][D], then values [T][D], for each row and head
  attentionStep(memory, { rows, T, heads, D, qkv, cache, y, position }) {
    const { floats, integers } = memory;
    const ldt = roundUpTo16(T);
    const padded = roundUpTo16(D);
    const scale = scoreScale(memory, D);
    const p = integers[position];
    for (let r = 0; r < rows; r++) {
      for (let h = 0; h < heads; h++) {
        const q = qkv + (h * rows + r) * D;
        const k = q + heads * rows * D;
        const v = k + heads * rows * D;
        const keys = cache + (r * heads + h) * 2 * padded * ldt;
        const values = keys + padded * ldt;
        for (let c = 0; c < D; c++) {
          floats[keys + p * D + c] = floats[k + c];
          floats[values + p * D + c] = floats[v + c];
        }
        attendOne(memory, { q, keys, values, count: p + 1, D, scale, y: y + (r * heads + h) * D });
      }
    }
  },
};

/** One query against `count` cached keys and values. */
function attendOne(
  memory: Memory,
  a: { q: number; keys: number; values: number; count: number; D: number; scale: number; y: number },
): void {
  const { floats } = memory;
  const scores = {
    ...memory,
    floats: new (memory.round === Math.fround ? Float32Array : Float64Array)(a.count),
  };
  for (let j = 0; j < a.count; j++) {
    scores.floats[j] = weighted(
      memory,
      { from: 0, to: a.D },
      (c) => a.q + c,
      (c) => a.keys + j * a.D + c,
    );
  }
  scaledSoftmax(scores, 0, a.count, a.scale);
  for (let c = 0; c < a.D; c++) {
    let sum = 0;
    for (let j = 0; j < a.count; j++) {
      sum = memory.round(sum + memory.round(scores.floats[j] * floats[a.values + j * a.D + c]));
    }
    floats[a.y + c] = sum;
  }
}
