// Executors: how the runs that a store lacks are brought to processors. One file each, with a line in registry.ts.
import type { RunPool } from '../pool/run-pool.ts';
import { runSweep, type SweepOptions, type SweepOutcome, type SweepRun } from '../pool/run-sweep.ts';
import type { ClusterConfig } from './slurm/cluster.ts';

/** How runs are executed. None of it changes a result. */
export interface ExecutionOptions extends Omit<SweepOptions, 'pool'> {
  /** Runs at a time on one machine. */
  readonly workers: number;
  /** For executors that submit jobs. */
  readonly cluster?: ClusterOptions;
  /** What goes on that is no run's own, in a sentence. */
  readonly onNotice?: (text: string) => void;
}

/** How jobs are submitted to a cluster. */
export interface ClusterOptions {
  readonly config?: ClusterConfig;
  /** Submit nothing: the outcome's `reason` holds the scripts. */
  readonly dryRun?: boolean;
  /** false: submit and leave, with the runs still to be done; else follow them to their end. */
  readonly wait?: boolean;
  /** A command for when all jobs have ended, where nobody waits for them. */
  readonly afterwards?: readonly string[];
}

/**
 * Does runs whose artefacts are prepared in the store. A run is done when its result.json is there, whatever became of
 * the process or job that was to do it; one that ends without a result is given a failed record, so that the sweep has
 * an outcome. `test/run/executors.test.ts` holds every executor of the registry to this.
 */
export interface Executor {
  execute(runs: readonly SweepRun[], options: ExecutionOptions): Promise<SweepOutcome>;
}

/** Does a sweep on a pool of this machine, which ends with it. */
export async function sweepOn(
  pool: RunPool,
  runs: readonly SweepRun[],
  options: ExecutionOptions,
): Promise<SweepOutcome> {
  try {
    return await runSweep(runs, { ...options, pool });
  } finally {
    pool.close();
  }
}
