// The forward pass of a pre-norm GPT (Radford et al. 2019), recorded as operations of the kernel table.
import { Epilogue } from '../../kernels/operations.ts';
import type { Program } from '../../kernels/program.ts';
import type { ModelShape } from '../shape.ts';
import type { ChunkActivations, LayerActivations, StreamActivations } from './activations.ts';
import type { BlockPanels, Panels } from './panels.ts';
import type { BlockOffsets, LinearOffsets, NormOffsets, WeightOffsets } from './weights.ts';

/** What every pass over the model needs to know of it. */
export interface ModelParts {
  readonly shape: ModelShape;
  readonly weights: WeightOffsets;
  readonly panels: Panels;
  /** Tables [T][D/2] of the rotary positions; 0: learned positions. */
  readonly rotary: { readonly cosines: number; readonly sines: number };
}

/** x_0[r] = E[token r] (+ position embedding). [N] -> [N][C] */
function recordEmbedding(program: Program, { shape, weights }: ModelParts, stream: StreamActivations): void {
  program.record('embed', {
    tokens: stream.tokens,
    rows: stream.N,
    width: shape.C,
    table: weights.tokenEmbedding,
    positionTable: weights.positionEmbedding,
    rowPositions: stream.rowPositions,
    out: (stream.layers[0] as LayerActivations).x,
  });
}

/** y = norm(x). [N][C] -> [N][C] */
function recordNorm(
  program: Program,
  { shape }: ModelParts,
  norm: NormOffsets,
  io: { rows: number; x: number; y: number; stats: number },
): void {
  const { gain, bias } = norm;
  if (shape.config.norm === 'rmsnorm') program.record('rmsNorm', { ...io, width: shape.C, gain });
  else program.record('layerNorm', { ...io, width: shape.C, gain, bias });
}

/** (q, k, v) = x W + b, head-major; rotary positions turn q and k. [N][C] -> [3H][N][D] */
function recordQueriesKeysValues(
  program: Program,
  model: ModelParts,
  layer: { weights: LinearOffsets; panels: number; activations: LayerActivations },
  { N, rowPositions }: StreamActivations,
): void {
  const { C, D, H } = model.shape;
  const { qkv, normalised1 } = layer.activations;
  program.record('matmulHeads', {
    rows: N,
    n: D,
    groups: 3 * H,
    K: C,
    A: normalised1,
    lda: C,
    panels: layer.panels,
    bias: layer.weights.bias,
    C: qkv,
  });
  if (model.rotary.cosines === 0) return;
  // queries and keys are the first 2H of the 3H groups
  const { cosines, sines } = model.rotary;
  const place = { heads: 2 * H, rows: N, D, x: qkv, headStride: N * D, rowStride: D, rowPositions };
  program.record('rope', { ...place, cosines, sines, inverse: 0 });
}

/** C = aux + A W + b. [N][K] -> [N][C] */
function recordIntoStream(
  program: Program,
  model: ModelParts,
  layer: { weights: LinearOffsets; panels: number },
  io: { rows: number; K: number; A: number; aux: number; C: number },
): void {
  const { C: columns } = model.shape;
  program.record('matmul', {
    ...io,
    columns,
    lda: io.K,
    panels: layer.panels,
    bias: layer.weights.bias,
    ldc: columns,
    epilogue: Epilogue.residual,
    aux2: 0,
  });
}

/** middle = x + attention(norm(x)). [N][C] -> [N][C] */
function recordAttention(
  program: Program,
  model: ModelParts,
  l: number,
  stream: StreamActivations,
  attend: (layer: LayerActivations, l: number) => void,
): void {
  const { C } = model.shape;
  const weights = model.weights.blocks[l] as BlockOffsets;
  const panels = model.panels.blocks[l] as BlockPanels;
  const a = stream.layers[l] as LayerActivations;
  const rows = stream.N;
  recordNorm(program, model, weights.norm1, { rows, x: a.x, y: a.normalised1, stats: a.statistics1 });
  const layer = { weights: weights.attention, panels: panels.attention, activations: a };
  recordQueriesKeysValues(program, model, layer, stream);
  attend(a, l);
  const projection = { weights: weights.attentionProjection, panels: panels.projection };
  recordIntoStream(program, model, projection, { rows, K: C, A: a.y, aux: a.x, C: a.middle });
}

