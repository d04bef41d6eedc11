// What a run tells whoever started it, and what it is told. These travel between processes, so they are plain data.
import type { CheckpointRecord } from './record.ts';

/** Which provider of the kernel table trains. Outside a run's identity: the bits are the same. */
export type EngineChoice = 'auto' | 'native' | 'wasm' | 'reference';

/** Which weights stay in the store: those of the end, of every checkpoint, or none. */
export type KeepWeights = 'final' | 'all' | 'none';

/** Files a run reads, relative to the store. They are named by their content, so any process may make them. */
export type ArtefactPaths = Readonly<Record<string, string>>;

/** One run to be done: the run's folder in the store holds its config, these paths hold its data. */
export interface RunTask {
  readonly id: string;
  /** Root folder of the store. */
  readonly store: string;
  readonly artefacts: ArtefactPaths;
  readonly engine: EngineChoice;
  /** Threads of the engine; 1 in a sweep. */
  readonly threads: number;
  readonly keepWeights: KeepWeights;
  /** Least milliseconds between two saved training states. */
  readonly saveIntervalMs: number;
}

/** How a run ended in the process that did it. `stopped`: on request, its training state saved. */
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

/** How a run came out, as the process that asked for it sees it. `crashed`: no result was written. */
export type RunOutcome =
  | { readonly status: RunStatus; readonly error?: string }
  | { readonly status: 'crashed'; readonly error: string };

/** Does one run; stops at the next optimizer step once `stop` is aborted. */
export type RunFunction = (task: RunTask, stop: AbortSignal) => AsyncIterable<RunEvent>;

/** From the pool to a worker. */
export type WorkerOrder = { readonly kind: 'run'; readonly task: RunTask } | { readonly kind: 'stop' };

/** From a worker to the pool. `threw`: the run failed, the worker lives on. */
export type WorkerReport =
  | { readonly kind: 'event'; readonly event: RunEvent }
  | { readonly kind: 'threw'; readonly error: string };
