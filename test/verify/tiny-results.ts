// A folder of results of the tiny experiment, as `tinypoison run` leaves it, and ways to change it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checksumsOf } from '../../src/report/checksums.ts';
import { resultsCsv } from '../../src/report/results-csv.ts';
import { resultsJsonl } from '../../src/report/results-jsonl.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { readResultsFolder } from '../../src/verify/results-folder.ts';
import type { VerifyOptions } from '../../src/verify/verify-results.ts';
import { verifyResults } from '../../src/verify/verify-results.ts';
import { tinyYaml } from '../run/tiny-experiment.ts';

/** Writes results. @param options.table records of results.csv, where they are to be others */
export function writeTiny(
  folder: string,
  records: readonly RunRecord[],
  options: { table?: readonly RunRecord[] } = {},
): string {
  mkdirSync(folder, { recursive: true });
  const files = new Map([
    ['results.jsonl', resultsJsonl(records)],
    ['results.csv', resultsCsv(options.table ?? records)],
    ['config.yaml', tinyYaml],
  ]);
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, 'SHA256SUMS'), checksumsOf(files));
  return folder;
}

/** A record with its last checkpoint changed. */
export function changeLast(record: RunRecord, change: Partial<RunRecord['checkpoints'][number]>): RunRecord {
  const { checkpoints } = record;
  const last = { ...(checkpoints.at(-1) as RunRecord['checkpoints'][number]), ...change };
  return { ...record, checkpoints: [...checkpoints.slice(0, -1), last] };
}

/** Verifies a folder in this process, every run of it. */
export function verifyTiny(folder: string, options: Partial<VerifyOptions> = {}) {
  return verifyResults(readResultsFolder(folder), {
    sample: 'all',
    engine: 'wasm',
    workers: 1,
    store: join(folder, 'no-store'),
    ...options,
  });
}
