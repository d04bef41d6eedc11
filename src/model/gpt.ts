// The GPT: a decoder-only transformer (Radford et al. 2019) over the kernel table, to train and to ask.
import type { ModelConfig } from '../config/schema.ts';
import { InputError } from '../core/errors.ts';
import { cos, pow, sin } from '../core/math.ts';
import { roundUpTo16 } from '../kernels/attention-scratch.ts';
import type { Engine } from '../kernels/engine.ts';
import { ArenaLayout, Program } from '../kernels/program.ts';
import { chunkSequences, type Scratch } from './activations.ts';
import { Evaluation, evaluationProgramWords, largestEvaluationPlans } from './evaluation.ts';
import type { ModelParts } from './forward.ts';
import { Generator, generationProgramWords, generationRows, planGenerationWorkspace } from './generation.ts';
import type { LanguageModel } from './language-model.ts';
import { ModelMemory, Workspace } from './memory.ts';
import { planPanels, recordPacking } from './panels.ts';
import { initialiseParameters, type ParameterTable, parameterTable } from './parameters.ts';
import { type ModelShape, modelShape } from './shape.ts';
import { checkSequences } from './token-check.ts';
import {
  type OptimizerUpdate,
  planTraining,
  planTrainingWorkspace,
  type SequenceLosses,
  Training,
  type TrainingBatch,
  type TrainingPlan,
  type TrainingShape,
} from './training.ts';
import { locateWeights } from './weights.ts';

/** What a model is made of. */
export interface GptOptions {
  readonly config: ModelConfig;
  readonly vocabularySize: number;
  readonly engine: Engine;
  /** Threads, 1 by default; they change no bits. WebAssembly and the reference ignore them. */
  readonly threads?: number;
  /** Left out: the model can be asked, not trained, and takes a fifth of the memory. */
  readonly training?: {
    /** Sequences of a micro-batch. */
    readonly sequences: number;
    /** Tokens of a training sequence; the context by default. */
    readonly tokens?: number;
    /** Sequences that go through the model together; the fastest divisor by default. It changes no bits. */
    readonly chunkSequences?: number;
  };
}

/** Arrays that training keeps, each with all parameters in the order of the table. */
export interface TrainingArrays {
  readonly parameters: Float32Array;
  readonly firstMoments: Float32Array;
  readonly secondMoments: Float32Array;
}

type Floats = Float32Array | Float64Array;

/** A GPT in memory. */
export interface Gpt extends LanguageModel {
  readonly shape: ModelShape;
  readonly table: ParameterTable;
  /** Memory of the model, its gradients, moments, activations and caches, in bytes. */
  readonly memoryBytes: number;
  /** Engine in words. */
  readonly engineDetail: string;
  /** Draws initial weights from the seed. */
  initialise(seed: string | number): void;
  /** Copies of all parameters by name, in the order of the table. */
  getWeights(): Map<string, Float32Array>;
  /** @throws InputError for a name too many or too few, or a wrong number of values. */
  setWeights(weights: ReadonlyMap<string, Float32Array | Float64Array>): void;
  /** Copies of all gradients by name; 64-bit only on the double-precision reference. Training only. */
  getGradients(): Map<string, Float32Array | Float64Array>;
  /** Logits after each token of each sequence. Per sequence [tokens][V] */
  logits(sequences: readonly ArrayLike<number>[]): (Float32Array | Float64Array)[];
  /** Sequences and tokens of a micro-batch; undefined: not for training. */
  readonly trainingShape: TrainingShape | undefined;
  /** Begins an optimizer step with so many unmasked tokens over all its micro-batches. */
  beginStep(unmaskedTokens: number): void;
  /** Adds the gradient of a micro-batch. The result's array is reused by the next call. */
  accumulateGradient(batch: TrainingBatch): SequenceLosses;
  /** Completes the gradient and returns its Euclidean norm. */
  finishGradient(): number;
  /** Changes the parameters. */
  applyOptimizer(update: OptimizerUpdate): void;
  /** Sets the optimizer's moments to zero. */
  resetMoments(): void;
  /** Copies of what a resumed training needs. */
  exportTraining(): TrainingArrays;
  /** @throws InputError if the arrays are of another model. */
  importTraining(arrays: TrainingArrays): void;
  /** Gives the memory back; the model is unusable afterwards. */
  release(): void;
}

