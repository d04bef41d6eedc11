// Leases: who is doing a run now, so that two sweeps on one store share the work instead of doubling it.
// A race between two takers of a stale lease costs work, never results: both write the same bytes by rename.
import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { makeFolder } from '../../core/node/make-folder.ts';
import type { leaseHolderSchema } from '../schemas/run-file-schemas.ts';
import { leaseHolder } from './lease-holder.ts';
import { runFile } from './store.ts';

/** A lease of another machine that was not renewed for so long is taken over. */
export const LEASE_STALE_MS = 20_000;
/** One of a process of this machine that still runs: it may be too busy to renew, or its number was given to another. */
const LEASE_ABANDONED_MS = 600_000;
/** How often the removal of a lease is tried. */
const REMOVALS = 3;
/** How often holders renew. */
export const LEASE_RENEW_MS = 3_000;

/** A held lease. */
export interface Lease {
  renew(): void;
  release(): void;
}

/** Whether the lease at `path` has lost its holder; false when there is none. */
function isStale(path: string, fileClockMs: number): boolean {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined) return false;
  const ageMs = fileClockMs - status.mtimeMs;
  const holder = leaseHolder(path);
  // One that is just being written, or was half-written by a process that died: its age decides.
  if (holder === null || holder.state === 'unknown') return ageMs > LEASE_STALE_MS;
  return holder.state === 'gone' || ageMs > LEASE_ABANDONED_MS;
}

/** The clock of the file system that holds the store, which may not be this machine's. */
export function fileClockMs(path: string): number {
  const probe = `${path}.${process.pid}.clock`;
  closeSync(openSync(probe, 'w'));
  try {
    return statSync(probe).mtimeMs;
  } finally {
    rmSync(probe, { force: true });
  }
}

/** What a lease of this process holds. */
const ownLease = () =>
  JSON.stringify({ pid: process.pid, host: hostname() } satisfies z.infer<typeof leaseHolderSchema>);

/** Whether the lease at `path` is still this process's: one that was taken over is its successor's. */
function isOwn(path: string): boolean {
  try {
    return readFileSync(path, 'utf8') === ownLease();
  } catch {
    return false;
  }
}

/** Removes a lease of this process; a fault that passes leaves none behind. */
function removeOwn(path: string): void {
  for (let attempt = 0; attempt < REMOVALS; attempt++) {
    try {
      if (readFileSync(path, 'utf8') === ownLease()) rmSync(path, { force: true });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    }
  }
  // One that stays is taken over as soon as this process has ended.
}

function create(path: string): boolean {
  let file: number;
  try {
    file = openSync(path, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  try {
    const bytes = Buffer.from(ownLease());
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    // An empty or half-written lease would keep everybody waiting until it is stale.
    rmSync(path, { force: true });
    throw Object.assign(error as Error, { path });
  }
  return true;
}

/** Takes the lease of a run; undefined while another living process holds it. */
export function takeLease(store: string, id: string): Lease | undefined {
  return takeLeaseAt(runFile(store, id, 'lease'));
}

/** Takes the lease at a path; undefined while another living process holds it. */
export function takeLeaseAt(path: string): Lease | undefined {
  makeFolder(dirname(path));
  if (!create(path)) {
    if (!isStale(path, fileClockMs(path))) return undefined;
    rmSync(path, { force: true });
    if (!create(path)) return undefined;
  }
  return {
    renew: () => {
      if (!isOwn(path)) return;
      try {
        // Setting a time by value would use this machine's clock; writing uses the file system's.
        const file = openSync(path, 'r+');
        writeSync(file, '{', 0);
        closeSync(file);
      } catch {
        // Lost to another sweep: going on is only double work.
      }
    },
    release: () => removeOwn(path),
  };
}
