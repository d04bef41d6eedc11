import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { summariseRuns } from '../../src/run/store/run-index.ts';
import { runStates } from '../../src/run/store/run-state.ts';
import { runFile, runFolder, storedRunIds, writeResult } from '../../src/run/store/store.ts';
import { fakeRecord, temporaryFolder } from './fake-runs.ts';

/** Any store is worth an index, and so are files of this moment. */
const always = { fewest: 0, settledMs: -60_000 };
const indexFolder = (store: string) => join(store, 'cache', 'run-index');
const indexed = (store: string) => summariseRuns(store, storedRunIds(store), always);
const unindexed = (store: string) => summariseRuns(store, storedRunIds(store), { fewest: Infinity });

function storeOf(names: readonly string[]): string {
  const store = temporaryFolder();
  for (const name of names) writeResult(store, fakeRecord(name));
  return store;
}

const names = Array.from({ length: 30 }, (_, place) => `run ${place}`);
const { id } = fakeRecord('run 7');
const fileOf = (store: string) => join(indexFolder(store), `${id.slice(0, 2)}.json`);

/** Changes the index of `run 7`'s neighbourhood, checksum and all: what it says then shows that it was believed. */
function forge(store: string, change: (body: string) => string): void {
  const text = readFileSync(fileOf(store), 'utf8');
  const [head = '', ...rest] = text.split('\n');
  const body = change(rest.join('\n'));
  const sum = createHash('sha256').update(body).digest('hex');
  writeFileSync(fileOf(store), `${head.split(' ')[0]} ${sum}\n${body}`);
}
function forgeTitle(store: string): void {
  forge(store, (body) => body.replaceAll(/"title":"(?:[^"\\]|\\.)*"/g, '"title":"of the index"'));
  expect(titleOf(store)).toBe('of the index');
}

function titleOf(store: string): string | undefined {
  const stored = indexed(store).get(id);
  return stored?.kind === 'found' ? stored.summary.title : undefined;
}

