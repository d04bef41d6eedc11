// Buffers of one chunk: a few sequences that go through the model together.
import { roundUpTo16 } from '../../kernels/attention-scratch.ts';
import type { ModelShape } from '../shape.ts';
import type { Reserve } from './memory.ts';

/** Word offsets of what one block computes. */
export interface LayerActivations {
  /** Input of the block. [N][C] */
  readonly x: number;
  /** Normalised input. [N][C] */
  readonly normalised1: number;
  /** (mean, 1 / standard deviation) of each row. [N][2] */
  readonly statistics1: number;
  /** Queries, keys, values. [3H][N][D] */
  readonly qkv: number;
  /** Attention probabilities. [B'][H][T][T rounded up to 16]; 0: generation */
  readonly probabilities: number;
  /** Output of the heads. [N][C] */
  readonly y: number;
  /** x plus attention. [N][C] */
  readonly middle: number;
  /** [N][C] */
  readonly normalised2: number;
  /** [N][2] */
  readonly statistics2: number;
  /** gelu of the expansion. [N][4C] */
  readonly hidden: number;
  /** gelu' of the expansion. [N][4C]; 0 where no backward pass follows */
  readonly hiddenDerivative: number;
}

/** Word offsets of the residual stream's way through the model, for N rows. */
export interface StreamActivations {
  readonly N: number;
  /** i32 [N] */
  readonly tokens: number;
  /** Position of each row in its sequence, i32 [N]. */
  readonly rowPositions: number;
  readonly layers: readonly LayerActivations[];
  /** Output of the last block. [N][C] */
  readonly last: number;
  /** The same, normalised: what the head reads. [N][C] */
  readonly normalised: number;
  /** [N][2] */
  readonly statistics: number;
}

/** Word offsets of a chunk of whole sequences. */
export interface ChunkActivations extends StreamActivations {
  readonly sequences: number;
  /** Tokens of each sequence. */
  readonly T: number;
  /** i32 [N] */
  readonly targets: number;
  /** f32 [N] */
  readonly lossWeights: number;
  /** Loss of each row, nats. [N] */
  readonly losses: number;
  readonly attentionScratch: number;
  readonly headScratch: number;
}

/** Word offsets of the gradients of activations. */
export interface ActivationGradients {
  /** Of the residual stream. [N][C] */
  readonly dx: number;
  /** Of a normalised input, or of the head's input. [N][C] */
  readonly dNormalised: number;
  /** Of the hidden layer before gelu. [N][4C] */
  readonly dHidden: number;
  /** Of the heads' output. [H][N][D] */
  readonly dy: number;
  /** Of queries, keys, values. [N][3C] */
  readonly dqkv: number;
}

/** What training keeps in the workspace while a chunk goes through the model. */
export interface TrainingWorkspace {
  readonly chunk: ChunkActivations;
  readonly gradients: ActivationGradients;
}

/** Scratch words of the engine for one chunk. */
export interface Scratch {
  readonly attentionWords: number;
  readonly headWords: number;
}

function planLayer(
  reserve: Reserve,
  { C, H }: ModelShape,
  options: { N: number; probabilityWords: number; keep: boolean },
): LayerActivations {
  const { N } = options;
  return {
    x: reserve(N * C),
    normalised1: reserve(N * C),
    statistics1: reserve(2 * N),
    qkv: reserve(3 * N * C),
    probabilities: options.probabilityWords === 0 ? 0 : reserve(H * options.probabilityWords),
    y: reserve(N * C),
    middle: reserve(N * C),
    normalised2: reserve(N * C),
    statistics2: reserve(2 * N),
    hidden: reserve(4 * N * C),
    hiddenDerivative: options.keep ? reserve(4 * N * C) : 0,
  };
}

/**
 * Reserves the residual stream's buffers.
 * @param options.keep a backward pass follows: every layer has its own buffers; otherwise all layers share one set
 * @param options.probabilityWords words of one head's attention probabilities; 0: none are kept
 */
export function planStream(
  reserve: Reserve,
  shape: ModelShape,
  options: { N: number; probabilityWords: number; keep: boolean },
): StreamActivations {
  const { N, keep } = options;
  const { C, L } = shape;
  const first = planLayer(reserve, shape, options);
  const layers = Array.from({ length: L }, (_, l) =>
    l === 0 || !keep ? first : planLayer(reserve, shape, options),
  );
  return {
    N,
    tokens: reserve(N),
    rowPositions: reserve(N),
    layers,
    last: keep ? reserve(N * C) : first.x,
    normalised: reserve(N * C),
    statistics: reserve(2 * N),
  };
}

/** Reserves the buffers of a chunk of `sequences` sequences of T tokens. */
export function planChunk(
  reserve: Reserve,
  shape: ModelShape,
  options: { sequences: number; T: number; keep: boolean; scratch: Scratch },
): ChunkActivations {
  const { sequences, T, keep, scratch } = options;
  const N = sequences * T;
  return {
    ...planStream(reserve, shape, { N, probabilityWords: N * roundUpTo16(T), keep }),
    sequences,
    T,
    targets: reserve(N),
    lossWeights: reserve(N),
    losses: reserve(N),
    attentionScratch: reserve(scratch.attentionWords),
    headScratch: reserve(scratch.headWords),
  };
}

/** Reserves the gradients of a chunk's activations. */
export function planActivationGradients(reserve: Reserve, { C }: ModelShape, N: number): ActivationGradients {
  return {
    dx: reserve(N * C),
    dNormalised: reserve(N * C),
    dHidden: reserve(4 * N * C),
    dy: reserve(N * C),
    dqkv: reserve(3 * N * C),
  };
}

/** Up to this width the activations of few tokens pay, since then they stay in the second-level cache. */
const NARROW_WIDTH = 64;

/** Threads meet after every operation: with several, each operation is to be worth the meeting. */
const TOKENS_FOR_THREADS = 1024;

/**
 * Sequences a chunk: the largest divisor of a batch's with about 256 tokens at most, 128 in narrow models (wider ones
 * would read their weights too often), 1,024 with several threads. It changes speed, not bits.
 * @param options.C width of the model
 */
export function chunkSequences(
  sequences: number,
  { T, C, threads }: { T: number; C: number; threads: number },
): number {
  const tokens = threads > 1 ? TOKENS_FOR_THREADS : C <= NARROW_WIDTH ? 128 : 256;
  let chunk = 1;
  for (let divisor = 2; divisor <= sequences && divisor * T <= tokens; divisor++) {
    if (sequences % divisor === 0) chunk = divisor;
  }
  return chunk;
}
