// What the self-test runs: every operation, at shapes that leave partial tiles, panels and blocks of every kind.
// Letters as in operations.ts.
import { attentionScratchWords, roundUpTo16 } from '../attention-scratch.ts';
import { Epilogue, Limits, OptimizerScalar } from '../operations.ts';
import type { SelfTestCase } from './self-test-case.ts';

type Case = (test: SelfTestCase) => void;

const panels = (test: SelfTestCase, K: number, n: number, groups = 1): number =>
  test.floats(groups * K * roundUpTo16(n));

function buffers(test: SelfTestCase): void {
  const count = 37;
  const [dst, src] = [test.floats(count), test.floats(count)];
  test.record('add', { dst, src, count });
  test.record('addScaled', { dst, src, scale: test.values(0.3), count });
  test.record('zero', { dst: src, count: 21 });
}

function embeddings(test: SelfTestCase): void {
  const [rows, width] = [9, 21];
  const [tokens, rowPositions] = [test.integers(rows, 5), test.integers(rows, 4)];
  const [table, positionTable] = [test.floats(5 * width), test.floats(4 * width)];
  for (const positions of [0, positionTable]) {
    const out = test.floats(rows * width);
    test.record('embed', { tokens, rows, width, table, positionTable: positions, rowPositions, out });
    const dTable = test.floats(5 * width);
    const dPositionTable = positions === 0 ? 0 : test.floats(4 * width);
    test.record('embedBackward', { tokens, rows, width, dOut: out, dTable, dPositionTable, rowPositions });
  }
}

function normalisation(test: SelfTestCase): void {
  const rows = 5;
  for (const width of [16, 37]) {
    const x = test.floats(rows * width, { scale: 4 });
    const [gain, bias, dy] = [test.floats(width), test.floats(width), test.floats(rows * width)];
    for (const accumulate of [0, 1]) {
      const [y, stats, dx] = [test.floats(rows * width), test.floats(2 * rows), test.floats(rows * width)];
      const [dGain, dBias] = [test.floats(width), test.floats(width)];
      const common = { rows, width, x, gain, stats };
      test.record('layerNorm', { ...common, bias, y });
      test.record('layerNormBackward', { ...common, dy, dx, dGain, dBias, accumulate });
    }
    for (const accumulate of [0, 1]) {
      const [y, stats, dx] = [test.floats(rows * width), test.floats(2 * rows), test.floats(rows * width)];
      const dGain = test.floats(width);
      const common = { rows, width, x, gain, stats };
      test.record('rmsNorm', { ...common, y });
      test.record('rmsNormBackward', { ...common, dy, dx, dGain, accumulate });
    }
  }
}

function packing(test: SelfTestCase): void {
  const [K, n, groups] = [7, 21, 2];
  const ld = groups * n + 3;
  const words = groups * K * roundUpTo16(n);
  test.record('pack', { src: test.floats(K * ld), K, n, groups, ld, dst: test.floats(words) });
  const [src, dst] = [test.floats(groups * n * (K + 2)), test.floats(words)];
  test.record('packTransposed', { src, n, K, groups, ld: K + 2, dst });
}

/** A product by some epilogues, with and without bias. */
function product(
  test: SelfTestCase,
  [rows, columns, K]: readonly [number, number, number],
  epilogues: readonly number[] = Object.values(Epilogue),
): void {
  const [lda, ldc] = [K + 1, columns + 3];
  for (const epilogue of epilogues) {
    const A = test.floats(rows * lda, { scale: 2 });
    const readsAux = epilogue === Epilogue.residual || epilogue === Epilogue.multiply;
    test.record('matmul', {
      ...{ rows, columns, K, A, lda, ldc, epilogue },
      panels: panels(test, K, columns),
      bias: epilogue === Epilogue.multiply ? 0 : test.floats(columns),
      C: test.floats(rows * ldc),
      aux: readsAux ? test.floats(rows * ldc) : 0,
      aux2: epilogue === Epilogue.gelu ? test.floats(rows * ldc) : 0,
    });
  }
}

function products(test: SelfTestCase): void {
  product(test, [19, 51, 11]);
  product(test, [7, 8, 3]);
  product(test, [250, 9, 2], [Epilogue.gelu]);
}

/** Rows that collide in the first-level cache, and values at the ends of exp's range. */
function collidingProduct(test: SelfTestCase): void {
  const [rows, columns, K, lda] = [13, 24, 260, 1024];
  const A = test.rows(rows, { words: K, stride: lda, scale: 16 });
  const [C, aux2] = [test.floats(rows * columns), test.floats(rows * columns)];
  test.set(A, Number.NaN);
  const common = { rows, columns, K, A, lda, panels: panels(test, K, columns), bias: 0 };
  test.record('matmul', { ...common, C, ldc: columns, epilogue: Epilogue.gelu, aux: 0, aux2 });
}

