// Runs that train nothing, for tests of the store, the pool and the sweep.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { sha256Hex } from '../../src/core/hash.ts';
import type { SweepRun } from '../../src/run/pool/run-sweep.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { tinyPlan } from './tiny-experiment.ts';

export const fakeWorker = fileURLToPath(new URL('./fixtures/fake-worker.mjs', import.meta.url));

/** A folder that is gone when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tinypoison-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const fakeConfig = (tinyPlan().runs[0] as { config: RunRecord['config'] }).config;

export function fakeRecord(name: string, status: RunRecord['status'] = 'done', error?: string): RunRecord {
  return {
    id: sha256Hex(name),
    status,
    ...(error === undefined ? {} : { error }),
    config: fakeConfig,
    parameters: 10,
    tokensTrained: 100,
    poison: [],
    checkpoints: [],
    samples: [],
    weightsHash: null,
    arithmetic: 'exact',
    contracts: {},
  };
}

/** A run of the fake worker. */
export function fakeRun(
  store: string,
  name: string,
  options: { behaviour?: string; milliseconds?: number; flops?: number } = {},
): SweepRun {
  const record = fakeRecord(name);
  const artefacts = {
    behaviour: options.behaviour ?? 'finish',
    milliseconds: String(options.milliseconds ?? 0),
    record,
  } as unknown as SweepRun['task']['artefacts'];
  return {
    task: {
      config: record.config,
      typed: { text: '', set: [], sweep: [] },
      id: record.id,
      store,
      artefacts,
      engine: 'auto',
      threads: 1,
      keepWeights: 'none',
      saveIntervalMs: 0,
    },
    flops: options.flops ?? 1,
    failed: (error) => fakeRecord(name, 'failed', error),
  };
}
