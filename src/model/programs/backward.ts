// The backward pass: gradients of the mean loss with respect to every parameter, in the reverse order of forward.ts.
// Gradients of parameters are added to; those of activations are overwritten.
import { Epilogue } from '../../kernels/operations.ts';
import type { Program } from '../../kernels/program.ts';
import type { ActivationGradients, ChunkActivations, LayerActivations } from './activations.ts';
import type { ModelParts } from './forward.ts';
import type { BlockPanels } from './panels.ts';
import type { BlockOffsets, LinearOffsets, NormOffsets, WeightOffsets } from './weights.ts';

/** Where the backward pass writes. */
export interface GradientParts {
  /** Gradients of the parameters. */
  readonly parameters: WeightOffsets;
  /**
   * Gradient of the token embedding as the model's input, [V][C]. Apart from the head's where the two are tied and
   * added at the end: otherwise the order of the sum would depend on the chunks.
   */
  readonly inputEmbedding: number;
  readonly activations: ActivationGradients;
}

interface Pass {
  readonly program: Program;
  readonly model: ModelParts;
  readonly chunk: ChunkActivations;
  readonly gradients: GradientParts;
}

/** dx (+)= norm'(x) dy; gradients of gain and bias. [N][C] -> [N][C] */
function recordNormBackward(
  { program, model, chunk, gradients }: Pass,
  norms: { weights: NormOffsets; gradients: NormOffsets },
  io: { x: number; stats: number; accumulate: 0 | 1 },
): void {
  const { C, config } = model.shape;
  const { dx, dNormalised } = gradients.activations;
  const common = {
    rows: chunk.N,
    width: C,
    ...io,
    gain: norms.weights.gain,
    dy: dNormalised,
    dx,
    dGain: norms.gradients.gain,
  };
  if (config.norm === 'rmsnorm') program.record('rmsNormBackward', common);
  else program.record('layerNormBackward', { ...common, dBias: norms.gradients.bias });
}

/** dW += x^T dy; db += sum of rows of dy. x [N][in], dy [N][out] */
function recordLinearGradient(
  { program, chunk }: Pass,
  target: LinearOffsets,
  io: { x: number; K: number; dy: number; columns: number },
): void {
  const { x, K, dy, columns } = io;
  const rows = chunk.N;
  program.record('matmulWeightGradient', {
    rows,
    K,
    columns,
    X: x,
    ldx: K,
    dY: dy,
    ldy: columns,
    dW: target.weight,
    ldw: columns,
  });
  if (target.bias !== 0)
    program.record('columnSum', { rows, columns, x: dy, ldx: columns, sums: target.bias });
}

/** dInput = dOutput W^T, times `factor` where given. [N][K] -> [N][columns] */
function recordInputGradient(
  { program, chunk }: Pass,
  io: { dOutput: number; K: number; panels: number; dInput: number; columns: number; factor?: number },
): void {
  program.record('matmul', {
    rows: chunk.N,
    columns: io.columns,
    K: io.K,
    A: io.dOutput,
    lda: io.K,
    panels: io.panels,
    bias: 0,
    C: io.dInput,
    ldc: io.columns,
    epilogue: io.factor === undefined ? Epilogue.store : Epilogue.multiply,
    aux: io.factor ?? 0,
    aux2: 0,
  });
}

/** Through middle + gelu(norm(middle) W1 + b1) W2 + b2: dx of the output becomes dx of `middle`. */
function recordMlpBackward(pass: Pass, l: number): void {
  const { model, chunk, gradients } = pass;
  const { C } = model.shape;
  const a = chunk.layers[l] as LayerActivations;
  const panels = model.panels.blocks[l] as BlockPanels;
  const weights = model.weights.blocks[l] as BlockOffsets;
  const target = gradients.parameters.blocks[l] as BlockOffsets;
  const { dx, dHidden, dNormalised } = gradients.activations;
  // [N][C] -> [N][4C], times gelu'
  recordInputGradient(pass, {
    dOutput: dx,
    K: C,
    panels: panels.contractionTransposed,
    dInput: dHidden,
    columns: 4 * C,
    factor: a.hiddenDerivative,
  });
  recordLinearGradient(pass, target.contraction, { x: a.hidden, K: 4 * C, dy: dx, columns: C });
  // [N][4C] -> [N][C]
  recordInputGradient(pass, {
    dOutput: dHidden,
    K: 4 * C,
    panels: panels.expansionTransposed,
    dInput: dNormalised,
    columns: C,
  });
  recordLinearGradient(pass, target.expansion, { x: a.normalised2, K: C, dy: dHidden, columns: 4 * C });
  const norms = { weights: weights.norm2, gradients: target.norm2 };
  recordNormBackward(pass, norms, { x: a.middle, stats: a.statistics2, accumulate: 1 });
}

