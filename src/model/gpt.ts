// The GPT: a decoder-only transformer (Radford et al. 2019) over the kernel table, to train and to ask.
import type { ModelConfig } from '../config/schema/schema.ts';
import { checkLayer, checkSequences, checkTrainingArrays, checkWeights } from './checks.ts';
import { Evaluation } from './evaluation.ts';
import { Generator } from './generation.ts';
import { type GptOptions, type GptPlan, planGpt } from './gpt-plan.ts';
import type { LanguageModel } from './language-model.ts';
import { initialiseParameters, type ParameterTable } from './parameters.ts';
import type { ModelParts } from './programs/forward.ts';
import { ModelMemory } from './programs/memory.ts';
import type { TrainingPlan } from './programs/training-plan.ts';
import { eachRotaryAngle } from './rotary.ts';
import type { ModelShape } from './shape.ts';
import { type ModelSignal, UnsupportedSignalError } from './signals.ts';
import type {
  InputGradient,
  InputGradientRequest,
  OptimizerUpdate,
  SequenceLosses,
  TrainableModel,
  TrainingArrays,
  TrainingBatch,
  TrainingShape,
  WeighSequence,
} from './trainable-model.ts';
import { Training } from './training.ts';

/** What trains and evaluates: the GPT of the kernels. */
export type Gpt = TrainableModel;

type Floats = Float32Array | Float64Array;

function fillRotaryTables({ shape, rotary }: ModelParts, floats: Floats): void {
  if (rotary.cosines === 0) return;
  eachRotaryAngle(shape, ({ position, i, cosine, sine }) => {
    const at = (position * shape.D) / 2 + i;
    floats[rotary.cosines + at] = cosine;
    floats[rotary.sines + at] = sine;
  });
}

/** The GPT of this folder. */
class KernelGpt implements TrainableModel {
  readonly config: ModelConfig;
  readonly vocabularySize: number;
  readonly shape: ModelShape;
  readonly table: ParameterTable;
  readonly parameters: number;
  readonly memoryBytes: number;
  readonly engineDetail: string;
  readonly trainingShape: TrainingShape | undefined;
  readonly signals: readonly ModelSignal[];
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
    this.signals = [
      ...(plan.training?.sequence === undefined ? [] : (['sequence-gradients'] as const)),
      ...(plan.training === undefined ? [] : (['input-gradients'] as const)),
      ...(['hidden-states', 'steered-generation'] as const),
    ];
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

  generateStepwise(request: Parameters<LanguageModel['generate']>[0]) {
    return this.#generator.generateStepwise(request);
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

  hiddenStates(sequences: readonly ArrayLike<number>[], { layer }: { layer: number | 'head' }): Floats[] {
    this.#check(sequences, { what: 'sequence', minimum: 1, maximum: this.shape.T });
    checkLayer(layer, this.shape);
    return this.#evaluation.hiddenStates(sequences, layer);
  }

  beginStep(unmaskedTokens: number): void {
    this.#trainable().beginStep(unmaskedTokens);
  }

  accumulateGradient(batch: TrainingBatch): SequenceLosses {
    return this.#trainable().accumulateGradient(batch);
  }

  accumulateSequences(batch: TrainingBatch, weigh: WeighSequence): SequenceLosses {
    this.#require('sequence-gradients', 'Create the model with `training.sequenceGradients`.');
    return this.#trainable().accumulateSequences(batch, weigh);
  }

  addToGradient(values: Float32Array, scale: number): void {
    this.#trainable().addToGradient(values, scale);
  }

  inputGradients(requests: readonly InputGradientRequest[]): InputGradient[] {
    this.#require('input-gradients', 'Create the model with `training`.');
    return this.#trainable().inputGradients(requests);
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
    checkTrainingArrays(arrays, this.table);
    const { firstMomentBase, secondMomentBase } = this.#plan.training as TrainingPlan;
    const bases = {
      parameters: this.#plan.parameterBase,
      firstMoments: firstMomentBase,
      secondMoments: secondMomentBase,
    };
    for (const name of ['parameters', 'firstMoments', 'secondMoments'] as const) {
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

  #require(signal: ModelSignal, remedy: string): void {
    if (this.signals.includes(signal)) return;
    throw new UnsupportedSignalError({ signal, engine: 'This model', remedy });
  }

  #trainable(): Training {
    if (this.#training === undefined) throw new Error('this model was created without `training`');
    return this.#training;
  }
}

/**
 * Creates a model; its weights are zero until `initialise`, `setWeights` or `importTraining`.
 * @throws InputError for a shape that does not fit; ArenaError when the memory cannot be had.
 */
export function createGpt(options: GptOptions): TrainableModel {
  return new KernelGpt(options);
}
