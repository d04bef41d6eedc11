// One file of the index of a store: entries of the runs whose ids begin alike, each as the list of its values, under a
// checksum. What is torn, changed, or of another version of the program has none.
import { readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder } from '../../core/node/make-folder.ts';
import { readText } from '../../core/node/read-file.ts';
import { sha256 } from '../../core/node/sha256.ts';
import { programVersion } from '../execute/source-version.ts';
import type { RunSummary } from './run-summary.ts';

/** Rises with the meaning of an entry, and with every tightening of what a result may be. */
const INDEX_VERSION = 2;

/** A result as the file system sees it. */
export interface Seen {
  readonly inode: number;
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly changedMs: number;
}

/** What is known of a finished run, and of which file. */
export interface IndexEntry {
  readonly seen: Seen;
  /** SHA-256 of the bytes of result.json, which were held against their schema and their own hash. */
  readonly sha256: string;
  readonly summary: RunSummary;
}

/** An entry as it is written. */
type Row = readonly [
  ...[id: string, inode: number, bytes: number, modifiedMs: number, changedMs: number, sha256: string],
  ...[status: RunSummary['status'], error: string | null, experiment: string | null, corpus: string | null],
  ...[title: string, parameters: number, tokensTrained: number, attackSuccess: number | null],
  ...[cleanLossNats: number | null, trainingHash: string | null],
];

const isText = (value: unknown) => typeof value === 'string';
const isNumber = (value: unknown) => typeof value === 'number';
const isTextOrNull = (value: unknown) => value === null || typeof value === 'string';
const isNumberOrNull = (value: unknown) => value === null || typeof value === 'number';
const isHash = (value: unknown) => typeof value === 'string' && value.length === 64;
const isStatus = (value: unknown) => value === 'done' || value === 'diverged' || value === 'failed';

const rowChecks: readonly ((value: unknown) => boolean)[] = [
  ...[isHash, isNumber, isNumber, isNumber, isNumber, isHash],
  ...[isStatus, isTextOrNull, isTextOrNull, isTextOrNull],
  ...[isText, isNumber, isNumber, isNumberOrNull],
  ...[isNumberOrNull, isTextOrNull],
];

function isRow(value: unknown): value is Row {
  if (!Array.isArray(value) || value.length !== rowChecks.length) return false;
  const items: readonly unknown[] = value;
  for (let place = 0; place < rowChecks.length; place++) if (!rowChecks[place]?.(items[place])) return false;
  return true;
}

function toRow({ seen, sha256: hash, summary }: IndexEntry): Row {
  const { inode, bytes, modifiedMs, changedMs } = seen;
  const { id, status, error, experiment, corpus, title, parameters, tokensTrained } = summary;
  const { attackSuccess, cleanLossNats, trainingHash } = summary;
  return [
    ...([id, inode, bytes, modifiedMs, changedMs, hash, status, error, experiment, corpus, title] as const),
    ...([parameters, tokensTrained, attackSuccess, cleanLossNats, trainingHash] as const),
  ];
}

/** By places: taking a list of 16 apart by a pattern costs four times as much, which 100,000 entries show. */
function fromRow(row: Row): IndexEntry {
  return {
    seen: { inode: row[1], bytes: row[2], modifiedMs: row[3], changedMs: row[4] },
    sha256: row[5],
    summary: {
      id: row[0],
      status: row[6],
      error: row[7],
      experiment: row[8],
      corpus: row[9],
      title: row[10],
      parameters: row[11],
      tokensTrained: row[12],
      attackSuccess: row[13],
      cleanLossNats: row[14],
      trainingHash: row[15],
    },
  };
}

/** Path of the index's file for ids that begin with `prefix`. */
export const indexFile = (store: string, prefix: string) =>
  join(store, 'cache', 'run-index', `${prefix}.json`);

/** How a file looks to the file system; undefined: there is none. */
export function look(path: string): Seen | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  const { ino: inode, size: bytes, mtimeMs: modifiedMs, ctimeMs: changedMs } = found;
  return { inode, bytes, modifiedMs, changedMs };
}

/** Whether a file looks as it did. */
export const looksAlike = (a: Seen, b: Seen) =>
  a.inode === b.inode && a.bytes === b.bytes && a.modifiedMs === b.modifiedMs && a.changedMs === b.changedMs;

let ownVersion: string | undefined;

/** First line of a file: an entry of another version may say something else, or know less of what a result may be. */
function headOf(body: string): string {
  ownVersion ??= programVersion();
  return `${INDEX_VERSION} ${ownVersion} ${sha256(body)}`;
}

/** Entries of a file, by run; none where it is missing, damaged, or of another version. */
export function readEntries(store: string, prefix: string): Map<string, IndexEntry> {
  try {
    const text = readText(indexFile(store, prefix));
    const end = text.indexOf('\n');
    const body = text.slice(end + 1);
    if (text.slice(0, end) !== headOf(body)) return new Map();
    const rows: unknown = JSON.parse(body);
    if (!Array.isArray(rows) || !rows.every(isRow)) return new Map();
    return new Map(rows.map((row) => [row[0], fromRow(row)]));
  } catch {
    return new Map();
  }
}

let written = 0;

/** Writes the entries of runs that are there. Without flushing: what a crash leaves of a file has not its checksum. */
export function writeEntries(store: string, prefix: string, entries: Map<string, IndexEntry>): void {
  const path = indexFile(store, prefix);
  const there = new Set(readdirSync(join(store, prefix)));
  const rows = [...entries.values()].filter(({ summary }) => there.has(summary.id)).map(toRow);
  const body = `[${rows.map((row) => JSON.stringify(row)).join(',\n')}]`;
  written += 1;
  const temporary = `${path}.${process.pid}.${written}.tmp`;
  try {
    makeFolder(dirname(path));
    writeFileSync(temporary, `${headOf(body)}\n${body}`);
    renameSync(temporary, path);
  } catch {
    // A store that cannot be written to, or has no space left, is read without an index.
    rmSync(temporary, { force: true });
  }
}
