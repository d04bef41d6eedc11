// The executors by name.
import { InputError } from '../../core/errors.ts';
import type { Executor } from './executor.ts';
import { inProcess } from './in-process.ts';
import { builtWorkerEntry, processes } from './processes.ts';
import { slurm } from './slurm.ts';

const executors = {
  processes: processes(),
  'in-process': inProcess,
  slurm: slurm(),
} satisfies Readonly<Record<string, Executor>>;

/** What `--executor` takes. */
export type ExecutorName = keyof typeof executors;

/** Names of all executors. */
export const executorNames = Object.keys(executors) as ExecutorName[];

/** The default executor: worker processes where this program is built, else this process. */
export function defaultExecutor(): ExecutorName {
  return builtWorkerEntry() === undefined ? 'in-process' : 'processes';
}

/** @throws InputError for a name that no executor has */
export function findExecutor(name: string): Executor {
  if (Object.hasOwn(executors, name)) return executors[name as ExecutorName];
  throw new InputError(`there is no executor \`${name}\`; there are ${executorNames.join(', ')}`);
}

/** Every executor with its description, for `--help`. */
export function describeExecutors(): string {
  return executorNames.map((name) => `${name}: ${executors[name].description}`).join('; ');
}
