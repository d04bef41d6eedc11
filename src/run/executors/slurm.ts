// The executor of clusters with Slurm: runs are frozen into the store, put together into the tasks of a job array, and
// done by worker processes on the nodes. The store, which all nodes see, says what is done; the queue only whether there
// is still anybody to wait for.
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputError, TinypoisonError } from '../../core/errors.ts';
import { makeFolder } from '../../core/node/make-folder.ts';
import { keepStored, type SweepOutcome, type SweepRun } from '../pool/run-sweep.ts';
import type { RunRecord } from '../record.ts';
import { takeLease } from '../store/lease.ts';
import { readResult, runFile } from '../store/store.ts';
import type { ExecutionOptions, Executor } from './executor.ts';
import { chunkRuns } from './slurm/chunks.ts';
import { defaultCluster } from './slurm/cluster.ts';
import { jobFolder, writeSubmission } from './slurm/job-folder.ts';
import { jobScript, quote } from './slurm/job-script.ts';
import {
  areQueued,
  cancel,
  DEFAULT_MAX_ARRAY_SIZE,
  maximumArraySize,
  submit,
} from './slurm/slurm-commands.ts';

const POLL_MS = 2_000;
const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** The queue is looked at more rarely than the store: its controller serves everybody. */
const POLLS_PER_QUEUE_LOOK = 5;

/** The built script of a task; undefined when this code runs from its TypeScript sources. */
function builtTaskEntry(): string | undefined {
  const entry = fileURLToPath(new URL('./slurm/work.js', import.meta.url));
  return existsSync(entry) ? entry : undefined;
}

/** What is submitted: the scripts, each with what it needs in the store. */
interface Submission {
  readonly name: string;
  readonly scripts: readonly string[];
  readonly tasks: number;
}

/** Tasks an array may have. A dry run is possible where no Slurm is: its scripts are then for Slurm's own limit. */
async function arrayLimit({ cluster, onNotice = () => {} }: ExecutionOptions): Promise<number> {
  try {
    return await maximumArraySize();
  } catch (error) {
    if (cluster?.dryRun !== true || !(error instanceof TinypoisonError)) throw error;
    onNotice(
      `MaxArraySize cannot be read here; these scripts are for Slurm's default of ${DEFAULT_MAX_ARRAY_SIZE}`,
    );
    return DEFAULT_MAX_ARRAY_SIZE;
  }
}

/** Freezes runs into the store, unless nothing is to be submitted, and writes the scripts of their arrays. */
async function prepare(
  runs: readonly SweepRun[],
  options: ExecutionOptions,
  entry: string,
): Promise<Submission> {
  const { config: cluster = defaultCluster, dryRun = false } = options.cluster ?? {};
  const store = resolve(options.store);
  const name = randomUUID();
  const threads = runs[0]?.task.threads ?? 1;
  const flopsPerSecond = 1e9 * cluster.gigaflopsPerCore;
  const chunks = chunkRuns(runs, { minutes: cluster.taskMinutes, cores: cluster.cores, flopsPerSecond });
  if (!dryRun) {
    writeSubmission(store, name, {
      workers: Math.max(1, Math.floor(cluster.cores / threads)),
      chunks: chunks.map((chunk) => chunk.map(({ task: { store: _, ...task }, flops }) => ({ task, flops }))),
    });
  }
  const logs = jobFolder(store, name);
  if (!dryRun) makeFolder(logs);
  const largest = await arrayLimit(options);
  const scripts: string[] = [];
  for (let first = 0; first < chunks.length; first += largest) {
    const tasks = Math.min(largest, chunks.length - first);
    const program = [process.execPath, entry, store, name];
    scripts.push(jobScript({ cluster, logs, first, tasks, program }));
  }
  return { name, scripts, tasks: chunks.length };
}

/** A script for when all tasks have ended, e.g. one that writes the report. */
function afterwardsScript(command: readonly string[], options: ExecutionOptions, name: string): string {
  const { partition, account, setup } = options.cluster?.config ?? defaultCluster;
  const lines = [
    '--job-name=tinypoison-report',
    '--time=30',
    ...(partition === undefined ? [] : [`--partition=${partition}`]),
    ...(account === undefined ? [] : [`--account=${account}`]),
    `--output="${jobFolder(resolve(options.store), name)}/report.log"`,
  ];
  const directives = lines.map((line) => `#SBATCH ${line}\n`).join('');
  return `#!/bin/bash\n${directives}${setup.map((line) => `${line}\n`).join('')}${command.map(quote).join(' ')}\n`;
}

