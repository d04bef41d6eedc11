import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseExperiment } from '../../src/config/node/load-experiment.ts';
import { expandPlan } from '../../src/config/sweep/expand-plan.ts';
import { loadModel } from '../../src/model/node/save-model.ts';
import type { RunIdentity } from '../../src/recipe/identity.ts';
import { registered } from '../../src/recipe/registered.ts';
import { hashTensors } from '../../src/run/execute/trace.ts';
import { readSubmission, writeSubmission } from '../../src/run/executors/slurm/job-folder.ts';
import { startOf } from '../../src/run/prepare/open-base.ts';
import { ExperimentPreparation } from '../../src/run/prepare/prepare-experiment.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { readTrace } from '../../src/run/store/read-run-file.ts';
import { runFile } from '../../src/run/store/store.ts';
import { impliedIdentity } from '../../src/verify/results-folder.ts';
import { temporaryFolder } from './fake-runs.ts';
import { runTiny, tinySweep, tinyYaml } from './tiny-experiment.ts';

const based = (base: string, yaml = tinyYaml) => yaml.replace('phases:', `base: ${base}\nphases:`);
const weightsOf = (store: string, id: string) => runFile(store, id, 'weights');

async function trained(store: string, yaml = tinyYaml): Promise<string> {
  const { ids } = await runTiny(store, { yaml });
  return ids[0] as string;
}

async function goOn(store: string, yaml: string): Promise<RunRecord> {
  const { records } = await runTiny(store, { yaml });
  return records[0] as RunRecord;
}

test('a run starts from the weights of a stored run, and its id stands for them', async () => {
  const store = temporaryFolder();
  const first = await trained(store);
  const record = await goOn(store, based(`{ run: ${first.slice(0, 8)} }`));
  expect(record.status).toBe('done');
  expect(record.id).not.toBe(first);
  const start = readTrace(store, record.id)?.[0];
  expect(start?.optimizerStep).toBe(0);
  expect(start?.tensors).toEqual(hashTensors(loadModel(weightsOf(store, first)).weights));
  const bytes = readFileSync(runFile(store, first, 'result'), 'utf8');
  const { weightsHash } = JSON.parse(bytes) as RunRecord;
  expect(record.contracts.baseHash).toBe(weightsHash);
  expect(record.config.base).toEqual({});
  expect(impliedIdentity(record)).toBe(record.id);
});

test('the folder of a model is the same base as the run that saved it, in another store and place', async () => {
  const [store, other] = [temporaryFolder(), temporaryFolder()];
  const first = await trained(store);
  const byRun = await goOn(store, based(`{ run: ${first} }`));
  const folder = join(other, 'model');
  mkdirSync(folder);
  cpSync(weightsOf(store, first), folder, { recursive: true });
  cpSync(runFile(store, first, 'vocabulary'), join(folder, 'vocabulary.json'));
  const byPath = await goOn(join(other, 'store'), based(`{ path: ${folder} }`));
  expect(byPath).toEqual(byRun);
  rmSync(folder, { recursive: true });
});

test('to identify runs copies nothing; to prepare them keeps the weights that they start from', async () => {
  const store = temporaryFolder();
  const first = await trained(store);
  const { runs } = expandPlan(
    parseExperiment(based(`{ run: ${first} }`), { file: join(store, 'tiny.yaml'), ...registered }),
  );
  const starts = join(store, 'cache', 'starts');
  const preparation = new ExperimentPreparation({ store, baseFolder: store });
  const [identity] = await preparation.identify(runs);
  expect(existsSync(starts)).toBe(false);
  const own = runs.map((run) => ({ ...run, identity: identity as RunIdentity }));
  await preparation.prepare(own, { ofExperiment: runs });
  await preparation.close();
  expect(readdirSync(starts)).toHaveLength(1);
});

test.each([
  ['{ run: abcd1234 }', /no run in the store/],
  ['{ run: ABC }', /not a run id: give 4 to 64 hexadecimal digits/],
  ['{ path: nowhere }', /nowhere.*cannot be read/],
  ['{ run: abcd1234, path: nowhere }', /base.*needs either run .* or path/],
  ['{}', /base.*needs either run .* or path/],
])('refuses the base %s', async (base, message) => {
  await expect(goOn(temporaryFolder(), based(base))).rejects.toThrow(message);
});

test('refuses a base of another shape or vocabulary, or without its vocabulary', async () => {
  const store = temporaryFolder();
  const first = await trained(store);
  const base = based(`{ run: ${first} }`);
  await expect(goOn(store, base.replace('width: 16', 'width: 32'))).rejects.toThrow(
    /a model with width 16, and this run's has 32/,
  );
  const other = base
    .replace('encoding: bytes', 'encoding: o200k_base')
    .replace('trainingDocuments: 1', 'trainingDocuments: 10');
  await expect(goOn(store, other)).rejects.toThrow(/has another vocabulary/);
  const folder = join(temporaryFolder(), 'a', 'model');
  cpSync(weightsOf(store, first), folder, { recursive: true });
  await expect(goOn(store, based(`{ path: ${folder} }`))).rejects.toThrow(/has no vocabulary\.json/);
  writeFileSync(join(folder, 'vocabulary.json'), '[]');
  await expect(goOn(store, based(`{ path: ${folder} }`))).rejects.toThrow(/vocabulary of a run/);
});

test('what a run starts from, and what it shares, goes along to a cluster', async () => {
  const store = temporaryFolder();
  const [run] = await tinySweep(store);
  const { store: _, ...task } = (run as NonNullable<typeof run>).task;
  const whole = {
    ...task,
    bases: [{ phase: 0, key: 'a'.repeat(64) }],
    artefacts: { ...task.artefacts, base: 'cache/starts/weights.safetensors' },
  };
  writeSubmission(store, 'job', { workers: 1, chunks: [[{ task: whole, flops: 1 }]] });
  expect(readSubmission(store, 'job').chunks[0]?.[0]?.task).toEqual(whole);
});

test('a run whose base was lost on the way does not start from scratch', () => {
  const contracts = { baseHash: 'a'.repeat(64) };
  expect(() => startOf({ contracts })).toThrow(/were not handed on/);
  expect(startOf({ contracts: {} })).toEqual({});
});
