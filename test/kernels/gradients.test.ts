// Central differences on the reference in double precision: each backward kernel against its forward kernel.
import { describe, expect, test } from 'vitest';
import { cos, sin } from '../../src/core/math.ts';
import { randomStream } from '../../src/core/random.ts';
import { attentionScratchWords } from '../../src/kernels/attention-scratch.ts';
import type { Arena } from '../../src/kernels/engine.ts';
import { Epilogue } from '../../src/kernels/operations.ts';
import { ArenaLayout, Program } from '../../src/kernels/program.ts';
import { createReferenceEngine } from '../../src/kernels/reference/reference-engine.ts';

const engine = createReferenceEngine({ precision: 'f64' });

/** Buffers with random numbers, a forward and a backward program. */
class Differences {
  readonly layout = new ArenaLayout();
  readonly forward = new Program();
  readonly backward = new Program();
  readonly random = randomStream('gradients');
  readonly #fills: ((arena: Arena) => void)[] = [];

  buffer(words: number, draw = () => this.random.normal()): number {
    const offset = this.layout.reserve(words);
    const values = Array.from({ length: words }, draw);
    this.#fills.push((arena) => arena.floats.set(values, offset));
    return offset;
  }

  zeros(words: number): number {
    return this.buffer(words, () => 0);
  }

  integers(values: readonly number[]): number {
    const offset = this.layout.reserve(values.length);
    this.#fills.push((arena) => arena.integers.set(values, offset));
    return offset;
  }

