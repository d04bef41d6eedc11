// The worker's side of the process pool.
import { faultOf, type RunFunction, type WorkerOrder, type WorkerReport } from '../run-event.ts';

/**
 * Does the runs that arrive over this process's IPC channel, one at a time, and reports their events.
 * Ctrl-C, and the SIGTERM that a service or a batch system sends to all processes at once, are left to the parent,
 * which requests a stop; without a parent the process ends.
 */
export function serveRuns(execute: RunFunction): void {
  let stop = new AbortController();
  const report = (message: WorkerReport) => {
    if (process.connected) process.send?.(message);
  };
  const run = async (order: WorkerOrder & { kind: 'run' }) => {
    stop = new AbortController();
    try {
      for await (const event of execute(order.task, stop.signal)) report({ kind: 'event', event });
    } catch (error) {
      report({ kind: 'threw', ...faultOf(error) });
    }
  };
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  process.on('disconnect', () => process.exit(0));
  process.on('message', (order: WorkerOrder) => {
    if (order.kind === 'stop') stop.abort();
    else void run(order);
  });
}
