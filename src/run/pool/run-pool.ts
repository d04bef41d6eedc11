// What does the runs of a sweep on one machine.
import type { RunEvent, RunTask, TaskEnd } from '../run-event.ts';

/** Something that does runs, up to `workers` of them at a time. */
export interface RunPool {
  readonly workers: number;
  /** Does one run. Never rejects for a fault of the run: that is how its task ends. */
  run(task: RunTask, onEvent: (event: RunEvent) => void): Promise<TaskEnd>;
  /** Requests the active runs to save their state and stop. */
  stop(): void;
  /** Ends everything. Call when no run is active, or to abandon those that are. */
  close(): void;
}
