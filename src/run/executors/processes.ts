// The executor of one machine: worker processes, one run each. Processes are reused from run to run, so that a run costs no start-up;
// one that dies takes only its own run with it.
import { type ChildProcess, fork } from 'node:child_process';
import { InputError } from '../../core/errors.ts';
import type { RunPool } from '../pool/run-pool.ts';
import {
  faultOf,
  type RunEvent,
  type RunTask,
  type TaskEnd,
  type WorkerOrder,
  type WorkerReport,
} from '../run-event.ts';
import { type Executor, sweepOn } from './executor.ts';
import { builtWorkerEntry } from './worker-entry.ts';

/** The last characters of a worker's error output that go into a failed run's record. */
const ERROR_TAIL = 2000;

interface Worker {
  readonly process: ChildProcess;
  errors: string;
  busy: boolean;
}

function deathReason(worker: Worker, code: number | null, signal: string | null): string {
  const how = signal === null ? `ended with exit code ${code}` : `was killed by ${signal}`;
  const memory = signal === 'SIGKILL' ? ' (out of memory?)' : '';
  const last = worker.errors.trim();
  return `the worker process ${how}${memory}${last === '' ? '' : `: ${last}`}`;
}

function startWorker(entry: string): Worker {
  const child = fork(entry, [], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], serialization: 'advanced' });
  const worker: Worker = { process: child, errors: '', busy: false };
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    worker.errors = (worker.errors + text).slice(-ERROR_TAIL);
  });
  return worker;
}

/**
 * A pool of worker processes.
 * @param options.entry script that calls `serveRuns`
 */
export function createProcessPool(options: { entry: string; workers: number }): RunPool {
  const pool = new Set<Worker>();
  let isStopping = false;
  const free = (): Worker => {
    for (const worker of pool) if (!worker.busy) return worker;
    const worker = startWorker(options.entry);
    pool.add(worker);
    worker.process.on('exit', () => pool.delete(worker));
    worker.process.on('error', () => pool.delete(worker));
    return worker;
  };
  const order = (worker: Worker, message: WorkerOrder) => {
    if (worker.process.connected) worker.process.send(message);
  };
  /**
   * Sends a run to a free worker. Another is tried, once, where the worker dies before it has said anything (it had
   * died before) or is killed: by a user, or by a system short of memory. The run then goes on from its saved state.
   */
  const attempt = (
    task: RunTask,
    onEvent: (event: RunEvent) => void,
    isLastTry: boolean,
  ): Promise<TaskEnd> => {
    const worker = free();
    worker.busy = true;
    worker.errors = '';
    let hasSpoken = false;
    return new Promise((resolve) => {
      const finish = (end: TaskEnd | Promise<TaskEnd>) => {
        worker.process.off('message', onMessage).off('close', onClose).off('error', onError);
        worker.busy = false;
        resolve(end);
      };
      const onMessage = (report: WorkerReport) => {
        hasSpoken = true;
        if (report.kind === 'threw') {
          const { kind: _, ...fault } = report;
          return finish({ kind: 'crashed', ...fault });
        }
        onEvent(report.event);
        if (report.event.kind === 'ended') {
          finish({ kind: report.event.status === 'stopped' ? 'stopped' : 'ended' });
        }
      };
      const onClose = (code: number | null, signal: string | null) => {
        const isKilled = signal !== null;
        if (isKilled && isStopping) return finish({ kind: 'stopped' });
        const error = deathReason(worker, code, signal);
        if (isLastTry || (hasSpoken && !isKilled)) return finish({ kind: 'crashed', error });
        if (hasSpoken) onEvent({ kind: 'message', text: `${error}; another goes on with the run` });
        finish(attempt(task, onEvent, true));
      };
      const onError = (error: Error) => {
        // An order that a dying process no longer takes: its end, which follows, decides.
        if (worker.process.pid !== undefined) return;
        const fault = faultOf(error);
        finish({ kind: 'crashed', ...fault, error: `the worker process did not start: ${fault.error}` });
      };
      worker.process.on('message', onMessage).on('close', onClose).on('error', onError);
      order(worker, { kind: 'run', task });
    });
  };
  return {
    workers: options.workers,
    run: (task, onEvent) => attempt(task, onEvent, false),
    stop: () => {
      isStopping = true;
      for (const worker of pool) if (worker.busy) order(worker, { kind: 'stop' });
    },
    close: () => {
      isStopping = true;
      for (const worker of pool) {
        if (worker.busy) worker.process.kill('SIGKILL');
        else if (worker.process.connected) worker.process.disconnect();
      }
    },
  };
}

/** @param entry script that calls `serveRuns` */
export function processes(entry: string | undefined = builtWorkerEntry()): Executor {
  return {
    execute: async (runs, options) => {
      if (entry === undefined) {
        throw new InputError('worker processes start from the built program: `npm run prepare` builds it');
      }
      return sweepOn(createProcessPool({ entry, workers: options.workers }), runs, options);
    },
  };
}
