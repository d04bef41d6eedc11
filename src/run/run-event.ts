// What a run tells whoever started it, and what it is told. These travel between processes, so they are plain data.
import type { RunConfig } from '../config/schema/schema.ts';
import { ArtefactError, EnvironmentError, TinypoisonError } from '../core/errors.ts';
import { fileFault, isEnvironmentFault } from '../core/file-fault.ts';
import type { EngineOption } from '../kernels/engine-names.ts';
import type { RunArtefacts } from '../recipe/artefacts.ts';
import type { CheckpointRecord } from './record.ts';

export type { PhaseArtefacts, RunArtefacts } from '../recipe/artefacts.ts';

/** Which weights stay in the store: those of the end, of every checkpoint, or none. */
export type KeepWeights = 'final' | 'all' | 'none';

/** The experiment as its author wrote it. */
export interface TypedExperiment {
  readonly text: string;
  /** `--set` options. */
  readonly set: readonly string[];
  /** `--sweep` options. */
  readonly sweep: readonly string[];
}

/** One run to be done. */
export interface RunTask {
  readonly id: string;
  readonly config: RunConfig;
  readonly typed: TypedExperiment;
  /** Root folder of the store. */
  readonly store: string;
  /** By paths relative to the store, with `/`; `locateArtefacts` makes them paths of this machine. */
  readonly artefacts: RunArtefacts;
  readonly engine: EngineOption;
  /** Threads of the engine; 1 in a sweep. */
  readonly threads: number;
  readonly keepWeights: KeepWeights;
  /** Ends of phases that other runs of the sweep share, the earliest first: trained by one of them. */
  readonly bases?: readonly { readonly phase: number; readonly key: string }[];
  /** A run of the store with the same training, whose kept weights are evaluated instead of training again. */
  readonly trainedBy?: string;
  /** Least milliseconds between two saved training states. */
  readonly saveIntervalMs: number;
}

/** How a run ended in the process that did it, for those who watch. `stopped`: on request, its training state saved. */
export type RunStatus = 'done' | 'diverged' | 'stopped';

/** What happens during a run, in order. The last is `ended`, unless the run throws. */
export type RunEvent =
  | {
      readonly kind: 'started';
      readonly engine: string;
      /** Step after which training goes on; 0 from scratch. */
      readonly resumedAtStep: number;
    }
  | {
      readonly kind: 'progress';
      readonly phase: string;
      readonly optimizerStep: number;
      /** Share of the run's optimizer steps done, 0-1. */
      readonly runProgress: number;
      /** Loss of the latest step, nats/token. */
      readonly trainLossNats: number | null;
    }
  | { readonly kind: 'checkpoint'; readonly record: CheckpointRecord }
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'ended'; readonly status: RunStatus; readonly error?: string };

/**
 * How the work on a task ended, as the process that started it sees it. What came of the run is for its result.json to
 * say. `stopped`: on request; `crashed`: whatever was to do it is gone, or threw.
 */
export type TaskEnd =
  | { readonly kind: 'ended' }
  | { readonly kind: 'stopped' }
  | ({ readonly kind: 'crashed' } & RunFault);

/** Why a run ended without a result. */
export interface RunFault {
  readonly error: string;
  /** No fault of the run but of the machine or the store, so the sweep ends and the run is still to be done. */
  readonly stopsSweep?: boolean;
}

/** Does one run; stops at the next optimizer step once `stop` is aborted. */
export type RunFunction = (task: RunTask, stop: AbortSignal) => AsyncIterable<RunEvent>;

/** From the pool to a worker. */
export type WorkerOrder = { readonly kind: 'run'; readonly task: RunTask } | { readonly kind: 'stop' };

/** From a worker to the pool. `threw`: the run failed, the worker lives on. */
export type WorkerReport =
  | { readonly kind: 'event'; readonly event: RunEvent }
  | ({ readonly kind: 'threw' } & RunFault);

/** What stands in the record of a run that threw: no trace, whose paths differ between machines; the log has it. */
export function faultOf(error: unknown): RunFault {
  const fault = fileFault(error);
  // What the machine is to blame for may be gone the next time: the run is not remembered as failed.
  if (fault !== undefined) return { error: fault.message, stopsSweep: true };
  if (isEnvironmentFault(error) || error instanceof ArtefactError)
    return { error: `${(error as Error).message}. The same command then goes on`, stopsSweep: true };
  if (error instanceof EnvironmentError)
    return { error: error.message.replace(/\.?$/, '. The run is not marked as failed'), stopsSweep: true };
  if (error instanceof TinypoisonError) return { error: error.message };
  return { error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
}
