// A run in a worker: the recipe's events become files of the run's folder and reports to whoever started it. What the
// run computes depends on its config and corpus alone, also when it is resumed.
import { flopsPerToken, tokensPerStep } from '../../config/count-parameters.ts';
import { scoringPlaces, scoringTokens } from '../../config/scoring-tokens.ts';
import { DivergenceError } from '../../core/errors.ts';
import { defenceSchemas } from '../../defend/registry.ts';
import { evaluateRun } from '../../recipe/evaluate-run.ts';
import type { PhaseManifest } from '../../recipe/phase/phase-data.ts';
import { openPhase } from '../../recipe/run-inputs.ts';
import { type TrainRunEvent, trainRun } from '../../recipe/train-run.ts';
import { startOf } from '../prepare/open-base.ts';
import type { RunRecord } from '../record.ts';
import type { PhaseArtefacts, RunEvent, RunFunction, RunTask } from '../run-event.ts';
import { locateArtefacts } from '../store/artefact-paths.ts';
import { forgetState, writeResult } from '../store/store.ts';
import { createRecord } from './create-record.ts';
import { openKept } from './kept-training.ts';
import { describeProvenance } from './provenance.ts';
import { RunClock } from './run-clock.ts';
import { RunFiles, type SavedRun } from './run-files.ts';
import { emptyJournal, type RunJournal } from './run-journal.ts';
import { scoringFiles } from './scoring-files.ts';
import { loadBase, saveBase } from './shared-base.ts';
import { isTracedStep, traceWeights } from './trace.ts';
import { WorkerContext } from './worker-context.ts';

/** Thrown inside a run to end it on request. */
class Stopped extends Error {}

/** One run while it is going on. */
interface RunState {
  /** Its weights were trained before, so it has no training state to save. */
  readonly isKept: boolean;
  readonly task: RunTask;
  readonly stop: AbortSignal;
  readonly files: RunFiles;
  readonly journal: RunJournal;
  readonly clock: RunClock;
  readonly manifests: PhaseManifest[];
  tokensTrained: number;
  /** Tokens on which models were trained here that its defences judge documents with. */
  scoredTokens: number;
}

/**
 * What does runs in this process, one after the other: resumes a run from its saved state if there is one, saves that
 * every `saveIntervalMs`, and writes result.json last. A diverged run has a result too. It throws InputError,
 * EnvironmentError and others that are no result of the run; nothing is written then.
 */
export function createRunner(context: WorkerContext = new WorkerContext()): RunFunction {
  return (task, stop) => executeRun(task, stop, context);
}

