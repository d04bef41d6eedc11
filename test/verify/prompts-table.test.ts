import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { checksumsOf } from '../../src/report/checksums.ts';
import { makeReport } from '../../src/report/make-report.ts';
import { writeReport } from '../../src/report/write-report.ts';
import { checkDerived } from '../../src/verify/derived-files.ts';
import { SIZES, syntheticRecords, withScores } from '../analyse/synthetic-records.ts';

const folder = mkdtempSync(join(tmpdir(), 'tinypoison-prompts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const records = syntheticRecords({ sizes: SIZES.slice(0, 1), counts: [0, 100], seeds: [1] }).map((record) =>
  withScores(record),
);
const experiment = { name: 'scored', configText: 'schema: 1\n', records };
const environment = { version: '', node: '', engine: '', revision: null };
const results = { folder, name: 'scored', records, csv: null, configText: experiment.configText };
const findings = async () =>
  (await checkDerived(results, { reason: 'no plan' })).findings.map(({ text }) => text);
const table = join(folder, 'prompts.csv.gz');

test('a table of prompts that is not what the records give is found, with its checksum made to fit, too', async () => {
  await writeReport(folder, { experiment, environment });
  expect(await findings()).toEqual([]);
  const forged = gunzipSync(readFileSync(table)).toString('utf8').replace(/,20,/, ',19,');
  writeFileSync(table, gzipSync(forged));
  expect(await findings()).toContainEqual(expect.stringContaining('prompts.csv was changed'));
  const sums = readFileSync(join(folder, 'SHA256SUMS'), 'utf8');
  const { data } = makeReport({ experiment, environment });
  const hashOf = (text: string) => checksumsOf(new Map([['prompts.csv', text]])).slice(0, 64);
  writeFileSync(
    join(folder, 'SHA256SUMS'),
    sums.replace(hashOf(data.get('prompts.csv') ?? ''), hashOf(forged)),
  );
  expect(await findings()).toEqual([expect.stringContaining('prompts.csv is not what the records give')]);
  writeFileSync(table, 'no gzip');
  expect(await findings()).toContainEqual(expect.stringContaining('cannot be unpacked'));
  rmSync(table);
  expect(await findings()).toContainEqual(expect.stringContaining('prompts.csv.gz is not there'));
});
