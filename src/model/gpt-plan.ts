// Everything about a GPT that is decided before its arena exists: where its buffers lie and how large it is.
import type { ModelConfig } from '../config/schema/schema.ts';
import { InputError } from '../core/errors.ts';
import { roundUpTo16 } from '../kernels/attention-scratch.ts';
import type { Engine } from '../kernels/engine.ts';
import { Limits } from '../kernels/operations.ts';
import { ArenaLayout, Program } from '../kernels/program.ts';
import { evaluationProgramWords, largestEvaluationPlans } from './evaluation.ts';
import { type ParameterTable, parameterTable } from './parameters.ts';
import { chunkSequences, type Scratch } from './programs/activations.ts';
import type { ModelParts } from './programs/forward.ts';
import {
  generationProgramWords,
  generationRows,
  planGenerationWorkspace,
} from './programs/generation-plan.ts';
import { Workspace } from './programs/memory.ts';
import { planPanels, recordPacking } from './programs/panels.ts';
import { planTraining, planTrainingWorkspace, type TrainingPlan } from './programs/training-plan.ts';
import { locateWeights } from './programs/weights.ts';
import { type ModelShape, modelShape } from './shape.ts';
import type { TrainingShape } from './trainable-model.ts';

/** What a model is made of. */
export interface GptOptions {
  readonly config: ModelConfig;
  readonly vocabularySize: number;
  readonly engine: Engine;
  /** Threads, 1 by default; they change no bits. WebAssembly and the reference ignore them. */
  readonly threads?: number;
  /** Without it the model is for inference only, and takes half the memory or less. */
  readonly training?: {
    /** Sequences of a micro-batch. */
    readonly sequences: number;
    /** Tokens of a training sequence; the context by default. */
    readonly tokens?: number;
    /** Sequences that go through the model together; the fastest divisor by default. It changes no bits. */
    readonly chunkSequences?: number;
    /** Gradients of single sequences will be needed: one more block of the parameters' size. False by default. */
    readonly sequenceGradients?: boolean;
  };
}

/** Places and programs of a model. */
export interface GptPlan {
  readonly model: ModelParts;
  readonly table: ParameterTable;
  readonly parameterBase: number;
  readonly packing: Program;
  readonly workspace: Workspace;
  readonly scratch: Scratch;
  readonly training: TrainingPlan | undefined;
  readonly slots: { readonly evaluation: number; readonly advance: number; readonly sample: number };
  readonly words: number;
}

function trainingShape(
  { T, C }: ModelShape,
  training: GptOptions['training'],
  threads: number,
): TrainingShape | undefined {
  if (training === undefined) return undefined;
  const { sequences, tokens = T } = training;
  const chunk = training.chunkSequences ?? chunkSequences(sequences, { T: tokens, C, threads });
  const fits = Number.isInteger(tokens) && tokens >= 1 && tokens <= T;
  if (!fits) throw new InputError(`training sequences have ${tokens} tokens; the context takes 1 to ${T}`);
  if (
    !(Number.isInteger(sequences) && sequences >= 1 && Number.isInteger(chunk) && sequences % chunk === 0)
  ) {
    throw new InputError(
      `${sequences} sequences a micro-batch cannot be cut into chunks of ${chunk}; choose a divisor`,
    );
  }
  return { sequences, T: tokens, chunkSequences: chunk };
}

/** Places everything in an arena that does not exist yet. */
export function planGpt({ config, vocabularySize, engine, threads = 1, training }: GptOptions): GptPlan {
  const shape = modelShape(config, vocabularySize);
  const table = parameterTable(shape);
  const batch = trainingShape(shape, training, threads);
  const scratch: Scratch = {
    attentionWords: engine.attentionScratchWords({ T: shape.T, D: shape.D, threads }),
    headWords: Limits.headRows * roundUpTo16(shape.V),
  };
  const layout = new ArenaLayout();
  const parameterBase = layout.reserve(table.words);
  const rotaryWords = (shape.T * shape.D) / 2;
  const rope = config.positions === 'rope';
  const model: ModelParts = {
    shape,
    weights: locateWeights(table, shape, parameterBase),
    panels: planPanels((words) => layout.reserve(words), shape, batch !== undefined),
    rotary: {
      cosines: rope ? layout.reserve(rotaryWords) : 0,
      sines: rope ? layout.reserve(rotaryWords) : 0,
    },
  };
  const packing = new Program();
  recordPacking(packing, shape, model.weights, model.panels);
  packing.place(layout);
  const workspace = new Workspace(layout, [
    ...(batch === undefined ? [] : [planTrainingWorkspace(model, batch, scratch)]),
    ...largestEvaluationPlans(model, scratch),
    planGenerationWorkspace(shape, { rows: generationRows(shape), T: shape.T }),
  ]);
  const generationWords = generationProgramWords(model, workspace);
  return {
    model,
    table,
    parameterBase,
    packing,
    workspace,
    scratch,
    training:
      batch &&
      planTraining(layout, workspace, {
        ...{ model, table, parameterBase, shape: batch, scratch },
        sequenceGradients: training?.sequenceGradients ?? false,
      }),
    slots: {
      evaluation: layout.reserve(evaluationProgramWords(model, workspace, scratch)),
      advance: layout.reserve(generationWords),
      sample: layout.reserve(generationWords),
    },
    words: layout.words,
  };
}

/** Memory that a model will take, in bytes, known before any is allocated. */
export function gptMemoryBytes(options: GptOptions): number {
  return planGpt(options).words * 4;
}
