import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { printLines } from '../../src/cli/command-context.ts';
import { runFile, runFolder, weightsFolder, writeResult } from '../../src/run/store/store.ts';
import { fakeRecord, temporaryFolder } from '../run/fake-runs.ts';
import { commandLine } from './captured-context.ts';

/** Runs `a` to `e`, each finished a minute after the one before. */
function storeOfFive(): string {
  const store = temporaryFolder();
  for (const [minute, name] of [...'abcde'].entries()) {
    const record = fakeRecord(name, name === 'c' ? 'failed' : 'done', name === 'c' ? 'why' : undefined);
    writeResult(store, record);
    const time = new Date(Date.UTC(2026, 0, 1, 12, minute));
    utimesSync(runFile(store, record.id, 'result'), time, time);
  }
  return store;
}
const idOf = (name: string) => fakeRecord(name).id;
const short = (name: string) => idOf(name).slice(0, 12);

test('lists the latest first, and no more than are wanted', async () => {
  const store = storeOfFive();
  const { code, out } = await commandLine(['list', '--store', store, '--latest', '2']);
  expect(code).toBe(0);
  const lines = out.trimEnd().split('\n');
  expect(lines.slice(1, -2).map((line) => line.split(' ')[0])).toEqual([short('e'), short('d')]);
  expect(lines[1]).toContain('2026-01-01 12:04');
  expect(lines.at(-1)).toBe(`5 runs in ${store}, of which 2 are shown, the latest first; times in UTC`);
  const bad = await commandLine(['list', '--store', store, '--latest', 'some']);
  expect(bad).toMatchObject({ code: 2, err: expect.stringMatching(/--latest is "some"/) });
});

test('shows the latest thousand of a larger store, and all on request', async () => {
  const store = temporaryFolder();
  for (let place = 0; place < 1001; place++)
    mkdirSync(runFolder(store, fakeRecord(`run ${place}`).id), { recursive: true });
  const lines = async (...words: string[]) =>
    (await commandLine(['list', '--store', store, ...words])).out.trimEnd().split('\n');
  const shown = await lines();
  expect(shown).toHaveLength(1 + 1000 + 2);
  expect(shown.at(-1)).toContain('1001 runs in ');
  expect(shown.at(-1)).toContain(', of which 1000 are shown (--all shows them all), the latest first');
  expect(await lines('--all')).toHaveLength(1 + 1001 + 2);
  const json = await commandLine(['list', '--store', store, '--json']);
  expect((JSON.parse(json.out) as { runs: unknown[] }).runs).toHaveLength(1001);
  expect(await commandLine(['list', '--all', '--latest', '2'])).toMatchObject({ code: 2 });
});

test('says what is failed, damaged, unfinished, and which weights are there', async () => {
  const store = storeOfFive();
  writeFileSync(runFile(store, idOf('a'), 'result'), '{');
  mkdirSync(weightsFolder(store, idOf('b'), null));
  mkdirSync(runFolder(store, idOf('begun')), { recursive: true });
  const { out } = await commandLine(['list', '--store', store, '--json']);
  const { runs } = JSON.parse(out) as { runs: { id: string; status: string; hasWeights: boolean }[] };
  const byId = new Map(runs.map((run) => [run.id, run]));
  const statuses = ['a', 'b', 'c', 'begun'].map((name) => byId.get(idOf(name))?.status);
  expect(statuses).toEqual(['damaged', 'done', 'failed', 'unfinished']);
  expect(runs.filter(({ hasWeights }) => hasWeights).map(({ id }) => id)).toEqual([idOf('b')]);
});

test('a listing may have more lines than a call may have arguments', () => {
  let written = '';
  const out = {
    write: (text: string) => {
      written += text;
    },
  };
  const lines = Array.from({ length: 300_000 }, () => 'run\u001b');
  printLines({ out }, lines);
  expect(written).toHaveLength(lines.length * 'run␛\n'.length);
});
