// The executor that needs nothing but this process: for tests, programs that run from their sources, and debuggers.
import type { RunPool } from '../pool/run-pool.ts';
import { faultOf, type RunFunction, type TaskEnd } from '../run-event.ts';
import { type Executor, sweepOn } from './executor.ts';

/** A pool that does its runs in this process, in turns. */
export function createInProcessPool(options: { execute: RunFunction; workers: number }): RunPool {
  const stop = new AbortController();
  return {
    workers: options.workers,
    run: async (task, onEvent) => {
      let end: TaskEnd = { kind: 'ended' };
      try {
        for await (const event of options.execute(task, stop.signal)) {
          onEvent(event);
          if (event.kind === 'ended' && event.status === 'stopped') end = { kind: 'stopped' };
        }
        return end;
      } catch (error) {
        return { kind: 'crashed', ...faultOf(error) };
      }
    },
    stop: () => stop.abort(),
    close: () => stop.abort(),
  };
}

/** Runs in this process, taking turns: several at a time are no faster than one. */
export const inProcess: Executor = {
  execute: async (runs, options) => {
    const { createRunner } = await import('../execute/execute-run.ts');
    return sweepOn(createInProcessPool({ execute: createRunner(), workers: options.workers }), runs, options);
  },
};