describe('the index of a store', () => {
  test('says what the results say, and is believed while they stay as they are', () => {
    const store = storeOf(names);
    expect(indexed(store)).toEqual(unindexed(store));
    expect(indexed(store)).toEqual(unindexed(store));
    forgeTitle(store);
  });

  test('is not made for few runs', () => {
    const store = storeOf(names);
    summariseRuns(store, storedRunIds(store));
    expect(existsSync(join(store, 'cache'))).toBe(false);
  });

  test('leaves out what was written a moment ago', () => {
    const store = storeOf(names);
    summariseRuns(store, storedRunIds(store), { fewest: 0 });
    expect(readdirSync(indexFolder(store))).toEqual([]);
  });

  test.each<[string, (store: string) => void]>([
    ['that was written again', (store) => writeResult(store, fakeRecord('run 7'))],
    [
      'that was changed in its place, to the same length',
      (store) => {
        const path = runFile(store, id, 'result');
        writeFileSync(path, readFileSync(path, 'utf8').replace('"parameters": 10', '"parameters": 11'));
      },
    ],
    ['that is gone', (store) => rmSync(runFile(store, id, 'result'))],
    ['whose folder is gone', (store) => rmSync(runFolder(store, id), { recursive: true })],
  ])('is not believed of a run %s', (_, change) => {
    const store = storeOf(names);
    indexed(store);
    forgeTitle(store);
    change(store);
    expect(indexed(store).get(id)).toEqual(unindexed(store).get(id));
  });

  test('forgets runs that are gone', () => {
    const store = storeOf(names);
    indexed(store);
    rmSync(runFolder(store, id), { recursive: true });
    writeResult(store, { ...fakeRecord('new'), id: `${id.slice(0, 2)}${'0'.repeat(62)}` });
    indexed(store);
    expect(readFileSync(fileOf(store), 'utf8')).not.toContain(id);
  });

  test.each<[string, (store: string) => void]>([
    ['was deleted', (store) => rmSync(indexFolder(store), { recursive: true })],
    ['was cut', (store) => writeFileSync(fileOf(store), readFileSync(fileOf(store)).subarray(0, 100))],
    ['is empty', (store) => writeFileSync(fileOf(store), '')],
    ['holds other bytes', (store) => writeFileSync(fileOf(store), Buffer.from([0xff, 0x00, 0x0a, 0x5b]))],
    [
      'was changed',
      (store) =>
        writeFileSync(fileOf(store), readFileSync(fileOf(store), 'utf8').replaceAll('"done"', '"failed"')),
    ],
    ['has entries that are none', (store) => forge(store, () => '[{"seen":[1],"summary":{}}]')],
    ['is no list', (store) => forge(store, () => '{"__proto__":{}}')],
    [
      'is of another version',
      (store) => {
        forgeTitle(store);
        writeFileSync(fileOf(store), readFileSync(fileOf(store), 'utf8').replace(/^\d+/, '999'));
      },
    ],
    [
      'is a folder',
      (store) => {
        rmSync(fileOf(store));
        mkdirSync(fileOf(store));
      },
    ],
  ])('does not matter where it %s', (_, harm) => {
    const store = storeOf(names);
    indexed(store);
    harm(store);
    expect(indexed(store)).toEqual(unindexed(store));
    expect(indexed(store)).toEqual(unindexed(store));
  });

  test('of another store is not believed', () => {
    const [store, copy] = [storeOf(names), temporaryFolder()];
    indexed(store);
    forgeTitle(store);
    cpSync(store, copy, { recursive: true, preserveTimestamps: true });
    expect(indexed(copy).get(id)).toEqual(unindexed(copy).get(id));
  });

  test('cannot be kept where nothing can be written, and is not needed there', () => {
    const store = storeOf(names);
    writeFileSync(join(store, 'cache'), '');
    expect(indexed(store)).toEqual(unindexed(store));
  });

  test('never calls a damaged result anything else', () => {
    const store = storeOf(names);
    writeFileSync(runFile(store, id, 'result'), '{}');
    for (let round = 0; round < 2; round++) {
      expect(indexed(store).get(id)).toMatchObject({ kind: 'damaged' });
      expect(runStates(store, [id])).toMatchObject([{ state: 'damaged' }]);
    }
  });

  test('says once that many results are read', () => {
    const store = storeOf(names);
    const said: string[] = [];
    const options = { ...always, noticedReads: 20, onSlow: (sentence: string) => said.push(sentence) };
    for (let round = 0; round < 2; round++) summariseRuns(store, storedRunIds(store), options);
    expect(said).toEqual(['reading 30 results, of which an index is kept']);
  });

  test('stays whole while processes write it at once and are killed', async () => {
    const store = storeOf(names);
    const program = `
      const { summariseRuns } = await import(${JSON.stringify(new URL('../../dist/run/store/run-index.js', import.meta.url))});
      const { rmSync } = await import('node:fs');
      const ids = ${JSON.stringify(storedRunIds(store))};
      process.stdout.write('begun');
      for (;;) {
        summariseRuns(${JSON.stringify(store)}, ids, { fewest: 0, settledMs: -60000 });
        if (Math.random() < 0.3) rmSync(${JSON.stringify(fileOf(store))}, { force: true });
      }`;
    const processes = [1, 2, 3].map(() => spawn(process.execPath, ['--input-type=module', '-e', program]));
    const ended = processes.map(
      (one) => new Promise((done) => one.once('exit', (_, signal) => done(signal))),
    );
    await Promise.all(processes.map((one) => new Promise((begun) => one.stdout.once('data', begun))));
    for (let round = 0; round < 20; round++) {
      expect(indexed(store)).toEqual(unindexed(store));
      await new Promise((next) => setImmediate(next));
    }
    for (const one of processes) one.kill('SIGKILL');
    // Each was still at it: none had ended by an error.
    expect(await Promise.all(ended)).toEqual(['SIGKILL', 'SIGKILL', 'SIGKILL']);
    writeFileSync(`${fileOf(store)}.${processes[0]?.pid}.1.tmp`, 'left by a process that was killed');
    rmSync(fileOf(store), { force: true });
    expect(indexed(store)).toEqual(unindexed(store));
    expect(readdirSync(indexFolder(store)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
