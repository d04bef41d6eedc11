// One run from its inputs to evaluated weights: phase after phase, each trained and evaluated. A generator of events:
// it reads no file, prints nothing, and between events nothing runs.
import { tokensPerStep } from '../config/count-parameters.ts';
import { poisonsOf } from '../config/poisons.ts';
import type { ModelConfig, PhaseConfig, RunConfig } from '../config/schema/schema.ts';
import { DivergenceError } from '../core/errors.ts';
import { sha256Hex } from '../core/hash.ts';
import type { PhaseDefences } from '../defend/registry.ts';
import { evaluateCheckpoint } from '../evaluate/evaluate-checkpoint.ts';
import { encodeModel } from '../model/stored-model.ts';
import type { TrainableModel, TrainingArrays } from '../model/trainable-model.ts';
import { checkNeeds, type TrainEvent, trainPhase } from '../train/train-phase.ts';
import { evaluationSteps } from './evaluation-steps.ts';
import { buildPhaseData, type PhaseData } from './phase/phase-data.ts';
import { type PhaseTraining, phaseDefences, phaseTraining } from './phase/phase-defences.ts';
import type { RunInputs } from './run-inputs.ts';
import { type CheckpointRecord, emptyProgress, type PoisonSeen, type RunProgress } from './run-progress.ts';

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
}

/** A step after which a run was stopped. */
export interface ResumePoint {
  /** Index of the phase, from 0. */
  readonly phase: number;
  /** Steps of the phase done. */
  readonly optimizerStep: number;
  readonly arrays: TrainingArrays;
}

/** A phase of a run while it goes on. */
export interface RunningPhase {
  readonly phase: PhaseConfig;
  readonly index: number;
  readonly data: PhaseData;
  /** Steps and tokens of the phases before it. */
  readonly stepsBefore: number;
  readonly tokensBefore: number;
}

/** A step that was taken, now or when the run's weights were trained. */
export type TakenStep = Pick<TrainEvent, 'optimizerStep' | 'tokensTrained' | 'lossNats'>;

/** What happens in a run, in order. The model may be read until the next event is requested. */
export type TrainRunEvent =
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

/**
 * Trains and evaluates a run: an event for each phase, optimizer step and checkpoint, then the SHA-256 of the weights as
 * the command line records it. Losses are in nats a token. Its model is released when the generator ends, however it ends.
 * @throws DivergenceError when training leaves the finite numbers; `progress` holds what was found before
 */
export async function* trainRun(options: TrainRunOptions): AsyncGenerator<TrainRunEvent, void, void> {
  const { config, inputs, resume, progress = emptyProgress() } = options;
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
        yield* trainAndEvaluate({ ...options, progress, defences }, running, model, startStep);
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
  {
    config,
    inputs,
    progress,
    defences,
  }: TrainRunOptions & { progress: RunProgress; defences: PhaseDefences },
  running: RunningPhase,
  model: TrainableModel,
  startStep: number,
): AsyncGenerator<TrainRunEvent, void, void> {
  const { optimizer, schedule } = running.phase;
  const { batches } = running.data;
  const evaluated = new Set(
    evaluationSteps(config.evaluation, {
      phase: running.phase.name,
      optimizerSteps: batches.optimizerSteps,
    }),
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

/** Evaluates a model as it is after a step, and writes down what is found. */
export function measureModel(
  { config, inputs, progress }: Pick<TrainRunOptions, 'config' | 'inputs'> & { progress: RunProgress },
  running: RunningPhase,
  { model, step }: { model: TrainableModel; step: TakenStep },
): CheckpointRecord {
  const full = step.optimizerStep === running.data.batches.optimizerSteps;
  const { samples, ...measured } = atStep(step, () =>
    evaluateCheckpoint(model, inputs.evaluation, {
      full,
      keepScores: full && running.index === config.phases.length - 1,
      seed: config.seed,
      decode: inputs.tokenizer.decode,
    }),
  );
  const record = checkpointRecord(running, { step, full, measured, progress, config });
  progress.checkpoints.push(record);
  progress.lossSum = 0;
  progress.lossSteps = 0;
  if (full) progress.samples = [...samples];
  return record;
}

/** A model counts its own updates: one that goes on from a saved state does not know the step of the phase. */
function atStep<T>({ optimizerStep }: TakenStep, evaluate: () => T): T {
  try {
    return evaluate();
  } catch (error) {
    if (!(error instanceof DivergenceError)) throw error;
    const { what, lastLossesNats } = error;
    throw new DivergenceError({ optimizerStep, lastLossesNats, what });
  }
}

function checkpointRecord(
  running: RunningPhase,
  options: {
    step: TakenStep;
    full: boolean;
    measured: Omit<ReturnType<typeof evaluateCheckpoint>, 'samples'>;
    progress: RunProgress;
    config: RunConfig;
  },
): CheckpointRecord {
  const { step, full, measured, progress, config } = options;
  const { phase, data, stepsBefore, tokensBefore } = running;
  const seen = seenByNow(running, step, progress);
  return {
    phase: phase.name,
    checkpoint: progress.checkpoints.length + 1,
    full,
    optimizerStep: stepsBefore + step.optimizerStep,
    tokensTrained: tokensBefore + step.tokensTrained,
    phaseProgress: step.optimizerStep / data.batches.optimizerSteps,
    poisonedDocumentsSeen: seen.documents,
    poisonExposures: seen.exposures,
    ...(config.phases.some((own) => poisonsOf(own).length > 1)
      ? { seenByPoison: seenByPoison(running, step, progress) }
      : {}),
    trainLossNats: progress.lossSteps === 0 ? null : progress.lossSum / progress.lossSteps,
    ...measured,
  };
}

/** Poisoned documents seen in this phase and in those before it. */
function seenByNow({ index, data, phase }: RunningPhase, step: TakenStep, { checkpoints }: RunProgress) {
  const { documents, exposures } = data.seen(step.tokensTrained);
  const before = checkpoints.findLast((checkpoint) => checkpoint.phase !== phase.name);
  if (index === 0 || before === undefined) return { documents, exposures };
  return {
    documents: documents + before.poisonedDocumentsSeen,
    exposures: exposures + before.poisonExposures,
  };
}

/** The same of each poison by itself. */
function seenByPoison(
  { data, phase }: RunningPhase,
  step: TakenStep,
  { checkpoints }: RunProgress,
): PoisonSeen[] {
  const before = checkpoints.findLast((checkpoint) => checkpoint.phase !== phase.name);
  const own = data.poisons.map(({ phase: name, place }, index) => ({
    phase: name,
    ...(place === undefined ? {} : { place }),
    ...data.seen(step.tokensTrained, index),
  }));
  return [...(before?.seenByPoison ?? []), ...own];
}
