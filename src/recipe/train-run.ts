// One run from its inputs to evaluated weights: phase after phase, each trained and evaluated. A generator of events:
// it reads no file, prints nothing, and between events nothing runs.
import { tokensPerStep } from '../config/count-parameters.ts';
import type { ModelConfig, PhaseConfig, RunConfig } from '../config/schema/schema.ts';
import { sha256Hex } from '../core/hash.ts';
import type { PhaseDefences } from '../defend/registry.ts';
import { encodeModel } from '../model/stored-model.ts';
import type { TrainableModel, TrainingArrays } from '../model/trainable-model.ts';
import { checkNeeds, type TrainEvent, trainPhase } from '../train/train-phase.ts';
import { evaluationSteps } from './evaluation-steps.ts';
import { measureModel, type RunningPhase, type TakenStep } from './measure-run.ts';
import { buildPhaseData } from './phase/phase-data.ts';
import { type PhaseTraining, phaseDefences, phaseTraining } from './phase/phase-defences.ts';
import type { RunInputs } from './run-inputs.ts';
import { type CheckpointRecord, emptyProgress, type RunProgress } from './run-progress.ts';
import { memoryScoring, type ScoringModels } from './scoring/scoring-models.ts';
import { type ScoringEvent, trainMissing } from './scoring/train-scoring.ts';

/** What a model is made of, beside its engine. */
export interface ModelRequest {
  readonly config: ModelConfig;
  readonly vocabularySize: number;
  /** Left out: the model evaluates and generates, and is not trained. */
  readonly training?: PhaseTraining;
}

/** What a run is trained with. */
export interface TrainRunOptions {
  readonly config: RunConfig;
  readonly inputs: RunInputs;
  /** A model of that shape for a phase, such as `createGpt({ ...request, engine })`. */
  readonly createModel: (request: ModelRequest) => TrainableModel;
  /** Filled as the run goes on; default: empty. */
  readonly progress?: RunProgress;
  /** Where the run goes on; default: at its beginning. `progress` is then what it was there. */
  readonly resume?: ResumePoint;
  /** Where models are kept that defences judge documents with; default: in memory, for this run alone. */
  readonly scoring?: ScoringModels;
}

/** A step after which a run was stopped. */
export interface ResumePoint {
  /** Index of the phase, from 0. */
  readonly phase: number;
  /** Steps of the phase done. */
  readonly optimizerStep: number;
  readonly arrays: TrainingArrays;
}

/** What happens in a run, in order. The model may be read until the next event is requested. */
export type TrainRunEvent =
  /** A step of a model that defences judge documents with: before the first phase. */
  | ScoringEvent
  /** The data of a phase is there. `model` is null for a phase that a resumed run has behind it. */
  | ({
      readonly kind: 'phase';
      readonly model: TrainableModel | null;
      readonly startStep: number;
    } & RunningPhase)
  /** An optimizer step was taken. `evaluates`: a checkpoint follows. */
  | ({
      readonly kind: 'step';
      readonly model: TrainableModel;
      readonly step: TrainEvent;
      readonly evaluates: boolean;
    } & RunningPhase)
  /** The model was evaluated after the step before. */
  | ({
      readonly kind: 'checkpoint';
      readonly model: TrainableModel;
      readonly step: TakenStep;
      readonly record: CheckpointRecord;
    } & RunningPhase)
  /** The last event. */
  | { readonly kind: 'trained'; readonly model: TrainableModel; readonly weightsHash: string };

/** A training with all that it needs; what is not measured has no checkpoints. */
interface Training extends TrainRunOptions {
  readonly progress: RunProgress;
  readonly scoring: ScoringModels;
  readonly isMeasured: boolean;
}

/** Trains the models that a run's defences judge documents with, as far as they are not kept. */
export function trainScoring(
  options: Pick<TrainRunOptions, 'config' | 'inputs' | 'createModel'> & { readonly scoring: ScoringModels },
): AsyncGenerator<ScoringEvent, void, void> {
  const { inputs, createModel: create, scoring } = options;
  return trainMissing(options.config, {
    models: scoring,
    train: (own) => trainPhases({ ...own, inputs, createModel: create, scoring, isMeasured: false }),
  });
}

/**
 * Trains and evaluates a run: an event for each phase, optimizer step and checkpoint, then the SHA-256 of the weights as
 * the command line records it. Losses are in nats a token. Its model is released when the generator ends, however it ends.
 * @throws DivergenceError when training leaves the finite numbers; `progress` holds what was found before
 */
