// An experiment from its plan to its records: identities, artefacts, and the sweep over what is missing.
import { availableParallelism } from 'node:os';
import type { Plan } from '../config/sweep/expand-plan.ts';
import type { EngineOption } from '../kernels/engine-names.ts';
import type { RunIdentity } from '../recipe/identity.ts';
import { failedRecord } from './execute/create-record.ts';
import { arithmeticOf } from './execute/model-source.ts';
import { sharedBases } from './execute/shared-base.ts';
import type { ClusterOptions, Executor } from './executors/executor.ts';
import { defaultExecutor, type ExecutorName, findExecutor } from './executors/registry.ts';
import type { SweepEvent, SweepRun } from './pool/run-sweep.ts';
import { ExperimentPreparation } from './prepare/prepare-experiment.ts';
import type { RunRecord } from './record.ts';
import type { KeepWeights, RunTask, TypedExperiment } from './run-event.ts';
import { readStoredResults } from './store/run-index.ts';
import { forgetState, type StoredResult } from './store/store.ts';
import { findTrainings } from './store/stored-training.ts';

/** Least milliseconds between two saved training states of a run. */
const SAVE_INTERVAL_MS = 30_000;

/** How an experiment is run. None of it changes a result. */
export interface ExperimentOptions {
  /** Root folder of the store. */
  readonly store: string;
  /** Folder to which relative paths of corpora refer. */
  readonly baseFolder: string;
  readonly typed: TypedExperiment;
  /** Runs at a time; default: the cores. */
  readonly workers?: number;
  readonly engine?: EngineOption;
  /** Threads of each run. */
  readonly threads?: number;
  readonly keepWeights?: KeepWeights;
  readonly failFast?: boolean;
  readonly retryFailed?: boolean;
  readonly saveIntervalMs?: number;
  readonly stop?: AbortSignal;
  /** `run` is the place in the plan. */
  readonly onEvent?: (event: SweepEvent) => void;
  /** Told the ids of the plan's runs before anything is prepared; what it throws ends the experiment there. */
  readonly onIdentified?: (ids: readonly string[]) => void;
  /** What goes on before the first run begins, in a sentence. */
  readonly onNotice?: (text: string) => void;
  /** Where runs are done, by name; default: worker processes where this program is built, else this process. */
  readonly executor?: ExecutorName | Executor;
  /** For executors that submit jobs. */
  readonly cluster?: ClusterOptions;
  /** The whole plan, where only some of its runs are to be done: what they read is that of all. Default: the plan itself. */
  readonly partOf?: Plan;
}

/** How an experiment came out. */
export interface ExperimentOutcome {
  /** In plan order; undefined where the sweep was stopped before. */
  readonly records: readonly (RunRecord | undefined)[];
  /** In plan order. */
  readonly ids: readonly string[];
  readonly stopped: boolean;
  /** Why, or what became of the rest, where neither a request nor a failure says it. */
  readonly reason?: string;
}

/** Workers where nothing is said: the cores, shared by the threads of each run. */
export function defaultWorkers(threads: number): number {
  return Math.max(1, Math.floor(availableParallelism() / threads));
}

/** The record of a run that need not be done. */
function keptRecord(stored: StoredResult | undefined, retryFailed: boolean): RunRecord | undefined {
  return stored?.kind !== 'found' || (stored.record.status === 'failed' && retryFailed)
    ? undefined
    : stored.record;
}

/**
 * Runs what is missing of a plan.
 * @throws InputError for a corpus, trigger or prompt that does not fit; faults of runs are recorded
 */
export async function runExperiment(plan: Plan, options: ExperimentOptions): Promise<ExperimentOutcome> {
  const { store, baseFolder, onEvent = () => {}, onNotice = () => {} } = options;
  const preparation = new ExperimentPreparation({ store, baseFolder });
  try {
    const identities = await preparation.identify(plan.runs, arithmeticOf(options.engine ?? 'auto'));
    const ids = identities.map(({ id }) => id);
    options.onIdentified?.(ids);
    const runs = plan.runs.map((run, index) => ({ ...run, identity: identities[index] as RunIdentity }));
    const stored = readStoredResults(store, ids, { onSlow: onNotice });
    const records = ids.map((id, run) => {
      const record = keptRecord(stored.get(id), options.retryFailed === true);
      if (record === undefined) return undefined;
      // A failed run may be tried again by another process just now, from its state.
      if (record.status !== 'failed') forgetState(store, id);
      onEvent({ kind: 'kept', run, status: record.status });
      return record;
    });
    const pending = runs.filter((_, run) => records[run] === undefined);
    if (pending.length === 0) return { records, ids, stopped: false };
    onNotice('preparing corpus, vocabulary, tokens and prompts');
    const artefacts = await preparation.prepare(pending, {
      ofExperiment: (options.partOf ?? plan).runs,
      onWait: onNotice,
    });
    const trainings = findTrainings(store, pending, { onSlow: onNotice });
    const tasks = pending.map((run, place) =>
      createTask(run, artefacts[place] as RunTask['artefacts'], options),
    );
    // Weights of checkpoints are written by the run that trains them.
    const bases = options.keepWeights === 'all' ? [] : sharedBases(tasks);
    const sweep = pending.map((run, place): SweepRun => {
      const same = trainings.get(run.identity.id);
      const shared = bases[place] ?? [];
      const task: RunTask = {
        ...(tasks[place] as RunTask),
        ...(shared.length === 0 ? {} : { bases: shared }),
        ...(same?.missingSteps.length === 0 ? { trainedBy: same.id } : {}),
      };
      return { task, flops: run.flops, failed: (error) => failedRecord(task, error) };
    });
    const outcome = await execute(sweep, options, (event) =>
      onEvent({ ...event, run: pending[event.run]?.index as number }),
    );
    for (const [place, record] of outcome.records.entries())
      records[pending[place]?.index as number] = record;
    return { ...outcome, records, ids };
  } finally {
    await preparation.close();
  }
}

function createTask(
  run: Plan['runs'][number] & { readonly identity: RunIdentity },
  artefacts: RunTask['artefacts'],
  options: ExperimentOptions,
): RunTask {
  return {
    id: run.identity.id,
    config: run.config,
    typed: options.typed,
    store: options.store,
    artefacts,
    engine: options.engine ?? 'auto',
    threads: options.threads ?? 1,
    keepWeights: options.keepWeights ?? 'final',
    saveIntervalMs: options.saveIntervalMs ?? SAVE_INTERVAL_MS,
  };
}

function execute(
  runs: readonly SweepRun[],
  options: ExperimentOptions,
  onEvent: (event: SweepEvent) => void,
) {
  const { store, failFast = false, retryFailed = false, stop, executor = defaultExecutor() } = options;
  const { execute } = typeof executor === 'string' ? findExecutor(executor) : executor;
  return execute(runs, {
    store,
    workers: options.workers ?? defaultWorkers(options.threads ?? 1),
    failFast,
    retryFailed,
    onEvent,
    ...(stop === undefined ? {} : { stop }),
    ...(options.cluster === undefined ? {} : { cluster: options.cluster }),
    ...(options.onNotice === undefined ? {} : { onNotice: options.onNotice }),
  });
}
