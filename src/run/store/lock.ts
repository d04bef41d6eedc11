// One process at a time: for the artefacts that sweeps on one store share.
import { LEASE_RENEW_MS, takeLeaseAt } from './lease.ts';

const POLL_MS = 100;

/**
 * Does some work while holding the lock at `path`.
 * @param onWait told once if another process holds it
 */
export async function withLock<T>(path: string, work: () => Promise<T>, onWait?: () => void): Promise<T> {
  let lease = takeLeaseAt(path);
  if (lease === undefined) onWait?.();
  while (lease === undefined) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    lease = takeLeaseAt(path);
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
