import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { InputError } from '../../src/core/errors.ts';
import { executeRun } from '../../src/run/execute/execute-run.ts';
import { ExperimentPreparation } from '../../src/run/prepare/prepare-experiment.ts';
import type { RunArtefacts, RunTask } from '../../src/run/run-event.ts';
import { relativeArtefacts } from '../../src/run/store/artefact-paths.ts';
import type { RunIdentity } from '../../src/run/store/identity.ts';
import { runFile } from '../../src/run/store/store.ts';
import { temporaryFolder } from './fake-runs.ts';
import { runTiny, tinyPlan } from './tiny-experiment.ts';

test('a task means the same after its store has been moved, and names no folder of the machine that made it', async () => {
  const folder = temporaryFolder();
  const [before, after] = [join(folder, 'before'), join(folder, 'after')];
  const run = tinyPlan().runs[0] as ReturnType<typeof tinyPlan>['runs'][number];
  const preparation = new ExperimentPreparation({ store: before, baseFolder: folder });
  const [identity] = (await preparation.identify([run])) as [RunIdentity];
  const [artefacts] = (await preparation.prepare([{ ...run, identity }], { ofExperiment: [run] })) as [
    RunArtefacts,
  ];
  await preparation.close();
  expect(JSON.stringify(artefacts)).not.toContain(folder);
  renameSync(before, after);
  const task: RunTask = {
    id: identity.id,
    config: run.config,
    typed: { text: '', set: [], sweep: [] },
    store: after,
    artefacts,
    engine: 'wasm',
    threads: 1,
    keepWeights: 'none',
    saveIntervalMs: 30_000,
  };
  for await (const _ of executeRun(task, new AbortController().signal));
  const ordinary = temporaryFolder();
  await runTiny(ordinary);
  const bytes = (store: string, file: 'result' | 'manifest') =>
    readFileSync(runFile(store, identity.id, file), 'utf8');
  expect(bytes(after, 'result')).toBe(bytes(ordinary, 'result'));
  expect(bytes(after, 'manifest')).toBe(bytes(ordinary, 'manifest'));
});

test('a file outside the store is refused', () => {
  const artefacts = {
    vocabulary: '/elsewhere/v.json',
    evaluation: '/store/e.json',
    phases: [],
    contracts: {},
  };
  expect(() => relativeArtefacts('/store', artefacts)).toThrow(InputError);
  expect(relativeArtefacts('/store', { ...artefacts, vocabulary: '/store/a/v.json' })).toMatchObject({
    vocabulary: 'a/v.json',
    evaluation: 'e.json',
  });
});
