// A small training step whose result is known to the bit. An engine that gets it wrong (miscompiled, built from
// other sources, broken by its host) is refused before it can spoil a result.
import type { Arena, Engine } from './engine.ts';
import { Epilogue, OptimizerScalar } from './operations.ts';
import { ArenaLayout, Program } from './program.ts';

/** Hash of the self-test's results under the arithmetic contract, computed by the reference engine. */
export const SELF_TEST_HASH = '853f7cdc';

// Awkward on purpose: a head dimension, a vocabulary and a context that are no multiples of 16, rows and columns
// that leave partial tiles of every shape.
const sequences = 2;
const T = 11;
const heads = 2;
const D = 24;
const C = heads * D;
const V = 83;
const N = sequences * T;

/** Small integers over 256, in [-0.25, 0.25): exact in single precision, the same everywhere. */
function fill(arena: Arena, offset: number, count: number): void {
  let state = offset;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    arena.floats[offset + i] = (state >> 25) / 256;
  }
}

function planBuffers(layout: ArenaLayout, attentionScratch: number) {
  const reserve = (words: number): number => layout.reserve(words);
  return {
    tokens: reserve(N),
    rowPositions: reserve(N),
    embedding: reserve(V * C),
    positions: reserve(T * C),
    gain: reserve(C),
    bias: reserve(C),
    weightQkv: reserve(C * 3 * C),
    weightUp: reserve(C * 4 * C),
    weightDown: reserve(4 * C * C),
    targets: reserve(N),
    lossWeights: reserve(N),
    scalars: reserve(10),
    x: reserve(N * C),
    normalised: reserve(N * C),
    statistics: reserve(2 * N),
    panelsQkv: reserve(3 * heads * 32 * C),
    qkv: reserve(3 * N * C),
    P: reserve(sequences * heads * T * 16),
    y: reserve(N * C),
    panelsUp: reserve(C * 4 * C),
    hidden: reserve(N * 4 * C),
    hiddenDerivative: reserve(N * 4 * C),
    panelsDown: reserve(4 * C * C),
    last: reserve(N * C),
    panelsT: reserve(96 * C),
    panels: reserve(V * 48),
    losses: reserve(N),
    dLast: reserve(N * C),
    dEmbedding: reserve(V * C),
    dHidden: reserve(N * 4 * C),
    panelsDownT: reserve(4 * C * C),
    dDown: reserve(4 * C * C),
    dQkv: reserve(3 * N * C),
    dHeads: reserve(N * C),
    dNormalised: reserve(N * C),
    panelsQkvT: reserve(3 * C * 48),
    dx: reserve(N * C),
    dGain: reserve(C),
    dBias: reserve(C),
    m: reserve(V * C),
    v: reserve(V * C),
    headScratch: reserve(64 * 96),
    attentionScratch: reserve(attentionScratch),
  };
}

type Buffers = ReturnType<typeof planBuffers>;

function recordForward(program: Program, b: Buffers): void {
  const { tokens, rowPositions } = b;
  const embedding = { table: b.embedding, positionTable: b.positions };
  program.record('embed', { tokens, rows: N, width: C, ...embedding, rowPositions, out: b.x });
  const norm = { rows: N, width: C, gain: b.gain, stats: b.statistics };
  program.record('layerNorm', { ...norm, x: b.x, bias: b.bias, y: b.normalised });
  program.record('pack', { src: b.weightQkv, K: C, n: D, groups: 3 * heads, ld: 3 * C, dst: b.panelsQkv });
  const qkv = { rows: N, n: D, groups: 3 * heads, K: C, A: b.normalised, lda: C };
  program.record('matmulHeads', { ...qkv, panels: b.panelsQkv, bias: 0, C: b.qkv });
  const attention = { sequences, T, heads, D, qkv: b.qkv, P: b.P, y: b.y };
  program.record('attention', { ...attention, scratch: b.attentionScratch });
  program.record('pack', { src: b.weightUp, K: C, n: 4 * C, groups: 1, ld: 4 * C, dst: b.panelsUp });
  const up = { rows: N, columns: 4 * C, K: C, A: b.y, lda: C, panels: b.panelsUp, bias: 0 };
  const gelu = { epilogue: Epilogue.gelu, aux: 0, aux2: b.hiddenDerivative };
  program.record('matmul', { ...up, C: b.hidden, ldc: 4 * C, ...gelu });
  program.record('pack', { src: b.weightDown, K: 4 * C, n: C, groups: 1, ld: C, dst: b.panelsDown });
  const down = { rows: N, columns: C, K: 4 * C, A: b.hidden, lda: 4 * C, panels: b.panelsDown, bias: 0 };
  const residual = { epilogue: Epilogue.residual, aux: b.x, aux2: 0 };
  program.record('matmul', { ...down, C: b.last, ldc: C, ...residual });
}