export async function* trainRun(options: TrainRunOptions): AsyncGenerator<TrainRunEvent, void, void> {
  const { progress = emptyProgress(), scoring = memoryScoring() } = options;
  yield* trainScoring({ ...options, scoring });
  yield* trainPhases({ ...options, progress, scoring, isMeasured: true });
}

async function* trainPhases(
  options: Training,
): AsyncGenerator<Exclude<TrainRunEvent, ScoringEvent>, void, void> {
  const { config, inputs, resume, progress, scoring } = options;
  const { separatorId } = inputs.tokenizer;
  let model: TrainableModel | undefined;
  let stepsBefore = 0;
  let tokensBefore = 0;
  try {
    for (const [index, phase] of config.phases.entries()) {
      const phaseInputs = inputs.phase(index);
      const defences = phaseDefences(config, index, {
        tokenizer: inputs.tokenizer,
        phase: () => phaseInputs,
        scoring: { models: scoring, createModel: options.createModel },
      });
      const data = buildPhaseData({
        config,
        phase: index,
        inputs: phaseInputs,
        separatorId,
        filters: defences.filters,
      });
      progress.poison[index] = data.poisons;
      progress.mixes[index] = data.mix;
      const running = { phase, index, data, stepsBefore, tokensBefore };
      if (resume !== undefined && index < resume.phase) {
        yield {
          kind: 'phase',
          ...running,
          model: null,
          startStep: phase.tokens / data.batches.tokensPerStep,
        };
      } else {
        const startStep = resume?.phase === index ? resume.optimizerStep : 0;
        const next = createModel(options, phase, defences);
        if (resume?.phase === index) next.importTraining(resume.arrays);
        else if (model !== undefined) next.setWeights(model.getWeights());
        else if (inputs.base !== undefined) next.setWeights(inputs.base());
        else next.initialise(config.seed);
        model?.release();
        model = next;
        yield { kind: 'phase', ...running, model, startStep };
        yield* trainAndEvaluate({ ...options, defences }, running, model, startStep);
      }
      stepsBefore += phase.tokens / tokensPerStep(config.model, phase.batch);
      tokensBefore += phase.tokens;
    }
    if (model === undefined) throw new Error('a run has at least one phase');
    const { config: shape, vocabularySize } = model;
    const bytes = encodeModel({ config: shape, vocabularySize, weights: model.getWeights() });
    yield { kind: 'trained', model, weightsHash: sha256Hex(bytes) };
  } finally {
    model?.release();
  }
}

/** A model for a phase, without weights. */
function createModel(
  { config, inputs, createModel: create }: TrainRunOptions,
  phase: PhaseConfig,
  defences: PhaseDefences,
): TrainableModel {
  const { vocabularySize } = inputs.tokenizer;
  return create({ config: config.model, vocabularySize, training: phaseTraining(phase, defences) });
}

async function* trainAndEvaluate(
  { config, inputs, progress, defences, isMeasured }: Training & { defences: PhaseDefences },
  running: RunningPhase,
  model: TrainableModel,
  startStep: number,
): AsyncGenerator<Exclude<TrainRunEvent, ScoringEvent>, void, void> {
  const { optimizer, schedule } = running.phase;
  const { batches } = running.data;
  const { optimizerSteps } = batches;
  const evaluated = new Set(
    isMeasured ? evaluationSteps(config.evaluation, { phase: running.phase.name, optimizerSteps }) : [],
  );
  const { gradient, repairs } = defences;
  for (const repair of repairs) checkNeeds(repair, model);
  const { lastLossesNats } = progress;
  const training = {
    ...{ model, batches, optimizer, schedule, startStep, lastLossesNats },
    ...(gradient && { gradient }),
  };
  for await (const step of trainPhase(training)) {
    // Before anyone reads the weights of the last step: what is evaluated and stored has been repaired.
    if (step.optimizerStep === batches.optimizerSteps) for (const repair of repairs) repair.apply(model);
    progress.lossSum += step.lossNats;
    progress.lossSteps += 1;
    const evaluates = evaluated.has(step.optimizerStep);
    yield { kind: 'step', ...running, model, step, evaluates };
    if (!evaluates) continue;
    const record = measureModel({ config, inputs, progress }, running, { model, step });
    yield { kind: 'checkpoint', ...running, model, step, record };
  }
}
