// The contract that every executor keeps: what comes of a run is in its result.json, with the same bytes everywhere.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ExecutionOptions, Executor } from '../../src/run/executors/executor.ts';
import { inProcess } from '../../src/run/executors/in-process.ts';
import { processes } from '../../src/run/executors/processes.ts';
import { type ExecutorName, executorNames, findExecutor } from '../../src/run/executors/registry.ts';
import { slurm } from '../../src/run/executors/slurm.ts';
import type { SweepEvent, SweepRun } from '../../src/run/pool/run-sweep.ts';
import type { RunArtefacts } from '../../src/run/run-event.ts';
import { takeLease } from '../../src/run/store/lease.ts';
import { readResult, runFile } from '../../src/run/store/store.ts';
import { temporaryFolder } from './fake-runs.ts';
import { builtEntry, testCluster, useSlurm } from './slurm-for-tests.ts';
import { tinySweep } from './tiny-experiment.ts';

/** How each is made in a test, which runs from the sources. `npm run prepare` builds the worker. */
const make: Readonly<Record<ExecutorName, () => Executor>> = {
  processes: () => processes(builtEntry('../worker/worker.js')),
  'in-process': () => inProcess,
  slurm: () => slurm(builtEntry('executors/slurm/work.js')),
};

useSlurm();

const DOCUMENTS = 'phases.pretrain.poison.documents';
/** About two seconds of training: long enough to be stopped in the middle. */
const LONG = ['phases.pretrain.tokens=131072'];
const DIVERGING = [
  'phases.pretrain.optimizer.learningRate=10',
  'phases.pretrain.optimizer.clipNorm=null',
  'phases.pretrain.optimizer.kind=sgd',
  'model.initStandardDeviation=1',
];

const resultBytes = (store: string, id: string) => readFileSync(runFile(store, id, 'result'), 'utf8');
const idOf = (run: SweepRun | undefined) => (run as SweepRun).task.id;

/** Waits for something that another process does. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** A task of a model that cannot be: the run itself is to blame. */
function broken({ task, flops, failed }: SweepRun): SweepRun {
  const config = { ...task.config, model: { ...task.config.model, heads: 3 } };
  return { task: { ...task, config }, flops, failed };
}

/** A task whose file of prompts is gone: the store is to blame. */
function withoutPrompts({ task, flops, failed }: SweepRun): SweepRun {
  const artefacts: RunArtefacts = { ...task.artefacts, evaluation: 'cache/evaluation/gone.json' };
  return { task: { ...task, artefacts }, flops, failed };
}

