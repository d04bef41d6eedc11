// One process at a time: for the artefacts that sweeps on one store share.
import { LEASE_RENEW_MS, takeLeaseAt } from './lease.ts';
import { holderInWords, leaseHolder, STOPPED_MS, stoppedError } from './lease-holder.ts';

const POLL_MS = 100;

/**
 * Does some work while holding the lock at `path`.
 * @param options.doing what holders do, for messages: `is preparing on this store`
 * @param options.onWait told once if another process holds it: who does, and what it does
 * @param options.stoppedMs how long a stopped holder is waited for
 * @throws EnvironmentError where the holder was stopped for so long
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: {
    readonly doing: string;
    readonly onWait?: ((sentence: string) => void) | undefined;
    readonly stoppedMs?: number;
  },
): Promise<T> {
  const { doing, onWait, stoppedMs: patienceMs = STOPPED_MS } = options;
  let lease = takeLeaseAt(path);
  if (lease === undefined) onWait?.(`${holderInWords(leaseHolder(path))} ${doing}; waiting for it`);
  let stoppedMs = 0;
  while (lease === undefined) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    lease = takeLeaseAt(path);
    if (lease !== undefined) break;
    const holder = leaseHolder(path);
    stoppedMs = holder?.state === 'stopped' ? stoppedMs + POLL_MS : 0;
    if (holder !== null && stoppedMs >= patienceMs) throw stoppedError(holder, { path, doing });
  }
  const held = lease;
  const heartbeat = setInterval(() => held.renew(), LEASE_RENEW_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    held.release();
  }
}
