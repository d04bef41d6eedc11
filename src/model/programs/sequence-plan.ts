// The plan of gradients of single sequences: a block of parameters' gradients of their own, and the programs that
// fill it and add it, scaled, to the gradient of the step.
import { Limits } from '../../kernels/operations.ts';
import { type ArenaLayout, Program } from '../../kernels/program.ts';
import type { ParameterTable } from '../parameters.ts';
import type { ChunkActivations, TrainingWorkspace } from './activations.ts';
import { recordBackward } from './backward.ts';
import { type ModelParts, recordForward } from './forward.ts';
import { locateWeights } from './weights.ts';

/** Places and programs for gradients of single sequences. */
export interface SequencePlan {
  /** Activations of one sequence. */
  readonly chunk: ChunkActivations;
  /** Gradient of one sequence, in the layout of the parameters. */
  readonly gradientBase: number;
  /** Sums of squares of its blocks. */
  readonly partials: number;
  /** f32: what the gradient is multiplied by before it is added. */
  readonly scale: number;
  readonly programs: {
    /** Losses, gradient and partial sums of squares of one sequence. */
    readonly compute: Program;
    /** gradient of the step += scale x gradient of the sequence */
    readonly add: Program;
  };
}

/** Reserves the block, and records both programs. */
export function planSequence(
  layout: ArenaLayout,
  { chunk, gradients }: TrainingWorkspace,
  options: { model: ModelParts; table: ParameterTable; stepGradientBase: number },
): SequencePlan {
  const { model, table, stepGradientBase } = options;
  const { V, C, config } = model.shape;
  const gradientBase = layout.reserve(table.words);
  const parameters = locateWeights(table, model.shape, gradientBase);
  const inputEmbedding = config.tied ? layout.reserve(V * C) : parameters.tokenEmbedding;
  const scale = layout.reserve(1);
  const partials = layout.reserve(Math.ceil(table.words / Limits.sumSquaresBlock));
  const compute = new Program();
  compute.record('zero', { dst: gradientBase, count: table.words });
  if (config.tied) compute.record('zero', { dst: inputEmbedding, count: V * C });
  recordForward(compute, model, chunk);
  recordBackward(compute, model, chunk, { parameters, inputEmbedding, activations: gradients });
  if (config.tied) compute.record('add', { dst: parameters.head, src: inputEmbedding, count: V * C });
  compute.record('sumSquares', { count: table.words, x: gradientBase, partials });
  const add = new Program();
  add.record('addScaled', { dst: stepGradientBase, src: gradientBase, scale, count: table.words });
  for (const program of [compute, add]) program.place(layout);
  return { chunk, gradientBase, partials, scale, programs: { compute, add } };
}
