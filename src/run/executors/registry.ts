// The executors by name. Each is loaded when it is used: help and the commands that only look need none of them.
import { InputError } from '../../core/errors.ts';
import type { Executor } from './executor.ts';
import { builtWorkerEntry } from './worker-entry.ts';

const executors = {
  processes: {
    description: 'worker processes on this machine',
    execute: async (runs, options) => (await import('./processes.ts')).processes().execute(runs, options),
  },
  'in-process': {
    description: 'this process, without workers',
    execute: async (runs, options) => (await import('./in-process.ts')).inProcess.execute(runs, options),
  },
  slurm: {
    description: 'tasks of a Slurm job array (docs/clusters.md)',
    submitsJobs: true,
    execute: async (runs, options) => (await import('./slurm.ts')).slurm().execute(runs, options),
  },
} satisfies Readonly<Record<string, NamedExecutor>>;

/** An executor as the command line knows it. */
interface NamedExecutor extends Executor {
  /** For `--help`: where runs are done. */
  readonly description: string;
  /** Submits jobs to a cluster, which `cluster` of the options describes. */
  readonly submitsJobs?: true;
}

/** What `--executor` takes. */
export type ExecutorName = keyof typeof executors;

/** Names of all executors. */
export const executorNames = Object.keys(executors) as ExecutorName[];

/** The default executor: worker processes where this program is built, else this process. */
export function defaultExecutor(): ExecutorName {
  return builtWorkerEntry() === undefined ? 'in-process' : 'processes';
}

/** @throws InputError for a name that no executor has */
export function findExecutor(name: string): NamedExecutor {
  if (Object.hasOwn(executors, name)) return executors[name as ExecutorName];
  throw new InputError(`there is no executor \`${name}\`; there are ${executorNames.join(', ')}`);
}

/** Every executor with its description, for `--help`. */
export function describeExecutors(): string {
  return executorNames.map((name) => `${name}: ${executors[name].description}`).join('; ');
}