function recordBackward(program: Program, b: Buffers): void {
  program.record('packTransposed', { src: b.embedding, n: V, K: C, groups: 1, ld: C, dst: b.panelsT });
  program.record('pack', { src: b.embedding, K: V, n: C, groups: 1, ld: C, dst: b.panels });
  const head = { rows: N, width: C, vocabulary: V, h: b.last, panelsT: b.panelsT, panels: b.panels };
  const loss = { targets: b.targets, weights: b.lossWeights, losses: b.losses };
  const gradients = { dH: b.dLast, dE: b.dEmbedding, scratch: b.headScratch };
  program.record('headLossBackward', { ...head, ...loss, ...gradients });
  const wide = { rows: N, K: 4 * C, columns: C };
  const dDown = { X: b.hidden, ldx: 4 * C, dY: b.dLast, ldy: C, dW: b.dDown, ldw: C };
  program.record('matmulWeightGradient', { ...wide, ...dDown });
  program.record('packTransposed', {
    src: b.weightDown,
    n: 4 * C,
    K: C,
    groups: 1,
    ld: C,
    dst: b.panelsDownT,
  });
  const dHidden = { rows: N, columns: 4 * C, K: C, A: b.dLast, lda: C, panels: b.panelsDownT, bias: 0 };
  const multiply = { epilogue: Epilogue.multiply, aux: b.hiddenDerivative, aux2: 0 };
  program.record('matmul', { ...dHidden, C: b.dHidden, ldc: 4 * C, ...multiply });
  // The heads' gradient straight from the loss: not the model's, but the same kernels.
  const dHeads = { rows: N, n: D, groups: heads, K: C, A: b.dLast, lda: C, panels: b.panelsQkv, bias: 0 };
  program.record('matmulHeads', { ...dHeads, C: b.dHeads });
  const attention = { sequences, T, heads, D, qkv: b.qkv, P: b.P, y: b.y, dY: b.dHeads, dqkv: b.dQkv };
  program.record('attentionBackward', { ...attention, scratch: b.attentionScratch });
  program.record('packTransposed', {
    ...{ src: b.weightQkv, n: C, K: 3 * C, groups: 1, ld: 3 * C, dst: b.panelsQkvT },
  });
  const dNormalised = { rows: N, columns: C, K: 3 * C, A: b.dQkv, lda: 3 * C, panels: b.panelsQkvT, bias: 0 };
  const store = { epilogue: Epilogue.store, aux: 0, aux2: 0 };
  program.record('matmul', { ...dNormalised, C: b.dNormalised, ldc: C, ...store });
  const norm = { rows: N, width: C, x: b.x, stats: b.statistics, gain: b.gain, dy: b.dNormalised };
  const normGradients = { dx: b.dx, dGain: b.dGain, dBias: b.dBias, accumulate: 0 };
  program.record('layerNormBackward', { ...norm, ...normGradients });
  const state = { count: V * C, p: b.embedding, g: b.dEmbedding, m: b.m, v: b.v };
  program.record('adamw', { ...state, scalars: b.scalars, useDecay: 1 });
}

function setInputs(arena: Arena, b: Buffers): void {
  const sizes = { embedding: V * C, positions: T * C, gain: C, bias: C } as const;
  const weights = { weightQkv: 3 * C * C, weightUp: 4 * C * C, weightDown: 4 * C * C } as const;
  for (const [name, count] of Object.entries({ ...sizes, ...weights })) {
    fill(arena, b[name as keyof Buffers], count);
  }
  for (let r = 0; r < N; r++) {
    arena.integers[b.tokens + r] = (r * 37) % V;
    arena.integers[b.rowPositions + r] = r % T;
    arena.integers[b.targets + r] = (r * 61 + 1) % V;
    arena.floats[b.lossWeights + r] = 1 / 32;
  }
  const scalars: Readonly<Record<keyof typeof OptimizerScalar, number>> = {
    learningRate: 1 / 128,
    beta1: 0.875,
    oneMinusBeta1: 0.125,
    beta2: 0.96875,
    oneMinusBeta2: 0.03125,
    correction1: 8,
    correction2: 32,
    epsilon: 1 / 65536,
    gradientScale: 0.5,
    decay: 1 / 1024,
  };
  for (const [name, value] of Object.entries(scalars)) {
    arena.floats[b.scalars + OptimizerScalar[name as keyof typeof OptimizerScalar]] = value;
  }
}

/** FNV-1a over the bits of words of the arena, 8 hexadecimal digits. */
function hashWords(arena: Arena, ranges: readonly (readonly [offset: number, count: number])[]): string {
  let hash = 0x811c9dc5;
  for (const [offset, count] of ranges) {
    for (const word of arena.integers.subarray(offset, offset + count)) {
      hash = Math.imul(hash ^ word, 0x01000193);
      hash ^= hash >>> 15;
    }
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** Runs the small step on an engine; the hash of all it computes. */
export function selfTestHash(engine: Engine, options: { threads?: number } = {}): string {
  const threads = options.threads ?? 1;
  const layout = new ArenaLayout();
  const b = planBuffers(layout, engine.attentionScratchWords({ T, D, threads }));
  const program = new Program();
  recordForward(program, b);
  recordBackward(program, b);
  program.place(layout);
  const arena = engine.createArena({ words: layout.words, threads });
  try {
    setInputs(arena, b);
    program.load(arena);
    program.run(arena);
    return hashWords(arena, [
      [b.embedding, V * C],
      [b.hidden, N * 4 * C],
      [b.losses, N],
      [b.dHidden, N * 4 * C],
      [b.dDown, 4 * C * C],
      [b.dQkv, 3 * N * C],
      [b.dx, N * C],
      [b.dGain, C],
      [b.dBias, C],
      [b.m, V * C],
      [b.v, V * C],
    ]);
  } finally {
    arena.release();
  }
}

/** Why an engine must not be used, or undefined where it computes what it should. */
export function selfTestProblem(engine: Engine): string | undefined {
  try {
    const hash = selfTestHash(engine);
    if (hash === SELF_TEST_HASH) return undefined;
    return `it fails its self-test: the hash of a small training step is ${hash}, not ${SELF_TEST_HASH}`;
  } catch (error) {
    return `it fails its self-test: ${error instanceof Error ? error.message : String(error)}`;
  }
}
