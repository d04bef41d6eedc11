import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createInProcessPool } from '../../src/run/executors/in-process.ts';
import { createProcessPool } from '../../src/run/executors/processes.ts';
import type { RunPool } from '../../src/run/pool/run-pool.ts';
import { runSweep, type SweepEvent, type SweepOptions, type SweepRun } from '../../src/run/pool/run-sweep.ts';
import type { RunRecord } from '../../src/run/record.ts';
import type { RunFunction } from '../../src/run/run-event.ts';
import { takeLease } from '../../src/run/store/lease.ts';
import { readResult, runFile, runFolder, writeResult } from '../../src/run/store/store.ts';
import { fakeRecord, fakeRun, fakeWorker, temporaryFolder } from './fake-runs.ts';

function processPool(workers: number) {
  const pool = createProcessPool({ entry: fakeWorker, workers });
  onTestFinished(() => pool.close());
  return pool;
}

async function sweep(runs: readonly SweepRun[], options: Partial<SweepOptions> & { store: string }) {
  const events: SweepEvent[] = [];
  const outcome = await runSweep(runs, {
    pool: options.pool ?? processPool(2),
    pollMs: 20,
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { ...outcome, events, statuses: outcome.records.map((record) => record?.status) };
}

const begun = (events: readonly SweepEvent[]) =>
  events.flatMap((event) => (event.kind === 'begun' ? [event.run] : []));

describe('a sweep', () => {
  test('does all runs and gives their records in plan order, longest begun first', async () => {
    const store = temporaryFolder();
    const runs = ['a', 'b', 'c'].map((name, index) =>
      fakeRun(store, name, { flops: index === 1 ? 9 : index }),
    );
    const { records, events, stopped } = await sweep(runs, { store, pool: processPool(1) });
    expect(records.map((record) => record?.id)).toEqual(runs.map((run) => run.task.id));
    expect(begun(events)).toEqual([1, 2, 0]);
    expect(stopped).toBe(false);
  });

  test('does nothing that is in the store already', async () => {
    const store = temporaryFolder();
    const runs = ['a', 'b'].map((name) => fakeRun(store, name));
    await sweep(runs, { store });
    const again = await sweep(runs, { store });
    expect(again.events).toEqual([
      { kind: 'kept', run: 0, status: 'done' },
      { kind: 'kept', run: 1, status: 'done' },
    ]);
    expect(again.statuses).toEqual(['done', 'done']);
  });

  test('reuses its processes from run to run', async () => {
    const store = temporaryFolder();
    const runs = ['a', 'b', 'c', 'd'].map((name) => fakeRun(store, name));
    await sweep(runs, { store, pool: processPool(1) });
    const pids = runs.map(({ task }) => readFileSync(join(runFolder(store, task.id), 'pid.txt'), 'utf8'));
    expect(new Set(pids).size).toBe(1);
  });

  test.each([
    ['die', /killed by SIGKILL/],
    ['exit', /exit code 7: no memory left/],
    ['throw', /the run threw/],
  ])('goes on when a worker should %s, and records the reason', async (behaviour, reason) => {
    const store = temporaryFolder();
    const runs = [
      fakeRun(store, 'a', { behaviour, flops: 2 }),
      fakeRun(store, 'b'),
      fakeRun(store, 'c', { behaviour: 'diverge' }),
    ];
    const { records, statuses } = await sweep(runs, { store, pool: processPool(1) });
    expect(statuses).toEqual(['failed', 'done', 'diverged']);
    expect(records[0]?.error).toMatch(reason);
    expect(readResult(store, runs[0]?.task.id as string)).toMatchObject({ kind: 'found' });
  });

  test('a run whose worker is killed goes on in another, and says so', async () => {
    const store = temporaryFolder();
    const { events, statuses } = await sweep([fakeRun(store, 'a', { behaviour: 'die once' })], { store });
    expect(statuses).toEqual(['done']);
    const text = expect.stringMatching(/killed by SIGKILL .* another goes on/);
    expect(events).toContainEqual({ kind: 'event', run: 0, event: { kind: 'message', text } });
  });

  test('a full disk ends the sweep and marks no run as failed', async () => {
    const store = temporaryFolder();
    const full = fakeRun(store, 'a', { behaviour: 'full', flops: 2 });
    const slow = fakeRun(store, 'b', { milliseconds: 60_000 });
    await expect(sweep([full, slow], { store })).rejects.toThrow('the disk is full');
    for (const { task } of [full, slow]) {
      expect(readResult(store, task.id)).toEqual({ kind: 'missing' });
      expect(takeLease(store, task.id)).toBeDefined();
    }
  });

  test('a worker that cannot be started ends the sweep and marks no run as failed', async () => {
    const store = temporaryFolder();
    const run = fakeRun(store, 'a');
    const { execPath } = process;
    onTestFinished(() => {
      process.execPath = execPath;
    });
    process.execPath = join(store, 'gone', 'node');
    await expect(sweep([run], { store })).rejects.toThrow(/the worker process did not start: .*gone/);
    expect(readResult(store, run.task.id)).toEqual({ kind: 'missing' });
    process.execPath = execPath;
    expect((await sweep([run], { store })).statuses).toEqual(['done']);
  });

  test('a worker killed again and again fails its run alone', async () => {
    const store = temporaryFolder();
    const runs = [fakeRun(store, 'slow', { milliseconds: 60_000, flops: 2 }), fakeRun(store, 'quick')];
    const kill = (event: SweepEvent) => {
      if (event.kind !== 'event' || event.run !== 0 || event.event.kind !== 'started') return;
      process.kill(
        Number(readFileSync(join(runFolder(store, runs[0]?.task.id as string), 'pid.txt'), 'utf8')),
        'SIGKILL',
      );
    };
    const { statuses } = await sweep(runs, { store, onEvent: kill });
    expect(statuses).toEqual(['failed', 'done']);
  });

  test('a worker that died while it was idle is replaced', async () => {
    const store = temporaryFolder();
    const [first, second] = [fakeRun(store, 'a'), fakeRun(store, 'b')];
    const pool = processPool(1);
    await sweep([first], { store, pool });
    process.kill(Number(readFileSync(join(runFolder(store, first.task.id), 'pid.txt'), 'utf8')), 'SIGKILL');
    expect((await sweep([second], { store, pool })).statuses).toEqual(['done']);
  });

  test('does failed runs again only when asked', async () => {
    const store = temporaryFolder();
    const failing = [fakeRun(store, 'a', { behaviour: 'exit' })];
    expect((await sweep(failing, { store })).statuses).toEqual(['failed']);
    const healed = [fakeRun(store, 'a')];
    expect((await sweep(healed, { store })).statuses).toEqual(['failed']);
    expect((await sweep(healed, { store, retryFailed: true })).statuses).toEqual(['done']);
  });

  test('stops at the first failure with failFast, and goes on later', async () => {
    const store = temporaryFolder();
    const runs = [fakeRun(store, 'a', { behaviour: 'exit', flops: 2 }), fakeRun(store, 'b')];
    const first = await sweep(runs, { store, pool: processPool(1), failFast: true });
    expect(first).toMatchObject({ stopped: true, statuses: ['failed', undefined] });
    expect((await sweep(runs, { store })).statuses).toEqual(['failed', 'done']);
  });

  test('a request to stop ends active runs at their next step and keeps what was finished', async () => {
    const store = temporaryFolder();
    const runs = [
      fakeRun(store, 'slow', { milliseconds: 60_000, flops: 2 }),
      fakeRun(store, 'quick', { flops: 3 }),
    ];
    const stop = new AbortController();
    const onEvent = (event: SweepEvent) => {
      if (event.kind === 'event' && event.run === 0) stop.abort();
    };
    const { statuses, stopped } = await sweep(runs, {
      store,
      pool: processPool(1),
      stop: stop.signal,
      onEvent,
    });
    expect(statuses).toEqual([undefined, 'done']);
    expect(stopped).toBe(true);
  });

  test('a damaged result is reported and the run repeated', async () => {
    const store = temporaryFolder();
    const run = fakeRun(store, 'a');
    await sweep([run], { store });
    writeFileSync(runFile(store, run.task.id, 'result'), '{"status": "done"}');
    const { events, statuses } = await sweep([run], { store });
    expect(events[0]).toMatchObject({
      kind: 'notice',
      text: expect.stringMatching(/result\.json is damaged.*repeated/),
    });
    expect(statuses).toEqual(['done']);
  });

  test('identical runs of a plan are done once', async () => {
    const store = temporaryFolder();
    const { events, statuses } = await sweep([fakeRun(store, 'a'), fakeRun(store, 'a')], { store });
    expect(begun(events)).toEqual([0]);
    expect(statuses).toEqual(['done', 'done']);
  });

  test('a run that another sweep is doing is waited for, not doubled', async () => {
    const store = temporaryFolder();
    const run = fakeRun(store, 'a');
    const lease = takeLease(store, run.task.id);
    const onEvent = (event: SweepEvent) => {
      if (event.kind !== 'elsewhere') return;
      writeResult(store, { ...fakeRecord('a'), tokensTrained: 777 });
      lease?.release();
    };
    const { records } = await sweep([run], { store, onEvent });
    expect(records[0]?.tokensTrained).toBe(777);
  });

  test('two sweeps at once on one store share the work', async () => {
    const store = temporaryFolder();
    const runs = Array.from({ length: 6 }, (_, index) =>
      fakeRun(store, `run ${index}`, { milliseconds: 30 }),
    );
    const [a, b] = await Promise.all([sweep(runs, { store }), sweep(runs, { store })]);
    expect(a.statuses).toEqual(runs.map(() => 'done'));
    expect(b.records).toEqual(a.records);
    expect(begun(a.events).length + begun(b.events).length).toBe(6);
  });

  test('what the store holds decides, whatever the pool says', async () => {
    const store = temporaryFolder();
    const [written, claimed] = [fakeRun(store, 'a'), fakeRun(store, 'b')];
    const lying: RunPool = {
      workers: 1,
      run: async (task) => {
        if (task.id !== written.task.id) return { kind: 'ended' };
        writeResult(store, fakeRecord('a', 'diverged', 'at step 3'));
        return { kind: 'stopped' };
      },
      stop: () => {},
      close: () => {},
    };
    const { statuses, records } = await sweep([written, claimed], { store, pool: lying });
    expect(statuses).toEqual(['diverged', 'failed']);
    expect(records[1]?.error).toBe('the run ended without a readable result');
  });

  test('in one process, runs take turns and faults stay their own', async () => {
    const store = temporaryFolder();
    const execute: RunFunction = async function* (task) {
      yield { kind: 'started', engine: 'fake', resumedAtStep: 0 };
      const { behaviour, record } = task.artefacts as unknown as { behaviour: string; record: RunRecord };
      if (behaviour === 'throw') throw new Error('the run threw');
      writeResult(store, record);
      yield { kind: 'ended', status: 'done' };
    };
    const runs = [fakeRun(store, 'a', { behaviour: 'throw' }), fakeRun(store, 'b')];
    const { statuses } = await sweep(runs, { store, pool: createInProcessPool({ execute, workers: 2 }) });
    expect(statuses).toEqual(['failed', 'done']);
  });
});