describe.each(executorNames)('executor %s', (name) => {
  async function execute(store: string, runs: readonly SweepRun[], options: Partial<ExecutionOptions> = {}) {
    const events: SweepEvent[] = [];
    const outcome = await make[name]().execute(runs, {
      store,
      workers: 2,
      pollMs: 20,
      cluster: testCluster,
      onEvent: (event) => events.push(event),
      ...options,
    });
    return { ...outcome, events, statuses: outcome.records.map((record) => record?.status) };
  }

  test('does runs to the bytes that this process gives, in plan order, and keeps what is done', async () => {
    const [store, reference] = [temporaryFolder(), temporaryFolder()];
    const sweep = { sweep: [`${DOCUMENTS}=[0, 2, 4]`] };
    const runs = await tinySweep(store, sweep);
    const { statuses, stopped, records } = await execute(store, runs);
    expect(statuses).toEqual(['done', 'done', 'done']);
    expect(stopped).toBe(false);
    expect(records.map((record) => record?.id)).toEqual(runs.map(idOf));
    await inProcess.execute(await tinySweep(reference, sweep), { store: reference, workers: 1 });
    for (const run of runs) expect(resultBytes(store, idOf(run))).toBe(resultBytes(reference, idOf(run)));
    const again = await execute(store, runs);
    expect(again.events.map(({ kind }) => kind)).toEqual(['kept', 'kept', 'kept']);
    expect(again.records).toEqual(records);
  });

  test('a run that diverges has a result that says so; the others go on', async () => {
    const store = temporaryFolder();
    const runs = [...(await tinySweep(store, { set: DIVERGING })), ...(await tinySweep(store))];
    const { statuses } = await execute(store, runs);
    expect(statuses).toEqual(['diverged', 'done']);
  });

  test('a run that crashes has a failed record with the reason; it is tried again when that is wanted', async () => {
    const store = temporaryFolder();
    const [run, other] = (await tinySweep(store, { sweep: [`${DOCUMENTS}=[0, 4]`] })) as [SweepRun, SweepRun];
    const { statuses, records, events } = await execute(store, [broken(run), other]);
    expect(statuses).toEqual(['failed', 'done']);
    expect(records[0]?.error).toMatch(/heads/);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'finished', run: 0, status: 'failed' }));
    expect((await execute(store, [run])).statuses).toEqual(['failed']);
    expect((await execute(store, [run], { retryFailed: true })).statuses).toEqual(['done']);
  });

  test('a fault of the store ends the sweep and is not remembered: the next one does the run', async () => {
    const store = temporaryFolder();
    const [run] = (await tinySweep(store, {})) as [SweepRun];
    const ended = await execute(store, [withoutPrompts(run)]).then(
      ({ stopped, reason }) => `stopped: ${stopped}, ${reason}`,
      (error: unknown) => String(error),
    );
    // A cluster's tasks end elsewhere: their logs hold the message.
    expect(ended).toMatch(/gone\.json is missing or damaged|stopped: true, 1 runs have no result/);
    expect(readResult(store, idOf(run))).toEqual({ kind: 'missing' });
    expect(existsSync(runFile(store, idOf(run), 'lease'))).toBe(false);
    expect((await execute(store, [run])).statuses).toEqual(['done']);
  });

  test('stops on request with its state saved, and goes on to the bytes of a run that was not stopped', async () => {
    const [store, reference] = [temporaryFolder(), temporaryFolder()];
    const [run] = (await tinySweep(store, { set: LONG })) as [SweepRun];
    const stop = new AbortController();
    const going = execute(store, [run], { stop: stop.signal });
    await until(() => existsSync(runFile(store, idOf(run), 'config')));
    stop.abort();
    expect(await going).toMatchObject({ stopped: true, statuses: [undefined] });
    expect(readResult(store, idOf(run))).toEqual({ kind: 'missing' });
    expect(existsSync(runFile(store, idOf(run), 'state'))).toBe(true);
    const lease = takeLease(store, idOf(run));
    expect(lease).toBeDefined();
    lease?.release();
    const second = await execute(store, [run]);
    expect(second.statuses).toEqual(['done']);
    const log = readFileSync(runFile(store, idOf(run), 'log'), 'utf8');
    expect(log).toMatch(/resumed after step [1-9]/);
    await inProcess.execute(await tinySweep(reference, { set: LONG }), { store: reference, workers: 1 });
    expect(resultBytes(store, idOf(run))).toBe(resultBytes(reference, idOf(run)));
  }, 60_000);

  test('a damaged result is made again', async () => {
    const store = temporaryFolder();
    const runs = await tinySweep(store);
    await execute(store, runs);
    const before = resultBytes(store, idOf(runs[0]));
    // A cluster's task looks at its result once more, after the sweep that follows the store has returned.
    await until(() => !existsSync(runFile(store, idOf(runs[0]), 'lease')));
    writeFileSync(runFile(store, idOf(runs[0]), 'result'), '{}');
    const { statuses, events } = await execute(store, runs);
    expect(statuses).toEqual(['done']);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'notice', run: 0 }));
    expect(resultBytes(store, idOf(runs[0]))).toBe(before);
  });
});

test('a name that no executor has is refused with the names that there are', () => {
  expect(() => findExecutor('cloud')).toThrow(/no executor `cloud`.*processes, in-process, slurm/);
  expect(() => findExecutor('toString')).toThrow(/no executor/);
});