/** Whether nobody is doing a run now. */
function isAbandoned(store: string, id: string): boolean {
  const lease = takeLease(store, id);
  lease?.release();
  return lease !== undefined;
}

/** Follows the store until every run has a result, or nobody is left who could write one. */
async function follow(
  pending: Map<number, SweepRun>,
  records: (RunRecord | undefined)[],
  jobs: readonly string[],
  options: ExecutionOptions,
): Promise<void> {
  const { store, onEvent = () => {}, stop, failFast = false } = options;
  const begun = new Set<number>();
  let isCancelled = false;
  let isLastLook = false;
  for (let poll = 0; ; poll++) {
    for (const [run, { task }] of pending) {
      if (!begun.has(run) && existsSync(runFile(store, task.id, 'lease'))) {
        begun.add(run);
        onEvent({ kind: 'begun', run });
      }
      const stored = readResult(store, task.id);
      if (stored.kind !== 'found') continue;
      records[run] = stored.record;
      pending.delete(run);
      const { status, error } = stored.record;
      onEvent({ kind: 'finished', run, status, ...(error === undefined ? {} : { error }) });
    }
    const hasFailed = failFast && records.some((record) => record !== undefined && record.status !== 'done');
    if (!isCancelled && (stop?.aborted === true || hasFailed)) {
      isCancelled = true;
      await cancel(jobs);
    }
    if (isLastLook || pending.size === 0) break;
    if (poll % POLLS_PER_QUEUE_LOOK === 0 && !(await areQueued(jobs))) {
      // Another sweep may be doing what our tasks left to it; a result may have been written since the look above.
      isLastLook = isCancelled || [...pending.values()].every(({ task }) => isAbandoned(store, task.id));
    }
    await new Promise((done) => setTimeout(done, options.pollMs ?? POLL_MS));
  }
}

/** @param entry script of a task, which does a chunk of runs */
export function slurm(entry: string | undefined = builtTaskEntry()): Executor {
  return {
    execute: async (runs, options): Promise<SweepOutcome> => {
      if (entry === undefined) {
        throw new InputError('jobs start from the built program: `npm run prepare` builds it');
      }
      const { store, onEvent = () => {}, cluster = {} } = options;
      const records: (RunRecord | undefined)[] = runs.map(() => undefined);
      const first = new Map<string, number>();
      const pending = new Map<number, SweepRun>();
      for (const [run, sweepRun] of runs.entries()) {
        if (first.has(sweepRun.task.id)) continue;
        first.set(sweepRun.task.id, run);
        const kept = keepStored(runs, run, options, onEvent);
        if (kept === undefined) pending.set(run, sweepRun);
        else records[run] = kept;
      }
      const outcome = (stopped: boolean, reason?: string): SweepOutcome => ({
        records: runs.map(({ task }) => records[first.get(task.id) as number]),
        stopped,
        ...(reason === undefined ? {} : { reason }),
      });
      const isStopRequested = () => options.stop?.aborted === true;
      if (pending.size === 0 || isStopRequested()) return outcome(pending.size > 0);
      const { name, scripts, tasks } = await prepare([...pending.values()], options, entry);
      const last =
        cluster.afterwards === undefined ? undefined : afterwardsScript(cluster.afterwards, options, name);
      if (cluster.dryRun === true)
        return outcome(true, [...scripts, ...(last === undefined ? [] : [last])].join('\n'));
      const jobs: string[] = [];
      for (const script of scripts) jobs.push(await submit(script));
      const logs = jobFolder(resolve(store), name);
      const [runCount, taskCount] = [counted(pending.size, 'run'), counted(tasks, 'task')];
      const verb = pending.size === 1 ? 'is' : 'are';
      const submitted = `${runCount} in ${taskCount} ${verb} submitted as job ${jobs.join(', ')}; logs: ${logs}`;
      if (cluster.wait === false) {
        const report = last === undefined ? '' : `; job ${await submit(last, jobs)} then writes the report`;
        return outcome(true, `${submitted}${report}`);
      }
      options.onNotice?.(submitted);
      await follow(pending, records, jobs, options);
      if (pending.size === 0) return outcome(false);
      const cancelled = isStopRequested() || options.failFast === true;
      const lost = `${pending.size} runs have no result, and their tasks have left the queue: see ${logs}`;
      return outcome(true, cancelled ? undefined : lost);
    },
  };
}