/** Gradients of queries, keys and values from that of the heads' output. [H][N][D] -> [N][3C] */
function recordHeadsBackward({ program, model, chunk, gradients }: Pass, a: LayerActivations): void {
  const { H, D, C } = model.shape;
  const { dy, dqkv } = gradients.activations;
  program.record('attentionBackward', {
    sequences: chunk.sequences,
    T: chunk.T,
    heads: H,
    D,
    qkv: a.qkv,
    P: a.probabilities,
    y: a.y,
    dY: dy,
    dqkv,
    scratch: chunk.attentionScratch,
  });
  if (model.rotary.cosines === 0) return;
  // a row of dqkv holds 2H heads of queries and keys, side by side
  const place = { heads: 2 * H, rows: chunk.N, D, x: dqkv, headStride: D, rowStride: 3 * C };
  const { cosines, sines } = model.rotary;
  program.record('rope', { ...place, rowPositions: chunk.rowPositions, cosines, sines, inverse: 1 });
}

/** Through x + attention(norm(x)): dx of `middle` becomes dx of x. */
function recordAttentionBackward(pass: Pass, l: number): void {
  const { program, model, chunk, gradients } = pass;
  const { C, D, H } = model.shape;
  const a = chunk.layers[l] as LayerActivations;
  const panels = model.panels.blocks[l] as BlockPanels;
  const weights = model.weights.blocks[l] as BlockOffsets;
  const target = gradients.parameters.blocks[l] as BlockOffsets;
  const { dx, dy, dqkv, dNormalised } = gradients.activations;
  // [N][C] -> [H][N][D]
  program.record('matmulHeads', {
    rows: chunk.N,
    n: D,
    groups: H,
    K: C,
    A: dx,
    lda: C,
    panels: panels.projectionTransposed,
    bias: 0,
    C: dy,
  });
  recordLinearGradient(pass, target.attentionProjection, { x: a.y, K: C, dy: dx, columns: C });
  recordHeadsBackward(pass, a);
  // [N][3C] -> [N][C]
  recordInputGradient(pass, {
    dOutput: dqkv,
    K: 3 * C,
    panels: panels.attentionTransposed,
    dInput: dNormalised,
    columns: C,
  });
  recordLinearGradient(pass, target.attention, { x: a.normalised1, K: C, dy: dqkv, columns: 3 * C });
  const norms = { weights: weights.norm1, gradients: target.norm1 };
  recordNormBackward(pass, norms, { x: a.x, stats: a.statistics1, accumulate: 1 });
}

/** Losses, and through logits = f E^T: gradients of f and of the output embedding. */
function recordHeadBackward({ program, model, chunk, gradients }: Pass): void {
  const { C, V } = model.shape;
  program.record('headLossBackward', {
    rows: chunk.N,
    width: C,
    vocabulary: V,
    h: chunk.normalised,
    panelsT: model.panels.headTransposed,
    panels: model.panels.head,
    targets: chunk.targets,
    weights: chunk.lossWeights,
    losses: chunk.losses,
    dH: gradients.activations.dNormalised,
    dE: gradients.parameters.head,
    scratch: chunk.headScratch,
  });
}

/** Records the backward pass of a chunk, from the losses to the embeddings. */
export function recordBackward(
  program: Program,
  model: ModelParts,
  chunk: ChunkActivations,
  gradients: GradientParts,
): void {
  const pass: Pass = { program, model, chunk, gradients };
  recordHeadBackward(pass);
  const norms = { weights: model.weights.finalNorm, gradients: gradients.parameters.finalNorm };
  recordNormBackward(pass, norms, { x: chunk.last, stats: chunk.statistics, accumulate: 0 });
  for (let l = model.shape.L - 1; l >= 0; l--) {
    recordMlpBackward(pass, l);
    recordAttentionBackward(pass, l);
  }
  program.record('embedBackward', {
    tokens: chunk.tokens,
    rows: chunk.N,
    width: model.shape.C,
    dOut: gradients.activations.dx,
    dTable: gradients.inputEmbedding,
    dPositionTable: gradients.parameters.positionEmbedding,
    rowPositions: chunk.rowPositions,
  });
}
