// A run's model measured after a step: what its record holds of a checkpoint.
import { poisonsOf } from '../config/poisons.ts';
import type { PhaseConfig, RunConfig } from '../config/schema/schema.ts';
import { DivergenceError } from '../core/errors.ts';
import { evaluateCheckpoint } from '../evaluate/evaluate-checkpoint.ts';
import type { TrainableModel } from '../model/trainable-model.ts';
import type { TrainEvent } from '../train/train-phase.ts';
import type { PhaseData } from './phase/phase-data.ts';
import type { RunInputs } from './run-inputs.ts';
import type { CheckpointRecord, PoisonSeen, RunProgress } from './run-progress.ts';

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

/** Evaluates a model as it is after a step, and writes down what is found. */
export function measureModel(
  { config, inputs, progress }: { config: RunConfig; inputs: RunInputs; progress: RunProgress },
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