async function* executeRun(
  task: RunTask,
  stop: AbortSignal,
  context: WorkerContext,
): AsyncGenerator<RunEvent, void, void> {
  const clock = new RunClock();
  const models = await context.models(task);
  const files = new RunFiles(task);
  const artefacts = locateArtefacts(task.store, task.artefacts);
  const { vocabulary, tokenizer } = context.vocabulary(artefacts.vocabulary);
  files.writeConfig(task, vocabulary);
  const found = files.loadState();
  if (typeof found === 'string') yield { kind: 'message', text: `${found}; the run starts again` };
  const own = typeof found === 'string' ? null : found;
  const base = own === null && task.trainedBy === undefined ? loadBase(task) : null;
  const saved = own ?? base;
  const resumedAtStep = saved === null ? 0 : stepOfRun(task, saved);
  const how = base === null ? 'resumed' : 'goes on from a base that runs of its sweep share,';
  files.log(
    `${resumedAtStep > 0 ? `${how} after step ${resumedAtStep}` : 'started'}; engine ${models.detail}`,
  );
  for (const note of models.notes) files.log(note);
  yield { kind: 'started', engine: models.detail, resumedAtStep };

  const journal = saved?.journal ?? emptyJournal();
  const kept = resumedAtStep > 0 ? null : openKept(task, journal);
  if (typeof kept === 'string') yield { kind: 'message', text: kept };
  const training = typeof kept === 'string' ? null : kept;
  if (training !== null) files.log(`not trained: evaluated with the weights of run ${task.trainedBy}`);
  const state: RunState = {
    isKept: training !== null,
    task,
    stop,
    files,
    journal,
    clock,
    manifests: [],
    tokensTrained: 0,
    scoredTokens: 0,
  };
  const finish = async (outcome: Pick<RunRecord, 'status' | 'error' | 'weightsHash'>) => {
    files.writeMetrics(journal);
    files.writeTrace(journal);
    // Saved states of older versions do not have them.
    if (journal.lossesNats.length === journal.checkpoints.at(-1)?.optimizerStep) files.writeLosses(journal);
    files.writeCurve(journal);
    const totalMs = journal.spentMs + clock.elapsedMs();
    const { model, tokenizer: tokens } = task.config;
    const sharedTokens = base === null ? 0 : tokensUntil(task, base.phase);
    const trained = state.isKept ? 0 : state.tokensTrained - sharedTokens;
    const flops = (trained + state.scoredTokens) * flopsPerToken(model, tokens.vocabularySize);
    const source = {
      ...(state.isKept ? { trainedBy: task.trainedBy } : {}),
      ...(base === null ? {} : { base: { key: base.key, tokens: sharedTokens } }),
      ...(state.scoredTokens === 0 ? {} : { scoring: { tokens: state.scoredTokens } }),
    };
    const made = await describeProvenance(task, models, context);
    files.writeProvenance({
      ...made,
      ...source,
      threads: task.threads,
      started: clock.started,
      resumedAtStep,
      flops,
      totalMs,
      ...clock.spent,
    });
    files.log(`${outcome.status} after ${(totalMs / 1000).toFixed(1)} s`);
    writeResult(task.store, createRecord(task, journal, state.tokensTrained, outcome));
    forgetState(task.store, task.id);
  };
  const recipe = {
    config: task.config,
    inputs: {
      tokenizer,
      evaluation: context.evaluation(artefacts.evaluation),
      ...startOf(artefacts),
      phase: (index: number) => openPhase(artefacts.phases[index] as PhaseArtefacts, context),
    },
    createModel: models.create,
    progress: journal,
    scoring: scoringFiles(task),
  };
  const events =
    training === null
      ? trainRun({ ...recipe, ...(saved === null ? {} : { resume: saved }) })
      : evaluateRun({ ...recipe, training });
  try {
    for await (const event of events) {
      clock.count(event.kind);
      if (event.kind === 'trained') await finish({ status: 'done', weightsHash: keepWeights(state, event) });
      else if (event.kind === 'scoring') yield* keepScoring(state, event);
      else yield* keepEvent(state, event);
      clock.mark();
    }
    yield { kind: 'ended', status: 'done' };
  } catch (error) {
    if (error instanceof Stopped) {
      files.log('stopped');
      yield { kind: 'ended', status: 'stopped' };
    } else if (error instanceof DivergenceError) {
      await finish({ status: 'diverged', error: error.message, weightsHash: null });
      yield { kind: 'ended', status: 'diverged', error: error.message };
    } else {
      files.log(`failed: ${error instanceof Error ? error.stack : String(error)}`);
      throw error;
    }
  }
}

/** Tokens trained by the end of a phase. */
function tokensUntil({ config }: RunTask, phase: number): number {
  return config.phases.slice(0, phase + 1).reduce((sum, { tokens }) => sum + tokens, 0);
}

/** Optimizer steps since the run began. */
function stepOfRun(
  { config }: RunTask,
  { phase, optimizerStep }: Pick<SavedRun, 'phase' | 'optimizerStep'>,
): number {
  const before = config.phases.slice(0, phase);
  return before.reduce(
    (sum, { tokens, batch }) => sum + tokens / tokensPerStep(config.model, batch),
    optimizerStep,
  );
}

type Happened<K> = Extract<TrainRunEvent, { readonly kind: K }>;

function keepWeights({ task, files }: RunState, { model, weightsHash }: Happened<'trained'>): string {
  if (task.keepWeights !== 'none') files.writeWeights(model, null);
  return weightsHash;
}

