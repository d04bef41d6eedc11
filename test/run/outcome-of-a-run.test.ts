// What is no outcome of a run stays out of its record: where it was interrupted, and what the machine lacked.
import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { EnvironmentError, InputError } from '../../src/core/errors.ts';
import { createRunner } from '../../src/run/execute/execute-run.ts';
import * as modelSource from '../../src/run/execute/model-source.ts';
import { WorkerContext } from '../../src/run/execute/worker-context.ts';
import { inProcess } from '../../src/run/executors/in-process.ts';
import type { SweepRun } from '../../src/run/pool/run-sweep.ts';
import { faultOf } from '../../src/run/run-event.ts';
import { readResult, runFile } from '../../src/run/store/store.ts';
import { temporaryFolder } from './fake-runs.ts';
import { tinySweep } from './tiny-experiment.ts';

vi.mock('../../src/run/execute/model-source.ts', { spy: true });

/** Diverges after some steps. */
const DIVERGING = [
  'phases.pretrain.optimizer.learningRate=10',
  'phases.pretrain.optimizer.clipNorm=null',
  'phases.pretrain.optimizer.kind=sgd',
  'model.initStandardDeviation=1',
];

async function onlyRun(store: string, set: readonly string[] = []): Promise<SweepRun> {
  const [run] = await tinySweep(store, { set });
  return run as SweepRun;
}

const resultOf = (store: string, id: string) => readFileSync(runFile(store, id, 'result'), 'utf8');

/** Resumes a run after each step, until it has ended; returns how often it began. */
async function stepByStep(run: SweepRun): Promise<number> {
  for (let beginnings = 1; ; beginnings++) {
    for await (const event of createRunner()(run.task, AbortSignal.abort())) {
      if (event.kind === 'ended' && event.status !== 'stopped') return beginnings;
    }
  }
}

describe('the record of a run that diverges', () => {
  test('is the same when it was stopped and resumed right before: its tokens and its last losses', async () => {
    const [whole, steps] = [temporaryFolder(), temporaryFolder()];
    const run = await onlyRun(whole, DIVERGING);
    await inProcess.execute([run], { store: whole, workers: 1 });
    const { id } = run.task;
    expect(readResult(whole, id)).toMatchObject({ kind: 'found', record: { status: 'diverged' } });
    expect(await stepByStep(await onlyRun(steps, DIVERGING))).toBeGreaterThan(1);
    expect(resultOf(steps, id)).toBe(resultOf(whole, id));
  });
});

describe('an engine that this machine cannot have', () => {
  const missing = () => Promise.reject(new InputError('engine `native` cannot be used: no addon.'));

  test('ends the sweep, and no run is remembered as failed', async () => {
    const store = temporaryFolder();
    const run = await onlyRun(store);
    vi.mocked(modelSource.openModelSource).mockImplementationOnce(missing);
    const sweep = () => inProcess.execute([run], { store, workers: 1 });
    await expect(sweep()).rejects.toThrow(/cannot be used: no addon\. The run is not marked as failed/);
    expect(readResult(store, run.task.id)).toEqual({ kind: 'missing' });
    expect((await sweep()).records[0]?.status).toBe('done');
  });

  test('is looked for again by the next run of the process', async () => {
    const context = new WorkerContext();
    vi.mocked(modelSource.openModelSource).mockImplementationOnce(missing);
    const options = { engine: 'wasm', threads: 1 } as const;
    const error = await context.models(options).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(EnvironmentError);
    expect(faultOf(error).stopsSweep).toBe(true);
    expect((await context.models(options)).name).toBe('wasm');
  });
});
