// The sweep: what is missing in the store is done, longest run first, and one fault never stops the rest.
import { existsSync } from 'node:fs';
import { TinypoisonError } from '../../core/errors.ts';
import { baseFile } from '../execute/shared-base.ts';
import type { RunRecord } from '../record.ts';
import type { RunEvent, RunTask } from '../run-event.ts';
import { LEASE_RENEW_MS, type Lease, takeLease } from '../store/lease.ts';
import { type LeaseHolder, leaseHolder, STOPPED_MS, stoppedError } from '../store/lease-holder.ts';
import { forgetResult, readResult, runFile, writeResult } from '../store/store.ts';
import type { RunPool } from './run-pool.ts';

/** One run of a sweep. */
export interface SweepRun {
  readonly task: RunTask;
  /** Floating-point operations it takes, for the order and the remaining time. */
  readonly flops: number;
  /** The record to write if it fails. */
  readonly failed: (error: string) => RunRecord;
}

/** What happens during a sweep. `run`: its place in plan order. */
export type SweepEvent =
  | { readonly kind: 'kept'; readonly run: number; readonly status: RunRecord['status'] }
  | { readonly kind: 'begun'; readonly run: number }
  | { readonly kind: 'elsewhere'; readonly run: number; readonly holder: LeaseHolder | null }
  | { readonly kind: 'notice'; readonly run: number; readonly text: string }
  | { readonly kind: 'event'; readonly run: number; readonly event: RunEvent }
  | {
      readonly kind: 'finished';
      readonly run: number;
      readonly status: RunRecord['status'] | 'stopped';
      readonly error?: string;
    };

/** How a sweep came out. */
export interface SweepOutcome {
  /** In plan order; undefined where the sweep was stopped before. */
  readonly records: readonly (RunRecord | undefined)[];
  /** Stopped on request, or by the first failure with `failFast`. */
  readonly stopped: boolean;
  /** Why, or what became of the rest, where neither a request nor a failure says it. */
  readonly reason?: string;
}

/** How a sweep is done. */
export interface SweepOptions {
  readonly store: string;
  readonly pool: RunPool;
  /** Stop at the first failed or diverged run. */
  readonly failFast?: boolean;
  /** Do runs again that the store holds as failed. */
  readonly retryFailed?: boolean;
  readonly stop?: AbortSignal;
  readonly onEvent?: (event: SweepEvent) => void;
  /** Milliseconds between two looks at runs that another sweep is doing. */
  readonly pollMs?: number;
  /**
   * Milliseconds for which it waits where others are doing all that is left; then that is left to them. Left out: it
   * waits for them.
   */
  readonly patienceMs?: number;
  /** Milliseconds for which it waits where whoever does all that is left is stopped. */
  readonly stoppedMs?: number;
}

/** State of one sweep while it is going on. */
interface Progress {
  readonly records: (RunRecord | undefined)[];
  /** Indices of runs to be done, longest first. */
  readonly pending: number[];
  readonly leases: Set<Lease>;
  /** Runs that are going on. */
  readonly active: Set<number>;
  halted: boolean;
  /** What ended the sweep, where the store can no longer be used. */
  fault?: unknown;
}

/**
 * Does what is missing of the runs. Identical runs are done once.
 * @throws TinypoisonError, or what the file system says, where the store cannot be written; active runs are stopped before
 */
export async function runSweep(runs: readonly SweepRun[], options: SweepOptions): Promise<SweepOutcome> {
  const emit = options.onEvent ?? (() => {});
  const progress: Progress = {
    records: runs.map(() => undefined),
    pending: [],
    leases: new Set(),
    active: new Set(),
    halted: options.stop?.aborted === true,
  };
  const first = new Map<string, number>();
  for (const [run, { task }] of runs.entries()) {
    if (first.has(task.id)) continue;
    first.set(task.id, run);
    const kept = keepStored(runs, run, options, emit);
    if (kept === undefined) progress.pending.push(run);
    else progress.records[run] = kept;
  }
  progress.pending.sort((a, b) => (runs[b] as SweepRun).flops - (runs[a] as SweepRun).flops || a - b);
  const halt = () => {
    progress.halted = true;
    options.pool.stop();
  };
  options.stop?.addEventListener('abort', halt, { once: true });
  const heartbeat = setInterval(() => {
    for (const lease of progress.leases) lease.renew();
  }, LEASE_RENEW_MS);
  try {
    const slots = Math.max(1, Math.min(options.pool.workers, progress.pending.length));
    const work = () =>
      workThrough(runs, options, progress, emit, halt).catch((error) => {
        progress.fault ??= error;
        halt();
      });
    await Promise.all(Array.from({ length: slots }, work));
  } finally {
    clearInterval(heartbeat);
    options.stop?.removeEventListener('abort', halt);
    for (const lease of progress.leases) lease.release();
  }
  if (progress.fault !== undefined) throw progress.fault;
  const records = runs.map(({ task }) => progress.records[first.get(task.id) as number]);
  return { records, stopped: progress.halted };
}

/** The record of a finished run from the store; undefined when the run is to be done. */
export function keepStored(
  runs: readonly SweepRun[],
  run: number,
  options: Pick<SweepOptions, 'store' | 'retryFailed'>,
  emit: (event: SweepEvent) => void,
): RunRecord | undefined {
  const { id } = (runs[run] as SweepRun).task;
  const stored = readResult(options.store, id);
  if (stored.kind === 'damaged') {
    emit({ kind: 'notice', run, text: `${stored.reason}: the run is repeated` });
    forgetResult(options.store, id);
  }
  if (stored.kind !== 'found') return undefined;
  if (stored.record.status === 'failed' && options.retryFailed) {
    forgetResult(options.store, id);
    return undefined;
  }
  emit({ kind: 'kept', run, status: stored.record.status });
  return stored.record;
}

