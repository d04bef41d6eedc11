import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parquetWriteFile } from 'hyparquet-writer';
import { expect, test } from 'vitest';
import { parseExperiment } from '../../src/config/node/load-experiment.ts';
import { corpusSchema } from '../../src/config/schema/schema.ts';
import { hubCache } from '../../src/corpus/node/hub-dataset.ts';
import { openCorpus } from '../../src/corpus/node/open-corpus.ts';
import { registered } from '../../src/recipe/registered.ts';
import { temporaryFolder } from '../run/fake-runs.ts';

const COMMIT = 'a'.repeat(40);
const parquet = (texts: readonly string[]) => (path: string) =>
  parquetWriteFile({ filename: path, columnData: [{ name: 'story', data: [...texts], type: 'STRING' }] });

/** A cache as the Hub's programs write it: files are links to blobs. */
function cacheWith(
  files: Readonly<Record<string, (path: string) => void>> = {
    'data/train-00001-of-00002.parquet': parquet(['c', 'd']),
    'data/train-00000-of-00002.parquet': parquet(['a', 'b']),
    'data/validation-00000-of-00001.parquet': parquet(['v']),
    'README.md': (path) => writeFileSync(path, 'a card'),
  },
): string {
  const folder = temporaryFolder();
  const data = join(folder, 'datasets--owner--tiny.set');
  for (const part of ['blobs', 'refs/pr', `snapshots/${COMMIT}`])
    mkdirSync(join(data, part), { recursive: true });
  writeFileSync(join(data, 'refs', 'main'), `${COMMIT}\n`);
  writeFileSync(join(data, 'refs', 'pr', '3'), COMMIT);
  for (const [number, [name, write]] of Object.entries(files).entries()) {
    const blob = join(data, 'blobs', String(number));
    write(blob);
    const path = join(data, 'snapshots', COMMIT, name);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(blob, path);
  }
  return folder;
}

const open = (fields: Record<string, unknown>) =>
  openCorpus(corpusSchema.parse({ kind: 'hub', repo: 'owner/tiny.set', textField: 'story', ...fields }), {
    baseFolder: '/',
  });

async function read(fields: Record<string, unknown>) {
  const documents: { id: string; text: string; origin: string }[] = [];
  for await (const document of (await open(fields)).documents()) documents.push(document);
  return documents;
}

test('a split is read file by file from the revision that a reference names', async () => {
  const path = cacheWith();
  const documents = await read({ path });
  expect(documents.map(({ text }) => text)).toEqual(['a', 'b', 'c', 'd']);
  expect(documents[2]).toEqual({
    id: 'data/train-00001-of-00002.parquet:row-1',
    text: 'c',
    origin: 'data/train-00001-of-00002.parquet:1',
  });
  expect((await read({ path, split: 'validation' })).map(({ text }) => text)).toEqual(['v']);
});

test('a folder of which the split is only a part of the name is another one', async () => {
  const path = cacheWith({
    'train/0000.parquet': parquet(['a']),
    'pre-train/test.parquet': parquet(['held out']),
  });
  expect((await read({ path })).map(({ text }) => text)).toEqual(['a']);
});

test('a branch, a reference below a folder and the commit are one text, wherever the cache lies', async () => {
  const path = cacheWith();
  const copy = join(temporaryFolder(), 'elsewhere');
  cpSync(path, copy, { recursive: true, verbatimSymlinks: false });
  const hashes = await Promise.all(
    [{ path }, { path, revision: 'pr/3' }, { path, revision: COMMIT }, { path: copy }].map(
      async (fields) => (await open(fields)).contentHash,
    ),
  );
  expect(new Set(hashes).size).toBe(1);
  expect((await open({ path, split: 'validation' })).contentHash).not.toBe(hashes[0]);
});

test('JSON Lines are read as well, and subsets are told apart by their folder', async () => {
  const lines = (text: string) => (file: string) =>
    writeFileSync(file, `${JSON.stringify({ story: text })}\n`);
  const path = cacheWith({ 'en/train/0000.jsonl': lines('one'), 'de/train/0000.jsonl': lines('eins') });
  expect((await read({ path, split: 'de/train' })).map(({ text }) => text)).toEqual(['eins']);
  await expect(open({ path })).rejects.toThrow(/lie in several folders \(de, en\): .*split: de\/train/);
});

test.each([
  [
    { repo: 'owner/other' },
    /owner\/other is not in the cache .*hf download owner\/other --repo-type dataset/,
  ],
  [{ revision: 'v2' }, /revision v2 of owner\/tiny\.set is not in the cache .*there: main, pr\/3, a{40}/],
  [{ revision: 'b'.repeat(40) }, /revision b{40} of owner\/tiny\.set is not in the cache/],
  [{ split: 'test' }, /no files of the split "test" .*there: data\/train-00000-of-00002\.parquet/],
  [{ textField: 'text' }, /no column "text" \(columns: story\)/],
])('%j is refused with what there is', async (fields, message) => {
  await expect(open({ path: cacheWith(), ...fields })).rejects.toThrow(message);
});

test('a split that is there in two formats is refused', async () => {
  const path = cacheWith({
    'train.parquet': parquet(['a']),
    'train.jsonl': (file) => writeFileSync(file, '{"story":"a"}\n'),
  });
  await expect(open({ path })).rejects.toThrow(/as Parquet and as JSON Lines/);
});

test('a snapshot that was removed is not there', async () => {
  const path = cacheWith();
  rmSync(join(path, 'datasets--owner--tiny.set', 'snapshots'), { recursive: true });
  await expect(open({ path })).rejects.toThrow(/revision main .*is not in the cache/);
});

test('the cache is where the Hub keeps it', () => {
  expect(hubCache({ HF_HUB_CACHE: '/a', HF_HOME: '/b' })).toBe('/a');
  expect(hubCache({ HF_HOME: '/b' })).toBe(join('/b', 'hub'));
  expect(hubCache({ XDG_CACHE_HOME: '/c' })).toBe(join('/c', 'huggingface', 'hub'));
  expect(hubCache({})).toMatch(/huggingface.hub$/);
});

test.each(['../a', 'a/../b', '/etc'])('the revision %s leads nowhere', (revision) => {
  expect(corpusSchema.safeParse({ kind: 'hub', repo: 'a/b', revision }).success).toBe(false);
});

test.each([undefined, '/other/cache'])('a config names a data set, and its cache (%s)', (cache) => {
  const { config } = parseExperiment(
    `schema: 1
name: x
corpus: { kind: hub, repo: owner/tiny.set, revision: v1, path: cache }
model: { width: 16, layers: 1, heads: 1 }
phases: [{ name: pretrain, tokens: 40960 }]
`,
    { file: '/folder/e.yaml', ...registered, set: cache === undefined ? [] : [`corpus.path=${cache}`] },
  );
  expect(config.corpus).toMatchObject({
    ...{ kind: 'hub', repo: 'owner/tiny.set', revision: 'v1' },
    path: cache ?? '/folder/cache',
  });
});
