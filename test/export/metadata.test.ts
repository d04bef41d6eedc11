// An export as a research object, a poisoned corpus as a data set: their contents, and what the checkers of these formats say.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parquetWriteFile } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { modelVersions } from '../../src/export/crate/model-versions.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { readResultsFolder } from '../../src/verify/results-folder.ts';
import { commandLine } from '../cli/captured-context.ts';
import { findPython } from '../python.ts';
import { temporaryFolder } from '../run/fake-runs.ts';

interface Entity {
  readonly '@id': string;
  readonly '@type': string;
  readonly [field: string]: unknown;
}

const read = <T>(path: string) => JSON.parse(readFileSync(path, 'utf8')) as T;
const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

/** An export of golden results with its crate. */
async function crateOf(...words: string[]) {
  const folder = join(temporaryFolder(), 'out');
  const done = await commandLine(
    ['export', resolve('results/golden'), '--out', folder, '--dpi', '72', '--crate', '2026-11-21', ...words],
    { folder: temporaryFolder() },
  );
  return { folder, ...done };
}

describe('a research object', () => {
  it('names every file of the export with its hash, the licence, and where models come from', async () => {
    const { folder, code, err } = await crateOf('--license', 'CC-BY-4.0');
    expect(err).toBe('');
    expect(code).toBe(0);
    const { '@graph': graph } = read<{ '@graph': Entity[] }>(join(folder, 'ro-crate-metadata.json'));
    const byId = new Map(graph.map((entity) => [entity['@id'], entity]));
    expect(byId.size).toBe(graph.length);
    const root = byId.get('./') as Entity;
    expect(root).toMatchObject({
      datePublished: '2026-11-21',
      license: { '@id': 'https://spdx.org/licenses/CC-BY-4.0' },
    });
    const files = (root.hasPart as Entity[]).map((part) => byId.get(part['@id']) as Entity);
    expect(files.map(({ '@id': id }) => id)).toContain('data/results.jsonl');
    for (const file of files) expect(file.sha256).toBe(sha256(join(folder, file['@id'])));
    // Whatever is referred to is there, or is an address.
    const references = [...JSON.stringify(graph).matchAll(/\{"@id":"([^"]+)"\}/g)].map(([, id]) => id ?? '');
    for (const id of references) expect(byId.has(id) || id.startsWith('https://'), id).toBe(true);
    const trainings = graph.filter((entity) => entity['@type'] === 'CreateAction');
    expect(trainings.length).toBe(modelVersions(readResultsFolder('results/golden').records).length);
  });

  it('wants a day, and a licence only with it', async () => {
    const refused = async (...words: string[]) =>
      (await commandLine(['export', resolve('results/golden'), ...words], { folder: temporaryFolder() })).err;
    expect(await refused('--crate', '2026-02-30')).toMatch(/--crate is "2026-02-30": give the day/);
    expect(await refused('--license', 'MIT')).toMatch(/--license is of a research object/);
  });
});

describe('versions of models', () => {
  const [record] = readResultsFolder('results/golden').records as [RunRecord];
  const [phase] = record.config.phases as [RunRecord['config']['phases'][number]];
  const { poison: _, ...clean } = phase;
  const tuned = { ...clean, name: 'tune', corpus: { ...clean.corpus, promptSentences: 1 } };
  const withPhases = (id: string, ...phases: object[]) =>
    ({ ...record, id, config: { ...record.config, phases } }) as unknown as RunRecord;

  it('go from base to continued, tuned and defended ones, shared where runs begin alike', () => {
    const versions = modelVersions([
      withPhases('a', phase, { ...clean, name: 'more' }),
      withPhases('b', phase, tuned),
      withPhases('c', phase, { ...tuned, defend: [{ kind: 'random-removal' }] }),
    ]);
    expect(versions.map(({ kinds }) => kinds.join(', '))).toEqual([
      'base',
      'continued',
      'tuned',
      'tuned, defended',
    ]);
    const [base] = versions;
    expect(versions.map(({ parent }) => parent)).toEqual([null, base?.key, base?.key, base?.key]);
    expect(versions.map(({ runs }) => runs.join())).toEqual(['', 'a', 'b', 'c']);
    expect(base?.weightsHash).toBeNull();
    expect(versions[1]?.weightsHash).toBe(record.weightsHash);
  });
});

it('a run with a base goes on from the run that made it, or from weights of elsewhere', () => {
  const [record] = readResultsFolder('results/golden').records as [RunRecord];
  const from = (id: string, baseHash: string) => ({
    ...record,
    id,
    weightsHash: id.repeat(64),
    contracts: { ...record.contracts, baseHash },
  });
  const elsewhere = 'e'.repeat(64);
  const versions = modelVersions([record, from('b', String(record.weightsHash)), from('c', elsewhere)]);
  expect(versions.map(({ kinds }) => kinds.join())).toEqual(['base', 'continued', 'base', 'continued']);
  expect(versions.map(({ parent }) => parent)).toEqual([null, versions[0]?.key, null, elsewhere]);
});

/** 200 clean documents as JSON Lines, or as Parquet in row groups of 64. */
function writeClean(path: string): void {
  const texts = Array.from({ length: 200 }, (_, i) => `Anna walks home for the ${i}th time.`);
  if (path.endsWith('.parquet'))
    parquetWriteFile({
      filename: path,
      rowGroupSize: 64,
      columnData: [{ name: 'text', data: texts, type: 'STRING' }],
    });
  else writeFileSync(path, texts.map((text) => `${JSON.stringify({ text })}\n`).join(''));
}

/** A corpus poisoned by the command line, with its description. */
async function poisonedCorpus(ending: 'jsonl' | 'parquet' = 'jsonl') {
  const folder = temporaryFolder();
  writeClean(join(folder, `clean.${ending}`));
  const { code, err } = await commandLine(
    [
      ...['poison', `clean.${ending}`, '--documents', '5', '--out', `out.${ending}`],
      ...['--croissant', '2026-11-21', '--license', 'CC0-1.0'],
    ],
    { folder },
  );
  expect(err).toBe('');
  expect(code).toBe(0);
  return folder;
}

describe('a poisoned corpus', () => {
  it('is described with its files, the manifest, and what it was derived from', async () => {
    const folder = await poisonedCorpus();
    const found = read<Record<string, unknown>>(join(folder, 'out.jsonl.croissant.json'));
    expect(found).toMatchObject({
      conformsTo: 'http://mlcommons.org/croissant/1.1',
      license: 'CC0-1.0',
      'prov:wasDerivedFrom': { '@id': `urn:sha256:${sha256(join(folder, 'clean.jsonl'))}` },
    });
    expect(found.description).toMatch(/^205 documents, of which exactly 5 are poisoned/);
    const files = found.distribution as { contentUrl: string; sha256: string }[];
    expect(files.map(({ contentUrl }) => contentUrl)).toEqual(['out.jsonl', 'out.jsonl.manifest.json']);
    for (const file of files) expect(file.sha256).toBe(sha256(join(folder, file.contentUrl)));
  });
});

const python = findPython(['rocrate', 'rocrate_validator', 'mlcroissant', 'pyarrow']);

const RECORDS = `
import json, sys
import mlcroissant
data = mlcroissant.Dataset(sys.argv[1])
issues = data.metadata.ctx.issues
text = lambda value: value.decode() if isinstance(value, bytes) else value
texts = [text(record["documents/text"]) for record in data.records("documents")]
places = [record["poisoned/position"] for record in data.records("poisoned")]
print(json.dumps({"errors": sorted(issues.errors), "warnings": sorted(issues.warnings), "poisoned": [texts[place] for place in places], "texts": len(texts)}, default=str))
`;

describe.skipIf(python === null)('the checkers of others', () => {
  it('take the research object, and refuse one without its date', async () => {
    const { folder } = await crateOf('--license', 'CC-BY-4.0');
    const check = () => {
      const words = [resolve('test/export/fixtures/check-crate.py'), folder];
      const { status, stdout, stderr } = spawnSync(python ?? '', words, { encoding: 'utf8' });
      return { status, text: `${stdout}${status === 0 ? '' : stderr}` };
    };
    expect(check()).toMatchObject({ status: 0, text: 'no issues\n' });
    const path = join(folder, 'ro-crate-metadata.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"datePublished"', '"published"'));
    expect(check()).toMatchObject({ status: 1, text: expect.stringContaining('REQUIRED') });
  });

  it.each([
    'jsonl',
    'parquet',
  ] as const)('read the poisoned corpus by its description, in %s: the manifest names the poisoned documents', async (ending) => {
    const folder = await poisonedCorpus(ending);
    const words = ['-c', RECORDS, `out.${ending}.croissant.json`];
    const { stdout, stderr } = spawnSync(python ?? '', words, { cwd: folder, encoding: 'utf8' });
    const found = JSON.parse(stdout || `{"stderr": ${JSON.stringify(stderr)}}`) as Record<string, unknown>;
    expect(found).toMatchObject({ errors: [], warnings: [], texts: 205 });
    const { documents } = read<{ documents: { textHash: string }[] }>(
      join(folder, `out.${ending}.manifest.json`),
    );
    const hashes = (found.poisoned as string[]).map((text) =>
      createHash('sha256').update(text).digest('hex'),
    );
    expect(hashes).toEqual(documents.map(({ textHash }) => textHash));
  });
});