/** Saves a model that defences judge documents with when it is time, and reports; nothing of it enters the run's record. */
function* keepScoring(state: RunState, event: Happened<'scoring'>): Generator<RunEvent, void, void> {
  const { task, stop, clock } = state;
  state.scoredTokens += event.stepTokens;
  if (stop.aborted || clock.isSaveDue(task.saveIntervalMs)) clock.save(() => event.save());
  if (stop.aborted) throw new Stopped();
  if (clock.isProgressDue()) yield progressEvent(state, event, event.tokensTrained);
}

/** Writes down what happened, saves the training state when it is time, and reports. */
function* keepEvent(
  state: RunState,
  event: Happened<'phase' | 'step' | 'checkpoint'>,
): Generator<RunEvent, void, void> {
  if (event.kind === 'phase') {
    keepPhase(state, event);
    return;
  }
  if (event.kind === 'step') {
    keepStep(state, event);
    // The state is saved after the evaluation, which belongs to this step.
    if (event.evaluates) return;
  } else {
    const { task, files, journal } = state;
    files.writeMetrics(journal);
    files.writeCurve(journal);
    if (task.keepWeights === 'all') files.writeWeights(event.model, event.record.checkpoint);
    yield { kind: 'checkpoint', record: event.record };
  }
  saveIfDue(state, event);
  if (state.clock.isProgressDue())
    yield progressEvent(state, event, scoringWork(state.task) + state.tokensTrained);
}

function keepPhase(state: RunState, event: Happened<'phase'>): void {
  const { files, journal, manifests } = state;
  const { phase, index, data, model, startStep, tokensBefore } = event;
  // A resumed run may diverge before its next step is done.
  state.tokensTrained = tokensBefore + startStep * data.batches.tokensPerStep;
  if (data.manifests.length > 0) {
    manifests.push(...data.manifests);
    files.writeManifest(manifests);
  }
  if (model !== null && index === 0 && startStep === 0)
    journal.trace.push(traceWeights(model, { optimizerStep: 0, phase: phase.name, lossNats: null }));
}

function keepStep(state: RunState, event: Happened<'step'>): void {
  const { phase, model, step, evaluates, stepsBefore, tokensBefore } = event;
  state.journal.lossesNats.push(step.lossNats);
  state.tokensTrained = tokensBefore + step.tokensTrained;
  if (!evaluates && !isTracedStep(step.optimizerStep)) return;
  const optimizerStep = stepsBefore + step.optimizerStep;
  const { lossNats } = step;
  state.journal.trace.push(traceWeights(model, { optimizerStep, phase: phase.name, lossNats }));
}

/** Tokens of the models that a run's defences judge documents with. */
function scoringWork({ config }: RunTask): number {
  return scoringTokens(config, scoringPlaces(config, defenceSchemas)).reduce((sum, own) => sum + own, 0);
}

function progressEvent(
  { task }: RunState,
  { phase, step }: Pick<Happened<'step' | 'checkpoint' | 'scoring'>, 'phase' | 'step'>,
  tokensDone: number,
): RunEvent {
  const tokens = task.config.phases.reduce((sum, own) => sum + own.tokens, scoringWork(task));
  return {
    kind: 'progress',
    phase: phase.name,
    optimizerStep: step.optimizerStep,
    runProgress: tokensDone / tokens,
    trainLossNats: step.lossNats,
  };
}

/** Saves the training state when it is time, and ends the run on request. */
function saveIfDue(state: RunState, { index, model, data, step }: Happened<'step' | 'checkpoint'>): void {
  const { task, stop, files, journal, clock } = state;
  if (state.isKept) {
    if (stop.aborted) throw new Stopped();
    return;
  }
  const { optimizerStep } = step;
  const endsPhase = optimizerStep === data.batches.optimizerSteps;
  const isLast = endsPhase && index === task.config.phases.length - 1;
  const save = () => ({ phase: index, optimizerStep, journal, arrays: model.exportTraining() });
  if (endsPhase) saveBase(task, { phase: index, save });
  if (isLast || (!stop.aborted && !clock.isSaveDue(task.saveIntervalMs))) return;
  files.writeCurve(journal);
  clock.save((elapsedMs) =>
    files.saveState({
      phase: index,
      optimizerStep,
      journal: { ...journal, spentMs: journal.spentMs + elapsedMs },
      arrays: model.exportTraining(),
    }),
  );
  if (stop.aborted) throw new Stopped();
}