interface Plan {
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

function trainingShape({ T }: ModelShape, training: GptOptions['training']): TrainingShape | undefined {
  if (training === undefined) return undefined;
  const { sequences, tokens = T } = training;
  const chunk = training.chunkSequences ?? chunkSequences(sequences, tokens);
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
function planGpt({ config, vocabularySize, engine, threads = 1, training }: GptOptions): Plan {
  const shape = modelShape(config, vocabularySize);
  const table = parameterTable(shape);
  const batch = trainingShape(shape, training);
  const scratch: Scratch = {
    attentionWords: engine.attentionScratchWords({ T: shape.T, D: shape.D, threads }),
    headWords: 64 * roundUpTo16(shape.V) * threads,
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
      batch && planTraining(layout, workspace, { model, table, parameterBase, shape: batch, scratch }),
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

/** Tables of the rotary positions: angle = position x base^(-2 i / D), i < D / 2. [T][D/2] each */
function fillRotaryTables({ shape, rotary }: ModelParts, floats: Floats): void {
  if (rotary.cosines === 0) return;
  const half = shape.D / 2;
  for (let i = 0; i < half; i++) {
    const frequency = pow(shape.config.ropeBase, (-2 * i) / shape.D);
    for (let position = 0; position < shape.T; position++) {
      const angle = position * frequency;
      floats[rotary.cosines + position * half + i] = cos(angle);
      floats[rotary.sines + position * half + i] = sin(angle);
    }
  }
}

/** The GPT of this folder. */
class KernelGpt implements Gpt {
  readonly config: ModelConfig;
  readonly vocabularySize: number;
  readonly shape: ModelShape;
  readonly table: ParameterTable;
  readonly parameters: number;
  readonly memoryBytes: number;
  readonly engineDetail: string;
  readonly trainingShape: TrainingShape | undefined;
  readonly #plan: Plan;
  readonly #memory: ModelMemory;
  readonly #training: Training | undefined;
  readonly #evaluation: Evaluation;
  readonly #generator: Generator;

  constructor(options: GptOptions) {
    const plan = planGpt(options);
    const { model, table, parameterBase, packing, workspace, scratch, slots } = plan;
    this.config = options.config;
    this.vocabularySize = options.vocabularySize;
    this.shape = model.shape;
    this.table = table;
    this.parameters = table.parameters;
    this.memoryBytes = plan.words * 4;
    this.engineDetail = options.engine.detail;
    this.trainingShape = plan.training?.shape;
    this.#plan = plan;
    const arena = options.engine.createArena({ words: plan.words, threads: options.threads ?? 1 });
    this.#memory = new ModelMemory(arena, { table, parameterBase, packing });
    fillRotaryTables(model, this.#memory.floats);
    this.#training = plan.training && new Training(this.#memory, plan.training, options.vocabularySize);
    this.#evaluation = new Evaluation(this.#memory, { model, workspace, scratch, slot: slots.evaluation });
    this.#generator = new Generator(this.#memory, { model, workspace, slots });
  }

  initialise(seed: string | number): void {
    const { floats } = this.#memory;
    initialiseParameters(this.table, this.shape, { seed, into: floats, base: this.#plan.parameterBase });
    this.#memory.markChanged();
  }

  getWeights(): Map<string, Float32Array> {
    const arrays = this.#slices(this.#plan.parameterBase);
    return new Map([...arrays].map(([name, values]) => [name, Float32Array.from(values)]));
  }

  setWeights(weights: ReadonlyMap<string, Floats>): void {
    checkWeights(weights, this.table);
    for (const { name, offset } of this.table.list) {
      this.#memory.floats.set(weights.get(name) as Floats, this.#plan.parameterBase + offset);
    }
    this.#memory.markChanged();
  }

  getGradients(): Map<string, Floats> {
    this.#trainable();
    return this.#slices((this.#plan.training as TrainingPlan).gradientBase);
  }

  generate(request: Parameters<LanguageModel['generate']>[0]) {
    return this.#generator.generate(request);
  }

  tokenLossesNats(sequences: readonly ArrayLike<number>[]): Float32Array[] {
    this.#check(sequences, { what: 'sequence', minimum: 2, maximum: this.shape.T + 1 });
    return this.#evaluation.tokenLossesNats(sequences);
  }

  nextTokenProbabilities(prompts: readonly ArrayLike<number>[]): Float32Array[] {
    this.#check(prompts, { what: 'prompt', minimum: 1, maximum: this.shape.T });
    return this.#evaluation.nextTokenProbabilities(prompts);
  }

  logits(sequences: readonly ArrayLike<number>[]): Floats[] {
    this.#check(sequences, { what: 'sequence', minimum: 1, maximum: this.shape.T });
    return this.#evaluation.logits(sequences);
  }

  beginStep(unmaskedTokens: number): void {
    this.#trainable().beginStep(unmaskedTokens);
  }

  accumulateGradient(batch: TrainingBatch): SequenceLosses {
    return this.#trainable().accumulateGradient(batch);
  }

  finishGradient(): number {
    return this.#trainable().finishGradient();
  }

  applyOptimizer(update: OptimizerUpdate): void {
    this.#trainable().applyOptimizer(update);
  }

  resetMoments(): void {
    this.#trainable().resetMoments();
  }

  exportTraining(): TrainingArrays {
    this.#trainable();
    const { firstMomentBase, secondMomentBase } = this.#plan.training as TrainingPlan;
    const copy = (base: number): Float32Array =>
      Float32Array.from(this.#memory.floats.subarray(base, base + this.table.words));
    return {
      parameters: copy(this.#plan.parameterBase),
      firstMoments: copy(firstMomentBase),
      secondMoments: copy(secondMomentBase),
    };
  }

  importTraining(arrays: TrainingArrays): void {
    this.#trainable();
    const { firstMomentBase, secondMomentBase } = this.#plan.training as TrainingPlan;
    const bases = {
      parameters: this.#plan.parameterBase,
      firstMoments: firstMomentBase,
      secondMoments: secondMomentBase,
    };
    for (const name of ['parameters', 'firstMoments', 'secondMoments'] as const) {
      const { length } = arrays[name];
      if (length !== this.table.words) {
        throw new InputError(
          `the training state has ${length} words of ${name}; this model has ${this.table.words}: it is another model's`,
        );
      }
      this.#memory.floats.set(arrays[name], bases[name]);
    }
    this.#memory.markChanged();
  }

  release(): void {
    this.#memory.arena.release();
  }

  #slices(base: number): Map<string, Floats> {
    const { floats } = this.#memory;
    return new Map(
      this.table.list.map(({ name, offset, count }) => [
        name,
        floats.slice(base + offset, base + offset + count),
      ]),
    );
  }

  #check(
    sequences: readonly ArrayLike<number>[],
    limits: { what: string; minimum: number; maximum: number },
  ): void {
    checkSequences(sequences, { ...limits, vocabularySize: this.vocabularySize });
  }

  #trainable(): Training {
    if (this.#training === undefined) throw new Error('this model was created without `training`');
    return this.#training;
  }
}

function checkWeights(weights: ReadonlyMap<string, Floats>, table: ParameterTable): void {
  const problems: string[] = [];
  for (const { name, count, shape } of table.list) {
    const found = weights.get(name)?.length;
    if (found === undefined) problems.push(`weights: ${name} is missing; is this another model's file?`);
    else if (found !== count) {
      problems.push(`weights: ${name} has ${found} values; this model needs ${shape.join(' x ')} = ${count}`);
    }
  }
  for (const name of weights.keys()) {
    if (!table.byName.has(name)) problems.push(`weights: ${name} is not a parameter of this model`);
  }
  if (problems.length > 0) throw new InputError(problems.map((message) => ({ message })));
}

/**
 * Creates a model; its weights are zero until `initialise`, `setWeights` or `importTraining`.
 * @throws InputError for a shape that does not fit; ArenaError when the memory cannot be had.
 */
export function createGpt(options: GptOptions): Gpt {
  return new KernelGpt(options);
}