/** Values around the one below which GELU lets nothing through, an eleventh of a power of two apart. */
function smallShares(test: SelfTestCase): void {
  const rows = 400;
  test.record('matmul', {
    ...{ rows, columns: 1, K: 1, lda: 1, ldc: 1, bias: 0, aux: 0, epilogue: Epilogue.gelu },
    A: test.values(...Array.from({ length: rows }, (_, row) => row / 256 - 9.2)),
    panels: test.values(1, ...new Array<number>(15).fill(0)),
    C: test.floats(rows),
    aux2: test.floats(rows),
  });
}

function headProducts(test: SelfTestCase): void {
  const [rows, n, groups, K] = [19, 24, 3, 11];
  for (const bias of [0, test.floats(groups * n)]) {
    const A = test.floats(rows * K);
    const C = test.floats(groups * rows * n);
    test.record('matmulHeads', {
      rows,
      n,
      groups,
      K,
      A,
      lda: K,
      panels: panels(test, K, n, groups),
      bias,
      C,
    });
  }
}

function weightGradients(test: SelfTestCase): void {
  for (const [rows, K, columns] of [
    [260, 5, 7],
    [19, 41, 40],
    [5, 9, 150],
  ] as const) {
    const [X, dY] = [test.floats(rows * K), test.floats(rows * columns)];
    const dW = test.floats(K * columns);
    test.record('matmulWeightGradient', { rows, K, columns, X, ldx: K, dY, ldy: columns, dW, ldw: columns });
    test.record('columnSum', { rows, columns: columns - 2, x: dY, ldx: columns, sums: test.floats(columns) });
  }
}

function rotation(test: SelfTestCase): void {
  const [heads, rows, D] = [3, 5, 10];
  const rowPositions = test.integers(rows, 7);
  const [cosines, sines] = [test.floats((7 * D) / 2), test.floats((7 * D) / 2)];
  for (const inverse of [0, 1]) {
    const x = test.floats(heads * rows * D);
    const place = { headStride: rows * D, rowStride: D };
    test.record('rope', { heads, rows, D, x, ...place, rowPositions, cosines, sines, inverse });
  }
}

function wholeAttention(test: SelfTestCase): void {
  for (const [sequences, heads, T, D, scale] of [
    [2, 2, 11, 24, 64],
    [1, 1, 37, 16, 8],
    [1, 1, 70, 6, 1],
  ] as const) {
    const N = sequences * T;
    const qkv = test.floats(3 * heads * N * D, { scale });
    const P = test.floats(sequences * heads * T * roundUpTo16(T));
    const [y, dY] = [test.floats(N * heads * D), test.floats(N * heads * D)];
    const dqkv = test.floats(3 * N * heads * D);
    const scratch = test.scratch(attentionScratchWords({ T, D, threads: test.threads }));
    test.record('attention', { sequences, T, heads, D, qkv, P, y, scratch });
    test.record('attentionBackward', { sequences, T, heads, D, qkv, P, y, dY, dqkv, scratch });
  }
}

/**
 * exp of given arguments, each divided by many sums: where any constant of its polynomial is one unit in the last place
 * off, one of these comes out other, as far as any multiple of 1/4096 down to -12 does. Found by a search.
 */
function exponentials(test: SelfTestCase): void {
  const arguments4096 = [38273, 4312, 41322, 21845, 12745, 18723, 28376, 28422, 39803, 31277, 31285, 42463];
  const keys = [0, ...arguments4096, ...arguments4096].map((argument) => -argument / 4096);
  const [T, D] = [keys.length, 4];
  // a query of 2 and the scale of D = 4, which is 1/2, leave the keys as they are
  const first = (value: number) => [value, 0, 0, 0];
  const rows = [...keys.map(() => first(2)), ...keys.map(first), ...keys.map(() => first(1))];
  const qkv = test.values(...rows.flat());
  const P = test.floats(T * roundUpTo16(T));
  const scratch = test.scratch(attentionScratchWords({ T, D, threads: test.threads }));
  test.record('attention', { sequences: 1, T, heads: 1, D, qkv, P, y: test.floats(T * D), scratch });
}

function attentionByPosition(test: SelfTestCase): void {
  const [rows, heads, D, T] = [2, 2, 10, 83];
  const cache = test.scratch(rows * heads * 2 * roundUpTo16(D) * roundUpTo16(T));
  const qkv = test.floats(3 * heads * rows * D + T, { scale: 2 });
  // a window of the same numbers at each position; results are kept of the last ones
  const y = test.floats(rows * heads * D * 8);
  const positions = test.counting(T);
  // one object for all: this runs before any compiler of the host has looked at it
  const step = { rows, T, heads, D, qkv, cache, y, position: positions };
  for (let position = 0; position < T; position++) {
    step.qkv = qkv + position;
    step.y = y + (position % 8) * rows * heads * D;
    step.position = positions + position;
    test.record('attentionStep', step);
  }
}

