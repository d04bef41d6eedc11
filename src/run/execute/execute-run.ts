// One run from end to end: data, phases, evaluations, record. It writes its own folder in the store and nothing
// else; what it computes depends on its config and corpus alone, also when it is resumed.

import { flopsPerToken } from '../../config/count-parameters.ts';
import type { PhaseConfig } from '../../config/schema/schema.ts';
import { nowMs } from '../../core/clock.ts';
import { DivergenceError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/hash.ts';
import { evaluateCheckpoint } from '../../evaluate/evaluate-checkpoint.ts';
import type { EvaluationSet } from '../../evaluate/evaluation-set.ts';
import type { Gpt } from '../../model/gpt.ts';
import { encodeModel } from '../../model/stored-model.ts';
import type { Tokenizer } from '../../tokens/tokenizer.ts';
import { type TrainEvent, trainPhase } from '../../train/train-phase.ts';
import type { CheckpointRecord, RunRecord } from '../record.ts';
import type { PhaseArtefacts, RunArtefacts, RunEvent, RunTask } from '../run-event.ts';
import { locateArtefacts } from '../store/artefact-paths.ts';
import { writeResult } from '../store/store.ts';
import { createRecord } from './create-record.ts';
import { type ModelSource, openModelSource } from './model-source.ts';
import { buildPhaseData, type PhaseData, type PhaseManifest } from './phase-data.ts';
import { describeProvenance } from './provenance.ts';
import { RunFiles, type SavedRun } from './run-files.ts';
import { readEvaluationSet, readVocabulary } from './run-inputs.ts';
import { checkpointSteps, emptyJournal, type RunJournal } from './run-journal.ts';
import { isTracedStep, traceWeights } from './trace.ts';

const PROGRESS_MS = 250;

/** Thrown inside a run to end it on request. */
class Stopped extends Error {}

/** One run while it is going on. */
interface RunState {
  readonly task: RunTask;
  /** As paths of this machine. */
  readonly artefacts: RunArtefacts;
  readonly stop: AbortSignal;
  readonly files: RunFiles;
  readonly models: ModelSource;
  readonly evaluation: EvaluationSet;
  readonly tokenizer: Tokenizer;
  readonly journal: RunJournal;
  readonly startedMs: number;
  readonly spent: { trainMs: number; evaluateMs: number; saveMs: number };
  readonly manifests: PhaseManifest[];
  /** Tokens trained in whole phases. */
  phaseStartTokens: number;
  tokensTrained: number;
  lastSaveMs: number;
  lastProgressMs: number;
}

let opened: { readonly key: string; readonly models: ModelSource } | undefined;

/** The engine of this process: its self-test runs once. */
async function modelsFor({ engine, threads }: RunTask): Promise<ModelSource> {
  const key = `${engine} ${threads}`;
  if (opened?.key !== key) opened = { key, models: await openModelSource({ engine, threads }) };
  return opened.models;
}

/**
 * Does a run: resumes it from its saved state if there is one, saves that every `saveIntervalMs`, and writes
 * result.json last. A diverged run has a result too.
 * @throws InputError, ArenaError and others that are no result of the run; nothing is written then
 */
export async function* executeRun(task: RunTask, stop: AbortSignal): AsyncGenerator<RunEvent, void, void> {
  const startedMs = nowMs();
  const models = await modelsFor(task);
  const files = new RunFiles(task);
  const artefacts = locateArtefacts(task.store, task.artefacts);
  const { vocabulary, tokenizer } = readVocabulary(artefacts.vocabulary);
  files.writeConfig(task, vocabulary);
  const found = files.loadState();
  if (typeof found === 'string') yield { kind: 'message', text: `${found}; the run starts again` };
  const saved = typeof found === 'string' ? null : found;
  const state: RunState = {
    task,
    artefacts,
    stop,
    files,
    models,
    evaluation: readEvaluationSet(artefacts.evaluation),
    tokenizer,
    journal: saved?.journal ?? emptyJournal(),
    startedMs,
    spent: { trainMs: 0, evaluateMs: 0, saveMs: 0 },
    manifests: [],
    phaseStartTokens: 0,
    tokensTrained: 0,
    lastSaveMs: startedMs,
    lastProgressMs: 0,
  };
  const resumedAtStep =
    saved === null ? 0 : totalSteps(task.config.phases.slice(0, saved.phase), task) + saved.optimizerStep;
  files.log(
    `${resumedAtStep > 0 ? `resumed after step ${resumedAtStep}` : 'started'}; engine ${models.detail}`,
  );
  for (const note of models.notes) files.log(note);
  yield { kind: 'started', engine: models.detail, resumedAtStep };
  yield* runToEnd(state, saved, resumedAtStep);
}

/** Optimizer steps of phases. */
function totalSteps(phases: readonly PhaseConfig[], { config }: RunTask): number {
  return phases.reduce(
    (sum, phase) => sum + phase.tokens / tokensOfStep(phase, config.model.contextTokens),
    0,
  );
}

function tokensOfStep({ batch }: PhaseConfig, contextTokens: number): number {
  return batch.sequences * batch.accumulation * contextTokens;
}

async function* runToEnd(
  state: RunState,
  saved: SavedRun | null,
  resumedAtStep: number,
): AsyncGenerator<RunEvent, void, void> {
  const held: { model?: Gpt } = {};
  try {
    yield* runPhases(state, saved, held);
    const model = held.model as Gpt;
    const { config, vocabularySize } = model;
    const weightsHash = sha256Hex(encodeModel({ config, vocabularySize, weights: model.getWeights() }));
    if (state.task.keepWeights !== 'none') state.files.writeWeights(model, null);
    await finish(state, { status: 'done', weightsHash }, resumedAtStep);
    yield { kind: 'ended', status: 'done' };
  } catch (error) {
    if (error instanceof Stopped) {
      state.files.log('stopped');
      yield { kind: 'ended', status: 'stopped' };
    } else if (error instanceof DivergenceError) {
      await finish(state, { status: 'diverged', error: error.message, weightsHash: null }, resumedAtStep);
      yield { kind: 'ended', status: 'diverged', error: error.message };
    } else {
      state.files.log(`failed: ${error instanceof Error ? error.stack : String(error)}`);
      throw error;
    }
  } finally {
    held.model?.release();
  }
}

/** Trains phase after phase; `held.model` is the model of the phase that is on. */
async function* runPhases(
  state: RunState,
  saved: SavedRun | null,
  held: { model?: Gpt },
): AsyncGenerator<RunEvent, void, void> {
  const { task, artefacts, models, tokenizer, journal } = state;
  const { config } = task;
  for (const [index, phase] of config.phases.entries()) {
    const data = buildPhaseData({
      config,
      phase: index,
      artefacts: artefacts.phases[index] as PhaseArtefacts,
      separatorId: tokenizer.separatorId,
    });
    if (data.manifest !== null) {
      state.manifests.push(data.manifest);
      state.files.writeManifest(state.manifests);
    }
    journal.poison[index] = data.poison;
    const isDone = saved !== null && index < saved.phase;
    if (!isDone) {
      const startStep = saved?.phase === index ? saved.optimizerStep : 0;
      const model = models.create({
        config: config.model,
        vocabularySize: tokenizer.vocabularySize,
        training: { sequences: phase.batch.sequences },
      });
      if (saved?.phase === index) model.importTraining(saved.arrays);
      else if (held.model === undefined) model.initialise(config.seed);
      else model.setWeights(held.model.getWeights());
      held.model?.release();
      held.model = model;
      if (index === 0 && startStep === 0)
        journal.trace.push(traceWeights(model, { optimizerStep: 0, phase: phase.name, lossNats: null }));
      yield* runPhase(state, { phase, index, data, model, startStep });
    }
    state.phaseStartTokens += phase.tokens;
    state.tokensTrained = state.phaseStartTokens;
  }
}

interface RunningPhase {
  readonly phase: PhaseConfig;
  readonly index: number;
  readonly data: PhaseData;
  readonly model: Gpt;
  readonly startStep: number;
}

async function* runPhase(state: RunState, running: RunningPhase): AsyncGenerator<RunEvent, void, void> {
  const { phase, data, model, startStep } = running;
  const { journal, task } = state;
  const { batches } = data;
  const { optimizer, schedule } = phase;
  const evaluateAt = new Set(checkpointSteps(batches.optimizerSteps, task.config.evaluation.checkpoints));
  let mark = nowMs();
  for await (const event of trainPhase({ model, batches, optimizer, schedule, startStep })) {
    state.spent.trainMs += nowMs() - mark;
    journal.lossSum += event.lossNats;
    journal.lossSteps += 1;
    state.tokensTrained = state.phaseStartTokens + event.tokensTrained;
    if (isTracedStep(event.optimizerStep) || evaluateAt.has(event.optimizerStep)) {
      const { lossNats } = event;
      const optimizerStep = stepOfRun(state, running, event);
      journal.trace.push(traceWeights(model, { optimizerStep, phase: phase.name, lossNats }));
    }
    if (evaluateAt.has(event.optimizerStep)) {
      yield { kind: 'checkpoint', record: evaluate(state, running, event) };
    }
    saveIfDue(state, running, event.optimizerStep);
    if (nowMs() - state.lastProgressMs > PROGRESS_MS) {
      state.lastProgressMs = nowMs();
      yield progressEvent(state, phase, event);
    }
    mark = nowMs();
  }
}

function progressEvent(state: RunState, phase: PhaseConfig, event: TrainEvent): RunEvent {
  const tokens = state.task.config.phases.reduce((sum, { tokens }) => sum + tokens, 0);
  return {
    kind: 'progress',
    phase: phase.name,
    optimizerStep: event.optimizerStep,
    runProgress: state.tokensTrained / tokens,
    trainLossNats: event.lossNats,
  };
}

/** Saves the training state when it is time, and ends the run when that is asked for. */
function saveIfDue(state: RunState, { index, model, data }: RunningPhase, optimizerStep: number): void {
  const { task, stop, files, journal, spent } = state;
  const isLast = index === task.config.phases.length - 1 && optimizerStep === data.batches.optimizerSteps;
  if (isLast || (!stop.aborted && nowMs() - state.lastSaveMs < task.saveIntervalMs)) return;
  const begin = nowMs();
  const spentMs = journal.spentMs + (begin - state.startedMs);
  files.saveState({
    phase: index,
    optimizerStep,
    journal: { ...journal, spentMs },
    arrays: model.exportTraining(),
  });
  state.lastSaveMs = nowMs();
  spent.saveMs += nowMs() - begin;
  if (stop.aborted) throw new Stopped();
}

function evaluate(state: RunState, running: RunningPhase, event: TrainEvent): CheckpointRecord {
  const { task, journal, evaluation, tokenizer, files, spent } = state;
  const { phase, data, model } = running;
  const begin = nowMs();
  const full = event.optimizerStep === data.batches.optimizerSteps;
  const { samples, ...measured } = evaluateCheckpoint(model, evaluation, {
    full,
    seed: task.config.seed,
    decode: tokenizer.decode,
  });
  const seen = seenByNow(state, running, event);
  const record: CheckpointRecord = {
    phase: phase.name,
    checkpoint: journal.checkpoints.length + 1,
    full,
    optimizerStep: stepOfRun(state, running, event),
    tokensTrained: state.tokensTrained,
    phaseProgress: event.optimizerStep / data.batches.optimizerSteps,
    poisonedDocumentsSeen: seen.documents,
    poisonExposures: seen.exposures,
    trainLossNats: journal.lossSteps === 0 ? null : journal.lossSum / journal.lossSteps,
    ...measured,
  };
  journal.checkpoints.push(record);
  journal.lossSum = 0;
  journal.lossSteps = 0;
  if (full) journal.samples = [...samples];
  files.writeMetrics(journal);
  if (task.keepWeights === 'all') files.writeWeights(model, record.checkpoint);
  spent.evaluateMs += nowMs() - begin;
  return record;
}

/** Optimizer steps since the run began. */
function stepOfRun({ task }: RunState, { index }: RunningPhase, { optimizerStep }: TrainEvent): number {
  return totalSteps(task.config.phases.slice(0, index), task) + optimizerStep;
}

/** Poisoned documents seen in this phase and in those before it. */
function seenByNow({ journal }: RunState, { index, data, phase }: RunningPhase, event: TrainEvent) {
  let { documents, exposures } = data.seen(event.tokensTrained);
  const before = journal.checkpoints.findLast((checkpoint) => checkpoint.phase !== phase.name);
  if (index > 0 && before !== undefined) {
    documents += before.poisonedDocumentsSeen;
    exposures += before.poisonExposures;
  }
  return { documents, exposures };
}

async function finish(
  state: RunState,
  outcome: Pick<RunRecord, 'status' | 'error' | 'weightsHash'>,
  resumedAtStep: number,
): Promise<void> {
  const { task, files, journal, models, spent, startedMs } = state;
  files.writeMetrics(journal);
  files.writeTrace(journal);
  const totalMs = journal.spentMs + (nowMs() - startedMs);
  const { model, tokenizer } = task.config;
  const flops = state.tokensTrained * flopsPerToken(model, tokenizer.vocabularySize);
  const made = await describeProvenance(task, models);
  files.writeProvenance({ ...made, threads: task.threads, resumedAtStep, flops, totalMs, ...spent });
  files.log(`${outcome.status} after ${(totalMs / 1000).toFixed(1)} s`);
  writeResult(task.store, createRecord(task, journal, state.tokensTrained, outcome));
  files.removeState();
}
