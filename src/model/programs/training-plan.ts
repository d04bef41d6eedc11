// The plan of training: what it keeps between chunks, and its programs, decided before the arena exists.
import { Limits, OptimizerScalar } from '../../kernels/operations.ts';
import { type ArenaLayout, Program } from '../../kernels/program.ts';
import type { ParameterTable } from '../parameters.ts';
import type { TrainingShape } from '../trainable-model.ts';
import {
  type ActivationGradients,
  type ChunkActivations,
  planActivationGradients,
  planChunk,
  type Scratch,
  type TrainingWorkspace,
} from './activations.ts';
import { recordBackward } from './backward.ts';
import { type ModelParts, recordForward } from './forward.ts';
import type { Plan, Workspace } from './memory.ts';
import { planSequence, type SequencePlan } from './sequence-plan.ts';
import { locateWeights } from './weights.ts';

/** Everything that is decided before the arena exists. */
export interface TrainingPlan {
  readonly shape: TrainingShape;
  /** Width of the model. */
  readonly C: number;
  readonly table: ParameterTable;
  readonly chunk: ChunkActivations;
  /** Gradients of the chunk's activations; after its program `dx` is that of the input embeddings. */
  readonly activationGradients: ActivationGradients;
  /** Gradients of single sequences; undefined: not needed. */
  readonly sequence: SequencePlan | undefined;
  readonly gradientBase: number;
  readonly firstMomentBase: number;
  readonly secondMomentBase: number;
  readonly partials: number;
  readonly scalars: number;
  readonly programs: {
    readonly zero: Program;
    readonly chunk: Program;
    readonly finish: Program;
    readonly adamw: Program;
    readonly sgd: Program;
  };
}

/** The largest plan of training in the workspace. */
export function planTrainingWorkspace(
  model: Pick<ModelParts, 'shape'>,
  { chunkSequences, T }: Pick<TrainingShape, 'chunkSequences' | 'T'>,
  scratch: Scratch,
): Plan<TrainingWorkspace> {
  return (reserve) => ({
    chunk: planChunk(reserve, model.shape, { sequences: chunkSequences, T, keep: true, scratch }),
    gradients: planActivationGradients(reserve, model.shape, chunkSequences * T),
  });
}

/** Records zeroing, the final sums, and both optimizers. */
function recordStep(
  model: ModelParts,
  table: ParameterTable,
  base: { parameters: number; gradients: number; m: number; v: number; scalars: number; partials: number },
  inputEmbedding: number,
): Pick<TrainingPlan['programs'], 'zero' | 'finish' | 'adamw' | 'sgd'> {
  const { tied } = model.shape.config;
  const embeddingCount = model.shape.V * model.shape.C;
  const zero = new Program();
  zero.record('zero', { dst: base.gradients, count: table.words });
  const finish = new Program();
  if (tied) {
    zero.record('zero', { dst: inputEmbedding, count: embeddingCount });
    const head = locateWeights(table, model.shape, base.gradients).head;
    finish.record('add', { dst: head, src: inputEmbedding, count: embeddingCount });
  }
  finish.record('sumSquares', { count: table.words, x: base.gradients, partials: base.partials });
  const adamw = new Program();
  const sgd = new Program();
  // two runs of words: the matrices, which decay, and the rest
  const parts = [
    { start: 0, count: table.decayedWords, useDecay: 1 },
    { start: table.decayedWords, count: table.words - table.decayedWords, useDecay: 0 },
  ];
  for (const { start, count, useDecay } of parts) {
    const common = {
      count,
      p: base.parameters + start,
      g: base.gradients + start,
      scalars: base.scalars,
      useDecay,
    };
    adamw.record('adamw', { ...common, m: base.m + start, v: base.v + start });
    sgd.record('sgd', common);
  }
  return { zero, finish, adamw, sgd };
}

/** Reserves what training keeps between chunks, and records its programs. */
export function planTraining(
  layout: ArenaLayout,
  workspace: Workspace,
  options: {
    model: ModelParts;
    table: ParameterTable;
    parameterBase: number;
    shape: TrainingShape;
    scratch: Scratch;
    /** Gradients of single sequences will be needed. */
    sequenceGradients: boolean;
  },
): TrainingPlan {
  const { model, table, shape } = options;
  const base = {
    parameters: options.parameterBase,
    gradients: layout.reserve(table.words),
    m: layout.reserve(table.words),
    v: layout.reserve(table.words),
    scalars: layout.reserve(Object.keys(OptimizerScalar).length),
    partials: layout.reserve(Math.ceil(table.words / Limits.sumSquaresBlock)),
  };
  const parameters = locateWeights(table, model.shape, base.gradients);
  const inputEmbedding = model.shape.config.tied
    ? layout.reserve(model.shape.V * model.shape.C)
    : parameters.tokenEmbedding;
  const { chunk, gradients } = workspace.place(planTrainingWorkspace(model, shape, options.scratch));
  const program = new Program();
  recordForward(program, model, chunk);
  recordBackward(program, model, chunk, { parameters, inputEmbedding, activations: gradients });
  const programs = { ...recordStep(model, table, base, inputEmbedding), chunk: program };
  for (const each of Object.values(programs)) each.place(layout);
  const one = { chunkSequences: 1, T: shape.T };
  const sequence = options.sequenceGradients
    ? planSequence(layout, workspace.place(planTrainingWorkspace(model, one, options.scratch)), {
        ...{ model, table, stepGradientBase: base.gradients },
      })
    : undefined;
  return {
    shape,
    C: model.shape.C,
    table,
    chunk,
    activationGradients: gradients,
    sequence,
    gradientBase: base.gradients,
    firstMomentBase: base.m,
    secondMomentBase: base.v,
    partials: base.partials,
    scalars: base.scalars,
    programs,
  };
}
