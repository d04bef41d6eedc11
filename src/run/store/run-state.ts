// What the store alone says of a run: whether it is done, held by a process, stopped on its way, or not begun. What a
// scheduler believes of its jobs does not count.
import { existsSync, statSync } from 'node:fs';
import { z } from 'zod';
import { wallMs } from '../../core/clock.ts';
import { readText } from '../../core/node/read-file.ts';
import { LEASE_STALE_MS } from './lease.ts';
import { type LeaseHolder, leaseHolder } from './lease-holder.ts';
import { type StoredSummary, summariseRuns } from './run-index.ts';
import { runFile } from './store.ts';

/** The states that a run can be in, in the order in which they are shown. */
export const RUN_STATES = ['done', 'diverged', 'failed', 'damaged', 'running', 'stopped', 'waiting'] as const;

/** A run as the store shows it. */
export interface RunState {
  /**
   * `damaged`: its result is not what was written, and it will be repeated; `stopped`: it was begun, nobody does it, and
   * it goes on from its last saved state.
   */
  readonly state: (typeof RUN_STATES)[number];
  /** Of a failed, diverged or damaged run: why. */
  readonly reason?: string;
  /** Of a running one: who does it; null where the file that says so is just being written. */
  readonly holder?: LeaseHolder | null;
  /** Of one that was begun: tokens trained at its last evaluation. */
  readonly tokensTrained?: number;
}

const checkpointSchema = z.looseObject({ tokensTrained: z.number() });

/** Tokens trained at the last evaluation of a run that is not done; 0 before the first. */
function tokensTrained(store: string, id: string): number {
  try {
    const last =
      readText(runFile(store, id, 'metrics'))
        .trimEnd()
        .split('\n')
        .at(-1) ?? '';
    return checkpointSchema.parse(JSON.parse(last)).tokensTrained;
  } catch {
    return 0;
  }
}

/** Whether somebody does the run. Looks only, and so trusts this machine's clock on leases of others. */
function isHeld(path: string, holder: LeaseHolder | null): boolean {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined || holder?.state === 'gone') return false;
  const isHere = holder?.state === 'running' || holder?.state === 'stopped';
  return isHere || wallMs() - status.mtimeMs <= LEASE_STALE_MS;
}

/** The states of runs in a store, in the order of their ids. */
export function runStates(store: string, ids: readonly string[]): RunState[] {
  const summaries = summariseRuns(store, ids);
  return ids.map((id) => runState(store, id, summaries.get(id) ?? { kind: 'missing' }));
}

function runState(store: string, id: string, stored: StoredSummary): RunState {
  if (stored.kind === 'damaged') return { state: 'damaged', reason: stored.reason };
  if (stored.kind === 'found') {
    const { status, error } = stored.summary;
    return { state: status, ...(error === null ? {} : { reason: error }) };
  }
  const lease = runFile(store, id, 'lease');
  const holder = leaseHolder(lease);
  if (isHeld(lease, holder)) return { state: 'running', holder, tokensTrained: tokensTrained(store, id) };
  if (!existsSync(runFile(store, id, 'config'))) return { state: 'waiting' };
  return { state: 'stopped', tokensTrained: tokensTrained(store, id) };
}
