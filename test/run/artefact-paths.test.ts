import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { InputError } from '../../src/core/errors.ts';
import { createRunner } from '../../src/run/execute/execute-run.ts';
import type { SweepRun } from '../../src/run/pool/run-sweep.ts';
import { relativeArtefacts } from '../../src/run/store/artefact-paths.ts';
import { runFile } from '../../src/run/store/store.ts';
import { temporaryFolder } from './fake-runs.ts';
import { runTiny, tinySweep } from './tiny-experiment.ts';

test('a task means the same after its store has been moved, and names no folder of the machine that made it', async () => {
  const folder = temporaryFolder();
  const [before, after] = [join(folder, 'before'), join(folder, 'after')];
  const { task } = (await tinySweep(before))[0] as SweepRun;
  expect(JSON.stringify({ ...task, store: '' })).not.toContain(folder);
  renameSync(before, after);
  for await (const _ of createRunner()({ ...task, store: after }, new AbortController().signal));
  const ordinary = temporaryFolder();
  await runTiny(ordinary);
  const bytes = (store: string, file: 'result' | 'manifest') =>
    readFileSync(runFile(store, task.id, file), 'utf8');
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
