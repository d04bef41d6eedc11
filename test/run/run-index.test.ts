import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { canonicalJson } from '../../src/core/canonical-json.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { CHECKING_FOLDERS, checkingCode } from '../../src/run/store/checking-code.ts';
import { readStoredResults, summariseRuns } from '../../src/run/store/run-index.ts';
import { runStates } from '../../src/run/store/run-state.ts';
import { readResult, runFile, runFolder, storedRunIds, writeResult } from '../../src/run/store/store.ts';
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

const rowSchema = z.array(z.unknown());
/** Places of values in an entry. */
const [ID, INODE, HASH, LAID_OUT, TITLE] = [0, 1, 5, 6, 11];

/** Changes the index of `run 7`'s neighbourhood, checksum and all: what it says then shows that it was believed. */
function forge(store: string, change: (body: string) => string): void {
  const text = readFileSync(fileOf(store), 'utf8');
  const [head = '', ...rest] = text.split('\n');
  const body = change(rest.join('\n'));
  const sum = createHash('sha256').update(body).digest('hex');
  writeFileSync(fileOf(store), `${head.split(' ').slice(0, -1).join(' ')} ${sum}\n${body}`);
}
/** Changes the entry of `run 7`. */
function forgeEntry(store: string, values: ReadonlyMap<number, unknown>): void {
  forge(store, (body) =>
    body
      .split('\n')
      .map((line) => rowSchema.parse(JSON.parse(line)))
      .map((row) =>
        row[ID] === id ? row.map((own, place) => (values.has(place) ? values.get(place) : own)) : row,
      )
      .map((row) => JSON.stringify(row))
      .join('\n'),
  );
}
function forgeTitle(store: string): void {
  forgeEntry(store, new Map([[TITLE, 'of the index']]));
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

  test('keeps what it has of other runs when one is looked at', () => {
    const store = storeOf(names);
    const neighbour = { ...fakeRecord('neighbour'), id: `${id.slice(0, 2)}${'0'.repeat(62)}` };
    writeResult(store, neighbour);
    indexed(store);
    forgeTitle(store);
    writeResult(store, { ...neighbour, parameters: 12 });
    const [own] = summariseRuns(store, [neighbour.id], always).values();
    expect(own).toMatchObject({ kind: 'found', summary: { parameters: 12 } });
    expect(titleOf(store)).toBe('of the index');
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
    ['has an entry with a value too few', (store) => forge(store, (body) => body.replace(/,[^,]*\]/, ']'))],
    ['has an entry with a value of another kind', (store) => forgeEntry(store, new Map([[INODE, '1']]))],
    ['is no list', (store) => forge(store, () => '{"__proto__":{}}')],
    [
      'is of another version',
      (store) => {
        forgeTitle(store);
        writeFileSync(fileOf(store), readFileSync(fileOf(store), 'utf8').replace(/^\d+/, '999'));
      },
    ],
    [
      'was made by other code',
      (store) => {
        forgeTitle(store);
        const other = checkingCode().replace(/^./, (first) => (first === '0' ? '1' : '0'));
        writeFileSync(fileOf(store), readFileSync(fileOf(store), 'utf8').replace(checkingCode(), other));
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

  describe('results read by it', () => {
    const readAll = (store: string) => readStoredResults(store, storedRunIds(store), always);
    const readEach = (store: string) =>
      new Map(storedRunIds(store).map((own) => [own, readResult(store, own)]));
    /** Of the result as it is now: what the index would hold of it, had it been checked. */
    const asChecked = (store: string) => {
      const path = runFile(store, id, 'result');
      const { ino, size, mtimeMs, ctimeMs } = statSync(path);
      const hash = createHash('sha256').update(readFileSync(path)).digest('hex');
      return [ino, size, mtimeMs, ctimeMs, hash].map((value, place): [number, unknown] => [
        INODE + place,
        value,
      ]);
    };

    /** Writes the result of a run with samples in another layout. */
    const rewrite = (store: string, write: (value: unknown) => string) => {
      writeResult(store, withSamples);
      const path = runFile(store, id, 'result');
      writeFileSync(path, write(JSON.parse(readFileSync(path, 'utf8'))));
    };
    const sample = { condition: 'clean', success: false };
    const withSamples: RunRecord = {
      ...fakeRecord('run 7'),
      checkpoints: [
        {
          ...{ phase: '\n ]', checkpoint: 1, optimizerStep: 3, tokensTrained: 24, phaseProgress: 1 },
          ...{ poisonedDocumentsSeen: 2, poisonExposures: 2, trainLossNats: 1.5, full: false },
          ...{ cleanLossNats: 1.25, thresholdNats: null, conditions: [] },
        },
      ],
      samples: [
        { ...sample, prompt: '\n "samples": [\n', continuation: '\n ]' },
        { ...sample, prompt: 'Grüße ]', continuation: '{"samples":[]} 😀' },
      ],
    };

    test.each([1, 2])('have their checkpoints and samples when they are read for the %d. time', (rounds) => {
      const store = storeOf(names);
      writeResult(store, withSamples);
      const read = () => {
        const own = readAll(store).get(id);
        if (own?.kind !== 'found') throw new Error(`run 7 is ${own?.kind}`);
        return own.record;
      };
      for (let round = 1; round < rounds; round++) read();
      const record = read();
      expect(record.samples).toEqual(withSamples.samples);
      expect(record.checkpoints).toEqual(withSamples.checkpoints);
      expect({ ...record }.samples).toEqual(withSamples.samples);
      expect(structuredClone(record)).toEqual(withSamples);
      expect(canonicalJson(record)).toBe(canonicalJson(withSamples));
      const own = readResult(store, id);
      expect(JSON.stringify(record)).toBe(JSON.stringify(own.kind === 'found' && own.record));
    });

    test.each([
      ['samples', '"continuation": "\\n ]"', '"continuation" "\\n ]"'],
      ['checkpoints', '"checkpoint": 1', '"checkpoint" 1 '],
    ] as const)('leave the text of their %s as it is until somebody looks at it', (name, text, broken) => {
      const store = storeOf(names);
      writeResult(store, withSamples);
      readAll(store);
      const path = runFile(store, id, 'result');
      expect(readFileSync(path, 'utf8')).toContain(text);
      writeFileSync(path, readFileSync(path, 'utf8').replace(text, broken));
      forgeEntry(store, new Map(asChecked(store)));
      const own = readAll(store).get(id);
      expect(own).toMatchObject({ kind: 'found' });
      expect(() => own?.kind === 'found' && own.record[name]).toThrow(SyntaxError);
    });

    test('take their checkpoints apart once', () => {
      const store = storeOf(names);
      writeResult(store, withSamples);
      readAll(store);
      const own = readAll(store).get(id);
      if (own?.kind !== 'found') throw new Error(`run 7 is ${own?.kind}`);
      const { checkpoints } = own.record;
      expect(checkpoints).toEqual(withSamples.checkpoints);
      expect(own.record.checkpoints).toBe(checkpoints);
      expect({ ...own.record }).toEqual(withSamples);
    });

    test('are those that are read one by one: without it, making it, and with it', () => {
      const store = storeOf(names);
      for (let round = 0; round < 2; round++) expect(readAll(store)).toEqual(readEach(store));
      rmSync(indexFolder(store), { recursive: true });
      expect(readAll(store)).toEqual(readEach(store));
      expect(JSON.stringify(readAll(store).get(id))).toBe(JSON.stringify(readResult(store, id)));
    });

    test('are not checked again while their bytes are those that were', () => {
      const store = storeOf(names);
      readAll(store);
      writeFileSync(runFile(store, id, 'result'), '{"parameters":"many"}\n');
      forgeEntry(store, new Map<number, unknown>([...asChecked(store), [LAID_OUT, false]]));
      expect(readAll(store).get(id)).toEqual({ kind: 'found', record: { parameters: 'many' }, files: {} });
    });

    test('are checked where they look alike and their bytes differ', () => {
      const store = storeOf(names);
      readAll(store);
      const path = runFile(store, id, 'result');
      writeFileSync(path, readFileSync(path, 'utf8').replace('"parameters": 10', '"parameters": 11'));
      const seen = asChecked(store).filter(([place]) => place !== HASH);
      forgeEntry(store, new Map(seen));
      expect(indexed(store).get(id)).toMatchObject({ kind: 'found' });
      expect(readAll(store).get(id)).toMatchObject({ kind: 'damaged' });
      expect(readAll(store)).toEqual(readEach(store));
      expect(indexed(store).get(id)).toMatchObject({ kind: 'damaged' });
    });

    test.each<[string, (store: string) => void]>([
      ['laid out in another way', (store) => rewrite(store, (value) => JSON.stringify(value))],
      [
        'indented by nothing',
        (store) => rewrite(store, (value) => JSON.stringify(value, null, 1).replace(/^ +/gm, '')),
      ],
      ['written again', (store) => writeResult(store, { ...fakeRecord('run 7'), parameters: 12 })],
      ['longer', (store) => appendFileSync(runFile(store, id, 'result'), ' ')],
      ['gone', (store) => rmSync(runFile(store, id, 'result'))],
      [
        "another run's",
        (store) => cpSync(runFile(store, fakeRecord('run 8').id, 'result'), runFile(store, id, 'result')),
      ],
    ])('are what they are now where one is %s', (_, change) => {
      const store = storeOf(names);
      readAll(store);
      change(store);
      for (let round = 0; round < 2; round++) expect(readAll(store)).toEqual(readEach(store));
    });

    test('are read without an index where there are few', () => {
      const store = storeOf(names);
      expect(readStoredResults(store, storedRunIds(store))).toEqual(readEach(store));
      expect(existsSync(join(store, 'cache'))).toBe(false);
    });
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

describe('the code that checks results', () => {
  test('lies in the folders that are looked at, with all that it imports', () => {
    const root = fileURLToPath(new URL('../../src/', import.meta.url));
    const found = new Set<string>();
    const follow = (file: string): void => {
      if (found.has(file)) return;
      found.add(file);
      const imports = readFileSync(file, 'utf8').matchAll(
        /^(?:import|export)\s+(?!type\b)(?:[^;]*?\sfrom\s+)?'(\.[^']+)'/gm,
      );
      for (const [, path = ''] of imports) follow(join(dirname(file), path));
    };
    for (const file of ['run-summary', 'store', 'index-file', 'run-index'])
      follow(join(root, 'run', 'store', `${file}.ts`));
    const folders = [...found].map((file) => relative(root, file).split(sep)[0]);
    expect(found.size).toBeGreaterThan(20);
    expect(new Set(folders)).toEqual(new Set(CHECKING_FOLDERS));
  });

  test('is another where a module of it, or the version of a library, is another', () => {
    const folder = temporaryFolder();
    for (const name of CHECKING_FOLDERS) mkdirSync(join(folder, 'dist', name, 'own'), { recursive: true });
    const change = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return checkingCode(join(folder, 'dist'));
    };
    const first = change('package.json', '{}');
    const codes = [
      first,
      change('dist/run/own/schema.js', '1'),
      change('dist/run/own/schema.js', '2'),
      change('dist/core/math.js', '1'),
      change('package.json', '{ "version": "2" }'),
    ];
    expect(new Set(codes).size).toBe(codes.length);
    expect(change('dist/core/math.js.map', '{}')).toBe(codes.at(-1));
  });
});
