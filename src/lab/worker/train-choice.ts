// Trains a prepared run with the recipe, reports what can be seen between steps, and keeps the model.

import { nowMs } from '../../core/clock.ts';
import type { Engine } from '../../kernels/engine.ts';
import { createGpt } from '../../model/gpt.ts';
import type { TrainableModel, TrainingArrays } from '../../model/trainable-model.ts';
import type { PreparedRun } from '../../recipe/prepare-configs.ts';
import { type CheckpointRecord, emptyProgress, type RunProgress } from '../../recipe/run-progress.ts';
import { type TrainRunOptions, trainRun } from '../../recipe/train-run.ts';
import type { CurvePoint, Report, RunResult } from '../protocol.ts';
import { livePairs } from './live-samples.ts';
import type { TrainingControl } from './training-control.ts';

const PROGRESS_MS = 100;
const SAMPLES_MS = 500;
const LIVE_PROMPTS = 8;

/** A trained model and what led to it. */
export interface KeptRun {
  readonly run: PreparedRun;
  readonly arrays: TrainingArrays;
  readonly progress: RunProgress;
}

const shareUnder = (record: CheckpointRecord, name: string): number =>
  record.conditions.find(({ condition }) => condition === name)?.successShare ?? 0;

/** A checkpoint as a point of a curve. */
export function pointOf(record: CheckpointRecord): CurvePoint {
  return {
    step: record.optimizerStep,
    documentsSeen: record.poisonedDocumentsSeen,
    success: shareUnder(record, 'trigger'),
    cleanLossNats: record.cleanLossNats,
    full: record.full,
  };
}

/** How a run is trained here. */
export interface TrainChoiceOptions {
  readonly run: PreparedRun;
  readonly engine: Engine;
  readonly control: TrainingControl;
  readonly report: (report: Report) => void;
  /** A run whose first phase this one shares. */
  readonly after?: KeptRun | undefined;
}

function makeModel(engine: Engine): TrainRunOptions['createModel'] {
  return (request) => createGpt({ ...request, engine });
}

/** Trains; null where it was stopped. */
export async function trainChoice(
  options: TrainChoiceOptions,
): Promise<{ readonly result: RunResult; readonly kept: KeptRun } | null> {
  const { run, engine, control, report, after } = options;
  const { config, inputs, identity } = run;
  const progress: RunProgress = after === undefined ? emptyProgress() : structuredClone(after.progress);
  const known = progress.checkpoints.length;
  const started = nowMs();
  let lastProgress = 0;
  let lastSamples = 0;
  let samples = 0;
  let arrays: TrainingArrays | undefined;
  const show = (model: TrainableModel, step: number) => {
    const pairs = livePairs(model, inputs.evaluation, {
      decode: inputs.tokenizer.decode,
      first: samples * LIVE_PROMPTS,
      count: LIVE_PROMPTS,
    });
    samples += 1;
    report({ kind: 'samples', step, pairs });
    lastSamples = nowMs();
  };
  const resume = after === undefined ? {} : { resume: { phase: 1, optimizerStep: 0, arrays: after.arrays } };
  for await (const event of trainRun({
    config,
    inputs,
    createModel: makeModel(engine),
    progress,
    ...resume,
  })) {
    if (event.kind === 'phase' && event.model !== null) {
      const { data, stepsBefore } = event;
      const steps = stepsBefore + data.batches.optimizerSteps;
      const documents = data.manifests.reduce((sum, manifest) => sum + manifest.documents.length, 0);
      report({ kind: 'prepared', steps, documents, startStep: stepsBefore });
    } else if (event.kind === 'step') {
      const step = event.stepsBefore + event.step.optimizerStep;
      const now = nowMs();
      if (now - lastProgress >= PROGRESS_MS || control.isPaused) {
        const { lossNats, tokensTrained } = event.step;
        const documentsSeen = event.data.seen(tokensTrained).documents;
        report({ kind: 'progress', step, lossNats, documentsSeen, elapsedMs: now - started });
        lastProgress = now;
      }
      if (now - lastSamples >= SAMPLES_MS || control.isPaused) show(event.model, step);
      if (!(await control.between(() => report({ kind: 'paused', step })))) return null;
    } else if (event.kind === 'checkpoint') {
      report({ kind: 'point', point: pointOf(event.record) });
    } else if (event.kind === 'trained') {
      arrays = event.model.exportTraining();
      const result: RunResult = {
        runId: identity.id,
        weightsHash: event.weightsHash,
        curve: progress.checkpoints.slice(after === undefined ? 0 : known - 1).map(pointOf),
        falseAlarms: shareUnder(progress.checkpoints.at(-1) as CheckpointRecord, 'clean'),
        trainedMs: nowMs() - started,
        filtered: progress.poison[0]?.[0]?.filtered ?? null,
      };
      return { result, kept: { run, arrays, progress } };
    }
  }
  return null;
}
