// From the command line to how jobs are submitted to a cluster.
import { resolve } from 'node:path';
import { InputError } from '../core/errors.ts';
import type { ClusterOptions } from '../run/executors/executor.ts';
import { defaultExecutor, type ExecutorName, findExecutor } from '../run/executors/registry.ts';
import { readCluster } from '../run/executors/slurm/cluster.ts';
import { absolutePath, type CommandContext } from './command-context.ts';

/** Options of `run` that are for executors which submit jobs. */
export interface ClusterCommandOptions {
  readonly executor?: ExecutorName;
  readonly cluster?: string;
  readonly dryRun?: boolean;
  readonly wait?: boolean;
  readonly workers?: string;
}

/**
 * How jobs are submitted; undefined for an executor that submits none.
 * @param report words of the command that writes the report when nobody waits
 * @throws InputError for an option that the executor has no use for, and for a cluster file's problems
 */
export function clusterOptions(
  options: ClusterCommandOptions,
  report: readonly string[],
  context: CommandContext,
): ClusterOptions | undefined {
  const name = options.executor ?? defaultExecutor();
  if (findExecutor(name).submitsJobs !== true) {
    const given = [
      options.cluster === undefined ? undefined : '--cluster',
      options.dryRun === true ? '--dry-run' : undefined,
      options.wait === true ? '--wait' : undefined,
    ].find((option) => option !== undefined);
    if (given === undefined) return undefined;
    throw new InputError(`${given} is for executors that submit jobs (--executor slurm), not for ${name}`);
  }
  if (options.workers !== undefined) {
    throw new InputError(
      `--workers is for this machine: with --executor ${name} the cluster file says \`cores\``,
    );
  }
  return {
    ...(options.cluster === undefined ? {} : { config: readCluster(absolutePath(options.cluster, context)) }),
    dryRun: options.dryRun === true,
    wait: options.wait === true,
    afterwards: [process.execPath, resolve(process.argv[1] ?? ''), ...report],
  };
}