const leasePath = (runs: readonly SweepRun[], run: number, { store }: Pick<SweepOptions, 'store'>) =>
  runFile(store, (runs[run] as SweepRun).task.id, 'lease');

/** Tells waiting for others from waiting for what is stopped, which may be for ever. */
class StoppedHolders {
  readonly #runs: readonly SweepRun[];
  readonly #options: SweepOptions;
  #stoppedMs = 0;

  constructor(runs: readonly SweepRun[], options: SweepOptions) {
    this.#runs = runs;
    this.#options = options;
  }

  /** @throws EnvironmentError once all that is pending has been held by stopped processes for too long */
  waited(pending: readonly number[], pollMs: number): void {
    const paths = pending.map((run) => leasePath(this.#runs, run, this.#options));
    const holders = paths.map(leaseHolder);
    const areStopped = holders.length > 0 && holders.every((holder) => holder?.state === 'stopped');
    this.#stoppedMs = areStopped ? this.#stoppedMs + pollMs : 0;
    const [holder] = holders;
    const [path] = paths;
    if (holder && path !== undefined && this.#stoppedMs >= (this.#options.stoppedMs ?? STOPPED_MS))
      throw stoppedError(holder, { path, doing: 'is doing a run of this sweep' });
  }
}

/** One slot of the pool: does pending runs until none is left. */
async function workThrough(
  runs: readonly SweepRun[],
  options: SweepOptions,
  progress: Progress,
  emit: (event: SweepEvent) => void,
  halt: () => void,
): Promise<void> {
  const announced = new Set<number>();
  const stopped = new StoppedHolders(runs, options);
  let waitedMs = 0;
  while (!progress.halted && progress.pending.length > 0) {
    const claimed = claim(runs, options, progress, (run) => {
      if (announced.has(run)) return;
      announced.add(run);
      emit({ kind: 'elsewhere', run, holder: leaseHolder(leasePath(runs, run, options)) });
    });
    if (claimed === undefined) {
      const pollMs = options.pollMs ?? 1000;
      if (progress.pending.some((run) => waitsForBase(runs, run, progress))) {
        await pause(Math.min(pollMs, BASE_POLL_MS));
        continue;
      }
      if (waitedMs >= (options.patienceMs ?? Number.POSITIVE_INFINITY)) return;
      await pause(pollMs);
      waitedMs += pollMs;
      stopped.waited(progress.pending, pollMs);
      continue;
    }
    waitedMs = 0;
    const { run, lease } = claimed;
    progress.leases.add(lease);
    progress.active.add(run);
    try {
      // Another sweep may have finished it since this one looked.
      const kept = keepStored(runs, run, { store: options.store, retryFailed: false }, emit);
      if (kept !== undefined) {
        progress.records[run] = kept;
        continue;
      }
      const record = await doRun(runs[run] as SweepRun, run, options, emit);
      progress.records[run] = record;
      if (options.failFast && record !== undefined && record.status !== 'done') halt();
    } finally {
      progress.active.delete(run);
      progress.leases.delete(lease);
      lease.release();
    }
  }
}

/** Milliseconds between two looks at a base that another run of the sweep is training. */
const BASE_POLL_MS = 200;

/** Whether an active run is training what a pending one can go on from. */
function waitsForBase(runs: readonly SweepRun[], run: number, { active }: Progress): boolean {
  const taskOf = (place: number) => (runs[place] as SweepRun).task;
  const { store, bases = [], trainedBy } = taskOf(run);
  const last = bases.at(-1);
  if (last === undefined || trainedBy !== undefined || existsSync(baseFile(store, last))) return false;
  const inTheMaking = new Set(
    [...active].flatMap((place) => (taskOf(place).bases ?? []).map(({ key }) => key)),
  );
  return bases.some((base) => inTheMaking.has(base.key) && !existsSync(baseFile(store, base)));
}

/** The first pending run that no other sweep is doing, taken off the list. */
function claim(
  runs: readonly SweepRun[],
  options: SweepOptions,
  progress: Progress,
  onElsewhere: (run: number) => void,
): { run: number; lease: Lease } | undefined {
  for (const [place, run] of progress.pending.entries()) {
    if (waitsForBase(runs, run, progress)) continue;
    const lease = takeLease(options.store, (runs[run] as SweepRun).task.id);
    if (lease === undefined) {
      onElsewhere(run);
      continue;
    }
    progress.pending.splice(place, 1);
    return { run, lease };
  }
  return undefined;
}

async function doRun(
  { task, failed }: SweepRun,
  run: number,
  options: SweepOptions,
  emit: (event: SweepEvent) => void,
): Promise<RunRecord | undefined> {
  emit({ kind: 'begun', run });
  const end = await options.pool.run(task, (event) => emit({ kind: 'event', run, event }));
  const stored = readResult(options.store, task.id);
  // Whatever the pool says: its process may have died on the way home, or another sweep has done the run meanwhile.
  if (stored.kind === 'found') {
    const { status, error } = stored.record;
    emit({ kind: 'finished', run, status, ...(error === undefined ? {} : { error }) });
    return stored.record;
  }
  if (end.kind === 'stopped') {
    emit({ kind: 'finished', run, status: 'stopped' });
    return undefined;
  }
  if (end.kind === 'crashed' && end.stopsSweep) throw new TinypoisonError(end.error);
  const error = end.kind === 'crashed' ? end.error : 'the run ended without a readable result';
  const record = failed(error);
  writeResult(options.store, record);
  emit({ kind: 'finished', run, status: 'failed', error });
  return record;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
