// The GPT: a decoder-only transformer (Radford et al. 2019) over the kernel table, to train and to ask.
import type { ModelConfig } from '../config/schema/schema.ts';
import { InputError } from '../core/errors.ts';
import { cos, pow, sin } from '../core/math.ts';
import { Evaluation } from './evaluation.ts';
import type { ModelParts } from './forward.ts';
import { Generator } from './generation.ts';
import { type GptOptions, type GptPlan, planGpt } from './gpt-plan.ts';
import type { LanguageModel } from './language-model.ts';
import { ModelMemory } from './memory.ts';
import { initialiseParameters, type ParameterTable } from './parameters.ts';
import type { ModelShape } from './shape.ts';
import { checkSequences } from './token-check.ts';
import { type OptimizerUpdate, type SequenceLosses, Training, type TrainingBatch } from './training.ts';
import type { TrainingPlan, TrainingShape } from './training-plan.ts';

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
  readonly #plan: GptPlan;
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

/** @throws InputError for a name too many or too few, or a wrong number of values. */
export function checkWeights(weights: ReadonlyMap<string, Floats>, table: ParameterTable): void {
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