/** out = middle + gelu(norm(middle) W1 + b1) W2 + b2. [N][C] -> [N][4C] -> [N][C] */
function recordMlp(program: Program, model: ModelParts, l: number, stream: StreamActivations): void {
  const { C } = model.shape;
  const weights = model.weights.blocks[l] as BlockOffsets;
  const panels = model.panels.blocks[l] as BlockPanels;
  const a = stream.layers[l] as LayerActivations;
  const rows = stream.N;
  recordNorm(program, model, weights.norm2, { rows, x: a.middle, y: a.normalised2, stats: a.statistics2 });
  program.record('matmul', {
    rows,
    columns: 4 * C,
    K: C,
    A: a.normalised2,
    lda: C,
    panels: panels.expansion,
    bias: weights.expansion.bias,
    C: a.hidden,
    ldc: 4 * C,
    epilogue: Epilogue.gelu,
    aux: 0,
    aux2: a.hiddenDerivative,
  });
  const out = stream.layers[l + 1]?.x ?? stream.last;
  const contraction = { weights: weights.contraction, panels: panels.contraction };
  recordIntoStream(program, model, contraction, { rows, K: 4 * C, A: a.hidden, aux: a.middle, C: out });
}

/** Records the embeddings and the first `blocks` blocks. [N] tokens -> [N][C] */
function recordBlocks(
  program: Program,
  model: ModelParts,
  stream: StreamActivations,
  { blocks, attend }: { blocks: number; attend: (layer: LayerActivations, l: number) => void },
): void {
  recordEmbedding(program, model, stream);
  for (let l = 0; l < blocks; l++) {
    recordAttention(program, model, l, stream, attend);
    recordMlp(program, model, l, stream);
  }
}

/**
 * Records the model up to the head's input. [N] tokens -> [N][C]
 * @param attend records attention of a layer: over whole sequences, or of one position over a cache
 */
export function recordStream(
  program: Program,
  model: ModelParts,
  stream: StreamActivations,
  attend: (layer: LayerActivations, l: number) => void,
): void {
  recordBlocks(program, model, stream, { blocks: model.shape.L, attend });
  const io = { rows: stream.N, x: stream.last, y: stream.normalised, stats: stream.statistics };
  recordNorm(program, model, model.weights.finalNorm, io);
}

/** Attention over whole sequences of a chunk. */
function attendChunk(
  program: Program,
  { shape: { H, D } }: ModelParts,
  chunk: ChunkActivations,
): (layer: LayerActivations) => void {
  return ({ qkv, probabilities, y }) =>
    program.record('attention', {
      sequences: chunk.sequences,
      T: chunk.T,
      heads: H,
      D,
      qkv,
      P: probabilities,
      y,
      scratch: chunk.attentionScratch,
    });
}

/** Records the forward pass of a chunk of whole sequences, without the head. */
export function recordForward(program: Program, model: ModelParts, chunk: ChunkActivations): void {
  recordStream(program, model, chunk, attendChunk(program, model, chunk));
}

/** Records the embeddings and the first `blocks` blocks of a chunk. [N] tokens -> [N][C] */
export function recordLayers(
  program: Program,
  model: ModelParts,
  chunk: ChunkActivations,
  blocks: number,
): void {
  recordBlocks(program, model, chunk, { blocks, attend: attendChunk(program, model, chunk) });
}

/** Losses of each row: logits [N][V] = f E^T, cross-entropy with the targets. */
export function recordHeadLoss(
  program: Program,
  { shape, panels }: ModelParts,
  chunk: ChunkActivations,
): void {
  program.record('headLoss', {
    rows: chunk.N,
    width: shape.C,
    vocabulary: shape.V,
    h: chunk.normalised,
    panelsT: panels.headTransposed,
    targets: chunk.targets,
    weights: chunk.lossWeights,
    losses: chunk.losses,
    scratch: chunk.headScratch,
  });
}

/** logits = f E^T. [rows][C] -> [rows][ldc] */
export function recordLogits(
  program: Program,
  { shape, panels }: ModelParts,
  io: { rows: number; A: number; C: number; ldc: number },
): void {
  program.record('matmul', {
    ...io,
    columns: shape.V,
    K: shape.C,
    lda: shape.C,
    panels: panels.headTransposed,
    bias: 0,
    epilogue: Epilogue.store,
    aux: 0,
    aux2: 0,
  });
}