/** The head at a number of tokens; multiples of 512 have rows of logits that are laid out apart. */
function head(
  test: SelfTestCase,
  { vocabulary, rows, width }: { vocabulary: number; rows: number; width: number },
): void {
  const h = test.floats(rows * width, { scale: 4 });
  const panelsT = panels(test, width, vocabulary);
  const targets = test.integers(rows, vocabulary);
  const scratch = test.scratch(Limits.headRows * roundUpTo16(vocabulary));
  const common = { rows, width, vocabulary, h, panelsT, targets, scratch };
  const weights = test.floats(rows, { least: 0 });
  test.record('headLoss', { ...common, weights, losses: test.floats(rows) });
  test.record('headLossBackward', {
    ...common,
    weights,
    losses: test.floats(rows),
    panels: panels(test, vocabulary, width),
    dH: test.floats(rows * width),
    dE: test.floats(vocabulary * width),
  });
}

function sampling(test: SelfTestCase): void {
  for (const [vocabulary, inverse, topK, rows] of [
    [83, 1.4375, 5, 6],
    [83, 1, 9, 5],
    [1100, 1, 0, 5],
    [1100, 0.75, 0, 2],
    [83, 0, 0, 3],
  ] as const) {
    const ld = vocabulary + 5;
    const logits = test.floats(rows * ld, { scale: 8 });
    // ties at the largest and at the edge of the top, and a row that is not finite
    for (const row of [0, rows - 1]) test.set(logits + row * ld, 9.5, 9.5, 9.25, 9.25, 9.25, 9.25, 9.25);
    test.set(logits + ld + vocabulary - 1, Number.POSITIVE_INFINITY);
    const uniforms = test.floats(rows, { least: 0 });
    test.set(uniforms + rows - 1, 1 - 1 / 0x1000000);
    if (rows > 2) test.set(uniforms + 2, 0);
    const [nats, entropy] = [test.floats(rows), test.floats(rows)];
    const out = { tokens: test.integers(rows, 9), nats, entropy };
    const settings = { uniforms, inverseTemperature: test.values(inverse), topK };
    test.record('sample', { rows, vocabulary, logits, ld, ...settings, ...out });
  }
}

function optimisers(test: SelfTestCase): void {
  const values: Readonly<Record<keyof typeof OptimizerScalar, number>> = {
    learningRate: 0.0073,
    beta1: 0.9,
    oneMinusBeta1: 0.1,
    beta2: 0.97,
    oneMinusBeta2: 0.03,
    correction1: 10.1,
    correction2: 33.3,
    epsilon: 1e-5,
    gradientScale: 0.7,
    decay: 0.011,
  };
  const names = Object.keys(OptimizerScalar) as (keyof typeof OptimizerScalar)[];
  const scalars = test.values(...names.map((name) => values[name]));
  // parameters and moments about as small as what is added to them, so that its last bits show
  const count = 421;
  const scale = 1 / 128;
  for (const useDecay of [0, 1]) {
    const [p, g] = [test.floats(count, { scale }), test.floats(count)];
    const [m, v] = [test.floats(count, { scale }), test.floats(count, { scale, least: 0 })];
    test.record('adamw', { count, p, g, m, v, scalars, useDecay });
    test.record('sgd', { count, p: test.floats(count, { scale }), g, scalars, useDecay });
  }
}

function sumsOfSquares(test: SelfTestCase): void {
  for (const count of [5, Limits.sumSquaresBlock + 21]) {
    const partials = test.floats(Math.ceil(count / Limits.sumSquaresBlock));
    test.record('sumSquares', { count, x: test.floats(count), partials });
  }
}

/** By name, each with the hash of what it leaves in memory, computed by the reference engine. */
export const selfTestCases: Readonly<Record<string, { readonly record: Case; readonly hash: string }>> = {
  'adding buffers': { record: buffers, hash: '8e6778bf' },
  embeddings: { record: embeddings, hash: 'fbebe178' },
  normalisation: { record: normalisation, hash: '4987ffd9' },
  'packing of weights': { record: packing, hash: 'e22dd604' },
  'matrix products': { record: products, hash: 'a77b4282' },
  'matrix products of colliding rows': { record: collidingProduct, hash: 'f76d0c5c' },
  'matrix products of heads': { record: headProducts, hash: 'dd0f8bb5' },
  'gradients of weights': { record: weightGradients, hash: '951535a6' },
  'rotary positions': { record: rotation, hash: '97b0cd7b' },
  attention: { record: wholeAttention, hash: '2e85d5b3' },
  'attention by position': { record: attentionByPosition, hash: 'ce746adf' },
  'losses over 83 tokens': {
    record: (test) => head(test, { vocabulary: 83, rows: 70, width: 20 }),
    hash: 'a55244e1',
  },
  'losses over 512 tokens': {
    record: (test) => head(test, { vocabulary: 512, rows: 66, width: 11 }),
    hash: '086ef123',
  },
  sampling: { record: sampling, hash: 'cf5ad2cc' },
  optimisers: { record: optimisers, hash: '2fab48a1' },
  'sums of squares': { record: sumsOfSquares, hash: 'c51becef' },
  exponentials: { record: exponentials, hash: '76a515bb' },
  'small shares of GELU': { record: smallShares, hash: '0c18789a' },
};