  /**
   * Holds d loss / d input of the backward program against central differences of the loss, for every element.
   * @param loss reads the loss after a forward pass
   * @param pairs buffers and those of their gradients
   */
  check(
    loss: (arena: Arena) => number,
    pairs: readonly { input: number; gradient: number; words: number }[],
  ): void {
    this.forward.place(this.layout);
    this.backward.place(this.layout);
    const arena = engine.createArena({ words: this.layout.words });
    for (const fill of this.#fills) fill(arena);
    this.forward.load(arena);
    this.backward.load(arena);
    const lossAt = (index: number, value: number): number => {
      arena.floats[index] = value;
      this.forward.run(arena);
      return loss(arena);
    };
    const step = 1e-5;
    const expected = pairs.map(({ input, words }) =>
      Array.from({ length: words }, (_, i) => {
        const value = arena.floats[input + i];
        const difference = lossAt(input + i, value + step) - lossAt(input + i, value - step);
        lossAt(input + i, value);
        return difference / (2 * step);
      }),
    );
    this.backward.run(arena);
    for (const [p, { gradient, words }] of pairs.entries()) {
      const found = Array.from(arena.floats.subarray(gradient, gradient + words));
      const scale = Math.max(...(expected[p] as number[]).map(Math.abs));
      expect(scale).toBeGreaterThan(1e-3);
      for (const [i, value] of found.entries()) {
        expect(
          Math.abs(value - (expected[p] as number[])[i]) / scale,
          `buffer ${p}, element ${i}`,
        ).toBeLessThan(1e-7);
      }
    }
  }
}

/** sum of out x direction: a scalar whose gradient with respect to out is `direction`. */
function projection(out: number, direction: number, words: number): (arena: Arena) => number {
  return ({ floats }) => {
    let sum = 0;
    for (let i = 0; i < words; i++) sum += floats[out + i] * floats[direction + i];
    return sum;
  };
}

/** [n][n] */
function unitMatrix(d: Differences, n: number): number {
  let element = 0;
  return d.buffer(n * n, () => (element++ % (n + 1) === 0 ? 1 : 0));
}

describe('backward kernels are the derivatives of the forward kernels', () => {
  test.each(['layerNorm', 'rmsNorm'] as const)('%s', (norm) => {
    const d = new Differences();
    const [rows, width] = [3, 21];
    const words = rows * width;
    const [x, gain, bias, dy] = [d.buffer(words), d.buffer(width), d.buffer(width), d.buffer(words)];
    const [y, stats, dx] = [d.zeros(words), d.zeros(2 * rows), d.zeros(words)];
    const [dGain, dBias] = [d.zeros(width), d.zeros(width)];
    const shared = { rows, width, x, stats, gain };
    const gradients = { ...shared, dy, dx, dGain, accumulate: 0 };
    const pairs = [
      { input: x, gradient: dx, words },
      { input: gain, gradient: dGain, words: width },
    ];
    if (norm === 'layerNorm') {
      d.forward.record('layerNorm', { ...shared, bias, y });
      d.backward.record('layerNormBackward', { ...gradients, dBias });
      pairs.push({ input: bias, gradient: dBias, words: width });
    } else {
      d.forward.record('rmsNorm', { ...shared, y });
      d.backward.record('rmsNormBackward', gradients);
    }
    d.check(projection(y, dy, words), pairs);
  });

  test('a linear layer with bias and GELU', () => {
    const d = new Differences();
    const [rows, K, n] = [4, 7, 19];
    const [X, weights, bias, dOut] = [d.buffer(rows * K), d.buffer(K * n), d.buffer(n), d.buffer(rows * n)];
    const [panels, panelsT, unitPanels] = [d.zeros(K * 32), d.zeros(n * 16), d.zeros(n * 32)];
    const [out, derivative, dV] = [d.zeros(rows * n), d.zeros(rows * n), d.zeros(rows * n)];
    const [dX, dW, dBias] = [d.zeros(rows * K), d.zeros(K * n), d.zeros(n)];
    const unit = unitMatrix(d, n);
    const plain = { rows, bias: 0, aux: 0, aux2: 0 };
    const product = { ...plain, columns: n, C: out, ldc: n };
    d.forward.record('pack', { src: weights, K, n, groups: 1, ld: n, dst: panels });
    const gelu = { bias, epilogue: Epilogue.gelu, aux2: derivative };
    d.forward.record('matmul', { ...product, K, A: X, lda: K, panels, ...gelu });
    // dV = dOut gelu'(v): the factor is an epilogue, here of a product with the unit matrix
    d.backward.record('pack', { src: unit, K: n, n, groups: 1, ld: n, dst: unitPanels });
    const times = { epilogue: Epilogue.multiply, aux: derivative, C: dV };
    d.backward.record('matmul', { ...product, K: n, A: dOut, lda: n, panels: unitPanels, ...times });
    d.backward.record('packTransposed', { src: weights, n: K, K: n, groups: 1, ld: n, dst: panelsT });
    const back = { columns: K, C: dX, ldc: K, epilogue: Epilogue.store };
    d.backward.record('matmul', { ...plain, ...back, K: n, A: dV, lda: n, panels: panelsT });
    d.backward.record('matmulWeightGradient', { rows, K, columns: n, X, ldx: K, dY: dV, ldy: n, dW, ldw: n });
    d.backward.record('columnSum', { rows, columns: n, x: dV, ldx: n, sums: dBias });
    d.check(projection(out, dOut, rows * n), [
      { input: X, gradient: dX, words: rows * K },
      { input: weights, gradient: dW, words: K * n },
      { input: bias, gradient: dBias, words: n },
    ]);
  });

  test('attention, on queries, keys and values that matmulHeads made and rope turned', () => {
    const d = new Differences();
    const [sequences, T, heads, D] = [2, 5, 2, 6];
    const [N, C] = [sequences * T, heads * D];
    const [x, unit] = [d.buffer(N * 3 * C), unitMatrix(d, 3 * C)];
    const panels = d.zeros(3 * heads * 16 * 3 * C);
    const [qkv, P, y] = [d.zeros(3 * N * C), d.zeros(sequences * heads * T * 16), d.zeros(N * C)];
    const scratch = d.zeros(attentionScratchWords({ T, D, threads: 1 }));
    const [dY, dRows, dqkv] = [d.zeros(N * C), d.buffer(N * C), d.zeros(3 * N * C)];
    const dYPanels = d.zeros(heads * 16 * C);
    const angles = Array.from({ length: (T * D) / 2 }, (_, i) => 0.37 * i);
    const [cosines, sines] = [cos, sin].map((f) => {
      let i = 0;
      return d.buffer(angles.length, () => f(angles[i++] as number));
    }) as [number, number];
    const rowPositions = d.integers(Array.from({ length: N }, (_, r) => r % T));
    const split = { rows: N, n: D, bias: 0 };
    const shape = { sequences, T, heads, D };
    const rotary = { heads: 2 * heads, rows: N, D, rowPositions, cosines, sines };
    d.forward.record('pack', { src: unit, K: 3 * C, n: D, groups: 3 * heads, ld: 3 * C, dst: panels });
    d.forward.record('matmulHeads', {
      ...split,
      groups: 3 * heads,
      K: 3 * C,
      A: x,
      lda: 3 * C,
      panels,
      C: qkv,
    });
    d.forward.record('rope', { ...rotary, x: qkv, headStride: N * D, rowStride: D, inverse: 0 });
    d.forward.record('attention', { ...shape, qkv, P, y, scratch });
    d.backward.record('pack', { src: unit, K: C, n: D, groups: heads, ld: 3 * C, dst: dYPanels });
    d.backward.record('matmulHeads', {
      ...split,
      groups: heads,
      K: C,
      A: dRows,
      lda: C,
      panels: dYPanels,
      C: dY,
    });
    d.backward.record('attentionBackward', { ...shape, qkv, P, y, dY, dqkv, scratch });
    d.backward.record('rope', { ...rotary, x: dqkv, headStride: D, rowStride: 3 * C, inverse: 1 });
    d.check(projection(y, dRows, N * C), [{ input: x, gradient: dqkv, words: N * 3 * C }]);
  });

  test('the head: logits, softmax and weighted cross-entropy', () => {
    const d = new Differences();
    const [rows, width, vocabulary] = [67, 5, 9];
    const [h, E] = [d.buffer(rows * width), d.buffer(vocabulary * width)];
    const [panelsT, panels] = [d.zeros(width * 16), d.zeros(vocabulary * 16)];
    const targets = d.integers(Array.from({ length: rows }, (_, r) => (r * 5) % vocabulary));
    const weights = d.buffer(rows, () => d.random.uniform());
    const [losses, scratch] = [d.zeros(rows), d.zeros(64 * 16)];
    const [dH, dE] = [d.zeros(rows * width), d.zeros(vocabulary * width)];
    const shared = { rows, width, vocabulary, h, panelsT, targets, weights, losses, scratch };
    d.forward.record('packTransposed', {
      src: E,
      n: vocabulary,
      K: width,
      groups: 1,
      ld: width,
      dst: panelsT,
    });
    d.forward.record('pack', { src: E, K: vocabulary, n: width, groups: 1, ld: width, dst: panels });
    d.forward.record('headLoss', shared);
    d.backward.record('headLossBackward', { ...shared, panels, dH, dE });
    d.check(projection(losses, weights, rows), [
      { input: h, gradient: dH, words: rows * width },
      { input: E, gradient: dE, words: vocabulary * width },
    ]);
  });

  test('embeddings of tokens and positions', () => {
    const d = new Differences();
    const [rows, width] = [6, 5];
    const tokens = d.integers([3, 0, 3, 2, 1, 3]);
    const rowPositions = d.integers([0, 1, 2, 0, 1, 2]);
    const [table, positionTable] = [d.buffer(4 * width), d.buffer(3 * width)];
    const [out, dOut] = [d.zeros(rows * width), d.buffer(rows * width)];
    const [dTable, dPositionTable] = [d.zeros(4 * width), d.zeros(3 * width)];
    const shared = { tokens, rows, width, rowPositions };
    d.forward.record('embed', { ...shared, table, positionTable, out });
    d.backward.record('embedBackward', { ...shared, dOut, dTable, dPositionTable });
    d.check(projection(out, dOut, rows * width), [
      { input: table, gradient: dTable, words: 4 * width },
      { input: positionTable, gradient: dPositionTable, words: 3 * width },
    ]);
  });
});
