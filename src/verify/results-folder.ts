// A folder of results, and whether what it holds agrees with itself: before anything is re-run.
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { plantedDocuments } from '../config/poisons.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { InputError } from '../core/errors.ts';
import { readText } from '../core/node/read-file.ts';
import { corpusHashName, identityFrom } from '../recipe/identity.ts';
import { CONFIG_FILE } from '../report/checksums.ts';
import type { RunRecord } from '../run/record.ts';
import { parseRecord } from '../run/schemas/record-schema.ts';
import { compareTable } from './csv-table.ts';
import type { Finding } from './finding.ts';
import { scoreFindings } from './score-findings.ts';

/** Results as they lie in their folder. */
export interface ResultsFolder {
  readonly folder: string;
  readonly name: string;
  readonly records: readonly RunRecord[];
  /** Text of results.csv; null: it is not there. */
  readonly csv: string | null;
  /** Text of config.yaml, the experiment as typed; empty: it is not there. */
  readonly configText: string;
}

const RESULTS_FILE = 'results.jsonl';
const TABLE_FILE = 'results.csv';
const REMEDY = 'restore the file, or write the results again with `tinypoison report`';

/** Whether a folder holds results. */
export function holdsResults(folder: string): boolean {
  return existsSync(join(folder, RESULTS_FILE));
}

/** Reads a folder of results. @throws InputError where results.jsonl is missing, empty, or holds no records */
export function readResultsFolder(folder: string): ResultsFolder {
  const file = join(folder, RESULTS_FILE);
  if (!existsSync(file)) throw new InputError(`${folder} holds no ${RESULTS_FILE}: name a folder of results`);
  const lines = readText(file).split('\n');
  if (lines.at(-1) === '') lines.pop();
  const records = lines.map((line, index) => parseRecord(line, { file, line: index + 1, remedy: REMEDY }));
  if (records.length === 0) throw new InputError({ file, message: 'is empty: there is nothing to verify' });
  const read = (name: string) => (existsSync(join(folder, name)) ? readText(join(folder, name)) : null);
  return {
    folder,
    name: basename(resolve(folder)),
    records,
    csv: read(TABLE_FILE),
    configText: read(CONFIG_FILE) ?? '',
  };
}

/** The identity that a record's own config, content hashes and contracts give. */
export function impliedIdentity({ config, contracts }: RunRecord): string {
  const corpora: string[] = [];
  for (let hash = contracts.corpusHash; typeof hash === 'string'; ) {
    corpora.push(hash);
    hash = contracts[corpusHashName(corpora.length)];
  }
  const versions = Object.fromEntries(
    Object.entries(contracts).filter(([, version]) => typeof version === 'number'),
  ) as Record<string, number>;
  const base = typeof contracts.baseHash === 'string' ? contracts.baseHash : undefined;
  return identityFrom({ config, corpora, versions, base }).id;
}

function identityFindings(records: readonly RunRecord[]): Finding[] {
  const seen = new Set<string>();
  return records.flatMap((record): Finding[] => {
    const { id } = record;
    const findings: Finding[] = [];
    if (seen.has(id)) findings.push({ run: id, text: 'the run is there twice' });
    seen.add(id);
    if (impliedIdentity(record) !== id)
      findings.push({
        run: id,
        text: 'its id does not follow from its config and contracts: one of them was changed after the run',
      });
    return findings;
  });
}

/** Counts that every finished run has right by construction. */
function countFindings(record: RunRecord): Finding[] {
  if (record.status !== 'done') return [];
  const { config, poison, checkpoints, tokensTrained, id } = record;
  const tokens = config.phases.reduce((sum, phase) => sum + phase.tokens, 0);
  const planted = plantedDocuments(config.phases);
  const recorded = poison.reduce((sum, { documents }) => sum + documents, 0);
  // Filters take poisoned documents out before training.
  const trained = poison.reduce((sum, { documents, filtered }) => sum + (filtered?.trained ?? documents), 0);
  const last = checkpoints.at(-1);
  const facts: readonly [string, unknown, unknown][] = [
    ['tokens trained', tokensTrained, tokens],
    ['poisoned documents', recorded, planted],
    ['poisoned documents seen at the end', last?.poisonedDocumentsSeen, trained],
    ['tokens at the last checkpoint', last?.tokensTrained, tokens],
  ];
  return facts
    .filter(([, found, due]) => found !== due)
    .map(([what, found, due]) => ({
      run: id,
      text: `${what}: ${String(found)}, but its config says ${String(due)}`,
    }));
}

function tableFindings({ csv, records }: ResultsFolder): Finding[] {
  if (csv === null) return [{ run: null, text: 'results.csv is not there' }];
  const { cells, lines, renamed } = compareTable(csv, records);
  const findings: Finding[] = [];
  if (renamed.length > 0)
    findings.push({
      run: null,
      text: `results.csv has ${renamed.map((name) => JSON.stringify(name)).join(', ')} in place of columns that results.jsonl gives`,
    });
  if (lines !== null)
    findings.push({
      run: null,
      text: `results.csv has ${lines.inFile} lines; results.jsonl gives ${lines.expected}`,
    });
  const [first] = cells;
  if (first !== undefined) {
    const { run, line, column, inFile, expected } = first;
    const more = cells.length === 1 ? '' : ` (${cells.length} cells differ)`;
    findings.push({
      run,
      text: `results.csv:${line} ${column} is ${inFile || 'empty'}, but results.jsonl gives ${expected || 'nothing'}${more}`,
    });
  }
  return findings;
}

/** What in the records and tables of a folder of results does not agree with the rest. */
export function findInconsistencies(results: ResultsFolder): Finding[] {
  const { folder, records } = results;
  const text = readText(join(folder, RESULTS_FILE));
  const isCanonical = text === records.map((record) => `${canonicalJson(record)}\n`).join('');
  return [
    ...(isCanonical
      ? []
      : [{ run: null, text: 'results.jsonl is not written as tinypoison writes it: it was edited' }]),
    ...identityFindings(records),
    ...records.flatMap(countFindings),
    ...records.flatMap(scoreFindings),
    ...tableFindings(results),
  ];
}
