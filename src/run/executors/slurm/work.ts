// What a task of a job array runs: one chunk of a submission, on the worker processes of its node.
//   node work.js <store> <submission> <chunk>
import { nowMs } from '../../../core/clock.ts';
import { failedRecord } from '../../execute/create-record.ts';
import { runSweep, type SweepEvent } from '../../pool/run-sweep.ts';
import { LEASE_STALE_MS } from '../../store/lease.ts';
import { createProcessPool } from '../processes.ts';
import { builtWorkerEntry } from '../worker-entry.ts';
import { readSubmission } from './job-folder.ts';
import { UNFINISHED } from './job-script.ts';

/** Time for the lease of a task that died on another node to run out, before others' runs are left to them. */
const PATIENCE_MS = 3 * LEASE_STALE_MS;

const [store = '', name = '', chunk = ''] = process.argv.slice(2);
const { workers, chunks } = readSubmission(store, name);
const runs = (chunks[Number(chunk)] ?? []).map(({ task: frozen, flops }) => {
  const task = { ...frozen, store };
  return { task, flops, failed: (error: string) => failedRecord(task, error) };
});
const entry = builtWorkerEntry();
if (entry === undefined) throw new Error('the program is not built');

const started = nowMs();
function log(event: SweepEvent): void {
  const id = runs[event.run]?.task.id.slice(0, 12) ?? '';
  const time = `${((nowMs() - started) / 1000).toFixed(1)} s`.padStart(10);
  if (event.kind === 'event') {
    if (event.event.kind === 'message') console.log(`${time}  ${id} ${event.event.text}`);
    if (event.event.kind === 'started') console.log(`${time}  ${id} on ${event.event.engine}`);
  } else if (event.kind === 'finished') {
    console.log(`${time}  ${id} ${event.status}${event.error === undefined ? '' : `: ${event.error}`}`);
  } else if (event.kind !== 'begun') {
    console.log(`${time}  ${id} ${event.kind}`);
  }
}

const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());
process.on('SIGINT', () => stop.abort());
const pool = createProcessPool({ entry, workers: Math.min(workers, Math.max(1, runs.length)) });
try {
  const { stopped } = await runSweep(runs, {
    store,
    pool,
    stop: stop.signal,
    patienceMs: PATIENCE_MS,
    onEvent: log,
  });
  if (stopped) process.exitCode = UNFINISHED;
} finally {
  pool.close();
}
