// What a real Slurm does to a sweep: a node that is lost, one that is drained, a killed task, the signal before a time limit,
// an array that is too large. Only beside one: scripts/with-slurm.sh starts it, CI does so where it is installed.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ExecutionOptions } from '../../src/run/executors/executor.ts';
import { inProcess } from '../../src/run/executors/in-process.ts';
import type { ClusterConfig } from '../../src/run/executors/slurm/cluster.ts';
import { slurm } from '../../src/run/executors/slurm.ts';
import type { SweepRun } from '../../src/run/pool/run-sweep.ts';
import { runFile } from '../../src/run/store/store.ts';
import { temporaryFolder } from './fake-runs.ts';
import { builtEntry, isRealSlurm, testCluster } from './slurm-for-tests.ts';
import { tinySweep } from './tiny-experiment.ts';

/** Some ten seconds of training: long enough for Slurm to notice something. */
const LONG = 'phases.pretrain.tokens=1048576';
const DOCUMENTS = 'phases.pretrain.poison.documents';
const cluster = testCluster.config as ClusterConfig;
/** A task for each run, one after the other. */
const oneByOne = { config: { ...cluster, gigaflopsPerCore: 1e-6, taskMinutes: 1, tasksAtATime: 1 } };
const TIMEOUT_MS = 240_000;

const command = (name: string, ...words: string[]) =>
  execFileSync(name, words, { encoding: 'utf8' }).trim().split('\n');
const setNode = (state: string) => {
  const [node = ''] = command('hostname', '-s');
  const reason = state === 'RESUME' ? [] : ['Reason=test'];
  command('scontrol', 'update', `NodeName=${node}`, `State=${state}`, ...reason);
};
/** A node that was called lost and tells Slurm that it is there may be back by itself. */
const isDown = () => command('sinfo', '--noheader', '--format=%t').some((state) => state.startsWith('down'));
/** Puts the node back; not possible while what ran on it is being cleared away. */
const isBack = () => {
  try {
    setNode('RESUME');
    return true;
  } catch {
    return false;
  }
};
/** States of the jobs that are waiting or running, e.g. `R`. */
const states = () => command('squeue', '--noheader', '--format=%t');
/** Signals the processes of the one task that runs. */
const signal = (...words: string[]) =>
  command('scancel', ...words, ...command('squeue', '--noheader', '--states=RUNNING', '--format=%A'));

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 200));
}

const has = (store: string, run: SweepRun | undefined, file: 'config' | 'result') =>
  existsSync(runFile(store, (run as SweepRun).task.id, file));
const resultBytes = (store: string, runs: readonly SweepRun[]) =>
  runs.map(({ task }) => readFileSync(runFile(store, task.id, 'result'), 'utf8'));

/** The bytes that this process gives. */
async function expectedBytes(options: Parameters<typeof tinySweep>[1]): Promise<string[]> {
  const store = temporaryFolder();
  const runs = await tinySweep(store, options);
  await inProcess.execute(runs, { store, workers: 1 });
  return resultBytes(store, runs);
}

async function execute(store: string, runs: readonly SweepRun[], more: Partial<ExecutionOptions> = {}) {
  const executor = slurm(builtEntry('executors/slurm/work.js'));
  const options = { store, workers: 1, pollMs: 200, cluster: testCluster, ...more };
  const outcome = await executor.execute(runs, options);
  return { ...outcome, statuses: outcome.records.map((record) => record?.status) };
}

describe.skipIf(!isRealSlurm)('on a real Slurm', { timeout: TIMEOUT_MS }, () => {
  test('a task whose node is lost is queued again, and comes to the same bytes', async () => {
    const store = temporaryFolder();
    const runs = await tinySweep(store, { set: [LONG] });
    const outcome = execute(store, runs);
    await until(() => has(store, runs[0], 'config'));
    setNode('DOWN');
    await until(() => states().includes('PD'));
    expect(has(store, runs[0], 'result')).toBe(false);
    await until(() => !isDown() || isBack());
    expect((await outcome).statuses).toEqual(['done']);
    expect(resultBytes(store, runs)).toEqual(await expectedBytes({ set: [LONG] }));
  });

  test('a node that is drained finishes what it does; what waits goes on when it is back', async () => {
    const sweep = { set: [LONG], sweep: [`${DOCUMENTS}=[0, 1]`] };
    const store = temporaryFolder();
    const runs = await tinySweep(store, sweep);
    const outcome = execute(store, runs, { cluster: oneByOne });
    await until(() => runs.some((run) => has(store, run, 'config')));
    setNode('DRAIN');
    await until(() => runs.some((run) => has(store, run, 'result')) && !states().includes('R'));
    expect(runs.filter((run) => has(store, run, 'config'))).toHaveLength(1);
    setNode('RESUME');
    expect((await outcome).statuses).toEqual(['done', 'done']);
    expect(resultBytes(store, runs)).toEqual(await expectedBytes(sweep));
  });

  test('a killed task leaves its run to be done, says so, and the same command does it', async () => {
    const store = temporaryFolder();
    const runs = await tinySweep(store, { set: [LONG] });
    const outcome = execute(store, runs);
    await until(() => has(store, runs[0], 'config'));
    signal('--signal=KILL', '--full');
    const { stopped, reason, statuses } = await outcome;
    expect({ stopped, statuses }).toEqual({ stopped: true, statuses: [undefined] });
    expect(reason).toMatch(/1 runs? ha.* no result/);
    expect((await execute(store, runs)).statuses).toEqual(['done']);
  });

  test('at the signal before its time limit a task saves its state, is queued again, and goes on', async () => {
    const store = temporaryFolder();
    const runs = await tinySweep(store, { set: [LONG] });
    const outcome = execute(store, runs);
    await until(() => has(store, runs[0], 'config'));
    signal('--signal=USR2', '--batch');
    expect((await outcome).statuses).toEqual(['done']);
    const log = readFileSync(runFile(store, (runs[0] as SweepRun).task.id, 'log'), 'utf8');
    expect(log).toMatch(/stopped\n.*resumed after step [1-9]/);
    expect(resultBytes(store, runs)).toEqual(await expectedBytes({ set: [LONG] }));
  });

  test('more tasks than an array may have go into several arrays', async () => {
    const store = temporaryFolder();
    const runs = await tinySweep(store, { sweep: [`${DOCUMENTS}=[0, 1, 2, 3, 4]`] });
    const notices: string[] = [];
    const cluster = { config: { ...oneByOne.config, tasksAtATime: 2 } };
    const { statuses } = await execute(store, runs, { cluster, onNotice: (text) => notices.push(text) });
    expect(notices).toEqual([expect.stringMatching(/5 runs in 5 tasks .*job \d+, \d+;/)]);
    expect(statuses).toEqual(runs.map(() => 'done'));
  });
});
