// A random case of each operation, from a seed: shapes on and off the multiples of 16. Over 300 lines:
// one generator for each operation of the table.

import { attentionScratchWords, roundUpTo16 } from '../../src/kernels/attention-scratch.ts';
import { Epilogue, Limits, type Operation } from '../../src/kernels/operations.ts';
import type { KernelCase } from './kernel-cases.ts';

/** Rows, widths: often tiny, often odd, sometimes whole panels. */
function size(test: KernelCase, maximum: number): number {
  return test.choose(
    1,
    test.integer(1, maximum),
    test.integer(1, maximum),
    16 * test.integer(1, Math.ceil(maximum / 16)),
  );
}

function headDimension(test: KernelCase): number {
  return test.choose(2, 8, 16, 24, 32, 48, 2 * test.integer(1, 36));
}

function normArguments(test: KernelCase) {
  const rows = size(test, 20);
  const width = size(test, 100);
  const x = test.floats('x', rows * width, { scale: test.choose(0.01, 1, 100) });
  return { rows, width, x, gain: test.floats('gain', width) };
}

/** Statistics as the forward pass leaves them: a mean and a positive reciprocal deviation. */
function statistics(test: KernelCase, rows: number): number {
  return test.floats('stats', rows * 2, { draw: () => test.uniform() + 0.1 });
}

function backwardArguments(test: KernelCase) {
  const shared = normArguments(test);
  const { rows, width } = shared;
  return {
    ...shared,
    stats: statistics(test, rows),
    dy: test.floats('dy', rows * width),
    dx: test.floats('dx', rows * width),
    dGain: test.floats('dGain', width),
    accumulate: test.choose(0, 1),
  };
}

function panels(test: KernelCase, K: number, n: number, groups = 1): number {
  const words = Math.ceil(n / 16) * 16 * K * groups;
  return test.floats('panels', words);
}

function attentionArguments(test: KernelCase) {
  const T = size(test, 70);
  const D = headDimension(test);
  const heads = test.integer(1, 3);
  const sequences = test.integer(1, 2);
  const N = sequences * T;
  return {
    shape: { sequences, T, heads, D },
    N,
    qkv: test.floats('qkv', 3 * heads * N * D),
    P: test.floats('P', sequences * heads * T * roundUpTo16(T)),
    y: test.floats('y', N * heads * D),
    scratch: test.scratch(attentionScratchWords({ T, D, threads: 4 })),
  };
}

function headArguments(test: KernelCase) {
  const rows = size(test, 140);
  const width = size(test, 40);
  const vocabulary = 1 + size(test, 120);
  return {
    rows,
    width,
    vocabulary,
    h: test.floats('h', rows * width),
    panelsT: panels(test, width, vocabulary),
    targets: test.integers('targets', rows, vocabulary),
    weights: test.floats('weights', rows),
    losses: test.floats('losses', rows),
    scratch: test.scratch(Limits.headRows * roundUpTo16(vocabulary)),
  };
}

function optimizerArguments(test: KernelCase) {
  const count = size(test, 200);
  return {
    count,
    p: test.floats('p', count),
    g: test.floats('g', count),
    scalars: test.floats('scalars', 10, { draw: () => test.uniform() }),
    useDecay: test.choose(0, 1),
  };
}

/** Adds a random instance of each operation to a case. */
export const randomOperation: Readonly<Record<Operation, (test: KernelCase) => void>> = {
  zero: (test) => {
    const count = size(test, 100);
    test.record('zero', { dst: test.floats('dst', count), count });
  },
  add: (test) => {
    const count = size(test, 100);
    test.record('add', { dst: test.floats('dst', count), src: test.floats('src', count), count });
  },
  addScaled: (test) => {
    const count = size(test, 100);
    const dst = test.floats('dst', count);
    test.record('addScaled', { dst, src: test.floats('src', count), scale: test.floats('scale', 1), count });
  },
  embed: (test) => {
    const rows = size(test, 20);
    const width = size(test, 50);
    const hasPositions = test.choose(true, false);
    test.record('embed', {
      tokens: test.integers('tokens', rows, 13),
      rows,
      width,
      table: test.floats('table', 13 * width),
      positionTable: hasPositions ? test.floats('positionTable', 7 * width) : 0,
      rowPositions: hasPositions ? test.integers('rowPositions', rows, 7) : 0,
      out: test.floats('out', rows * width),
    });
  },
  embedBackward: (test) => {
    const rows = size(test, 20);
    const width = size(test, 50);
    const hasPositions = test.choose(true, false);
    test.record('embedBackward', {
      tokens: test.integers('tokens', rows, 5),
      rows,
      width,
      dOut: test.floats('dOut', rows * width),
      dTable: test.floats('dTable', 5 * width),
      dPositionTable: hasPositions ? test.floats('dPositionTable', 7 * width) : 0,
      rowPositions: hasPositions ? test.integers('rowPositions', rows, 7) : 0,
    });
  },
  layerNorm: (test) => {
    const args = normArguments(test);
    test.record('layerNorm', {
      ...args,
      bias: test.floats('bias', args.width),
      y: test.floats('y', args.rows * args.width),
      stats: test.floats('stats', args.rows * 2),
    });
  },
  layerNormBackward: (test) => {
    const args = backwardArguments(test);
    test.record('layerNormBackward', { ...args, dBias: test.floats('dBias', args.width) });
  },
  rmsNorm: (test) => {
    const args = normArguments(test);
    test.record('rmsNorm', {
      ...args,
      y: test.floats('y', args.rows * args.width),
      stats: test.floats('stats', args.rows * 2),
    });
  },
  rmsNormBackward: (test) => {
    test.record('rmsNormBackward', backwardArguments(test));
  },
  pack: (test) => {
    const [K, n, groups] = [size(test, 40), size(test, 40), test.integer(1, 3)];
    const ld = groups * n + test.integer(0, 5);
    const dst = panels(test, K, n, groups);
    test.record('pack', { src: test.floats('src', K * ld), K, n, groups, ld, dst });
  },
  packTransposed: (test) => {
    const [K, n, groups] = [size(test, 40), size(test, 40), test.integer(1, 3)];
    const ld = K + test.integer(0, 5);
    const dst = panels(test, K, n, groups);
    test.record('packTransposed', { src: test.floats('src', groups * n * ld), n, K, groups, ld, dst });
  },
  matmul: (test) => {
    const [rows, columns, K] = [size(test, 60), size(test, 80), size(test, 40)];
    const [lda, ldc] = [K + test.integer(0, 3), columns + test.integer(0, 3)];
    const epilogue = test.choose(...Object.values(Epilogue));
    const readsAux = epilogue === Epilogue.residual || epilogue === Epilogue.multiply;
    const hasDerivative = epilogue === Epilogue.gelu && test.choose(true, false);
    test.record('matmul', {
      rows,
      columns,
      K,
      A: test.floats('A', rows * lda),
      lda,
      panels: panels(test, K, columns),
      bias: test.choose(true, false) ? test.floats('bias', columns) : 0,
      C: test.floats('C', rows * ldc),
      ldc,
      epilogue,
      aux: readsAux ? test.floats('aux', rows * ldc) : 0,
      aux2: hasDerivative ? test.floats('aux2', rows * ldc) : 0,
    });
  },
  matmulHeads: (test) => {
    const [rows, n, K, groups] = [size(test, 40), headDimension(test), size(test, 40), test.integer(1, 6)];
    const lda = K + test.integer(0, 3);
    test.record('matmulHeads', {
      rows,
      n,
      groups,
      K,
      A: test.floats('A', rows * lda),
      lda,
      panels: panels(test, K, n, groups),
      bias: test.choose(true, false) ? test.floats('bias', groups * n) : 0,
      C: test.floats('C', groups * rows * n),
    });
  },
  matmulWeightGradient: (test) => {
    const [rows, K, columns] = [
      test.choose(size(test, 40), test.integer(1, 300)),
      size(test, 50),
      size(test, 70),
    ];
    const [ldx, ldy, ldw] = [
      K + test.integer(0, 3),
      columns + test.integer(0, 3),
      columns + test.integer(0, 3),
    ];
    test.record('matmulWeightGradient', {
      rows,
      K,
      columns,
      X: test.floats('X', rows * ldx),
      ldx,
      dY: test.floats('dY', rows * ldy),
      ldy,
      dW: test.floats('dW', K * ldw),
      ldw,
    });
  },
  columnSum: (test) => {
    const [rows, columns] = [size(test, 40), size(test, 60)];
    const ldx = columns + test.integer(0, 3);
    const sums = test.floats('sums', columns);
    test.record('columnSum', { rows, columns, x: test.floats('x', rows * ldx), ldx, sums });
  },
  rope: (test) => {
    const [heads, rows, D] = [test.integer(1, 3), size(test, 20), headDimension(test)];
    const headsFirst = test.choose(true, false);
    test.record('rope', {
      heads,
      rows,
      D,
      x: test.floats('x', heads * rows * D),
      headStride: headsFirst ? rows * D : D,
      rowStride: headsFirst ? D : heads * D,
      rowPositions: test.integers('rowPositions', rows, 9),
      cosines: test.floats('cosines', (9 * D) / 2),
      sines: test.floats('sines', (9 * D) / 2),
      inverse: test.choose(0, 1),
    });
  },
  attention: (test) => {
    const { shape, qkv, P, y, scratch } = attentionArguments(test);
    test.record('attention', { ...shape, qkv, P, y, scratch });
  },
  // after a forward pass, so that P is lower triangular, as it always is
  attentionBackward: (test) => {
    const { shape, N, qkv, P, y, scratch } = attentionArguments(test);
    const channels = shape.heads * shape.D;
    const dY = test.floats('dY', N * channels);
    const dqkv = test.floats('dqkv', N * 3 * channels);
    test.record('attention', { ...shape, qkv, P, y, scratch });
    test.record('attentionBackward', { ...shape, qkv, P, y, dY, dqkv, scratch });
  },
  // several positions in turn, from the first on, as generation does
  attentionStep: (test) => {
    const [rows, T, heads, D] = [
      test.integer(1, 4),
      size(test, 100),
      test.integer(1, 3),
      headDimension(test),
    ];
    const cache = test.scratch(rows * heads * 2 * roundUpTo16(D) * roundUpTo16(T));
    for (let p = 0; p < T; p++) {
      const isShown = p === T - 1 || p % 16 === 15;
      const qkv = test.floats('qkv', 3 * heads * rows * D);
      const y = isShown ? test.floats('y', rows * heads * D) : test.scratch(rows * heads * D);
      const position = test.constant('position', p);
      test.record('attentionStep', { rows, T, heads, D, qkv, cache, y, position });
    }
  },
  headLoss: (test) => {
    test.record('headLoss', headArguments(test));
  },
  headLossBackward: (test) => {
    const args = headArguments(test);
    test.record('headLossBackward', {
      ...args,
      panels: panels(test, args.vocabulary, args.width),
      dH: test.floats('dH', args.rows * args.width),
      dE: test.floats('dE', args.vocabulary * args.width),
    });
  },
  sample: (test) => {
    const rows = test.integer(1, 5);
    const vocabulary = test.choose(size(test, 100), test.integer(1, 1400));
    const ld = vocabulary + test.integer(0, 3);
    const levels = test.integer(2, 40); // few values: ties
    const hasTies = test.choose(true, false);
    test.record('sample', {
      rows,
      vocabulary,
      logits: test.floats(
        'logits',
        rows * ld,
        hasTies ? { draw: () => test.integer(-levels, levels) / 4 } : { scale: 3 },
      ),
      ld,
      uniforms: test.floats('uniforms', rows, { draw: () => test.choose(test.uniform(), 0, 1 - 2 ** -24) }),
      inverseTemperature: test.floats('inverseTemperature', 1, { draw: () => test.choose(0, 1, 0.5, 2, 30) }),
      topK: test.choose(0, 1, test.integer(0, vocabulary + 2)),
      tokens: test.integers('tokens', rows, 1000),
      nats: test.floats('nats', rows),
      entropy: test.floats('entropy', rows),
    });
  },
  sumSquares: (test) => {
    const count = test.choose(
      size(test, 100),
      test.integer(1, 3 * Limits.sumSquaresBlock),
      Limits.sumSquaresBlock,
    );
    const partials = test.floats('partials', Math.ceil(count / Limits.sumSquaresBlock));
    test.record('sumSquares', { count, x: test.floats('x', count), partials });
  },
  adamw: (test) => {
    const args = optimizerArguments(test);
    const v = test.floats('v', args.count, { draw: () => test.uniform() });
    test.record('adamw', { ...args, m: test.floats('m', args.count), v });
  },
  sgd: (test) => {
    test.record('sgd', optimizerArguments(test));
  },
};
