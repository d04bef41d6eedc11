// One file of the index of a store: entries of the runs whose ids begin alike, each as a line with the list of its values,
// under a checksum. What is torn, changed, or made by other code has none.
import { readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder } from '../../core/node/make-folder.ts';
import { readText } from '../../core/node/read-file.ts';
import { sha256 } from '../../core/node/sha256.ts';
import { checkingCode } from './checking-code.ts';
import type { RunSummary } from './run-summary.ts';

/** Rises with the layout of a file. */
const INDEX_VERSION = 4;

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
  /** Whether they are laid out as the program lays them out. */
  readonly isLaidOut: boolean;
  readonly summary: RunSummary;
}

/** An entry as it is written. */
type Row = readonly [
  ...[id: string, inode: number, bytes: number, modifiedMs: number, changedMs: number],
  ...[sha256: string, isLaidOut: boolean],
  ...[status: RunSummary['status'], error: string | null, experiment: string | null, corpus: string | null],
  ...[title: string, parameters: number, tokensTrained: number, attackSuccess: number | null],
  ...[cleanLossNats: number | null, trainingHash: string | null],
];

const isText = (value: unknown) => typeof value === 'string';
const isBoolean = (value: unknown) => typeof value === 'boolean';
const isNumber = (value: unknown) => typeof value === 'number';
const isTextOrNull = (value: unknown) => value === null || typeof value === 'string';
const isNumberOrNull = (value: unknown) => value === null || typeof value === 'number';
const isHash = (value: unknown) => typeof value === 'string' && value.length === 64;
const isStatus = (value: unknown) => value === 'done' || value === 'diverged' || value === 'failed';

const rowChecks: readonly ((value: unknown) => boolean)[] = [
  ...[isHash, isNumber, isNumber, isNumber, isNumber],
  ...[isHash, isBoolean],
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

function toRow({ seen, sha256: hash, isLaidOut, summary }: IndexEntry): Row {
  const { inode, bytes, modifiedMs, changedMs } = seen;
  const { id, status, error, experiment, corpus, title, parameters, tokensTrained } = summary;
  const { attackSuccess, cleanLossNats, trainingHash } = summary;
  return [
    ...([id, inode, bytes, modifiedMs, changedMs, hash, isLaidOut] as const),
    ...([status, error, experiment, corpus, title] as const),
    ...([parameters, tokensTrained, attackSuccess, cleanLossNats, trainingHash] as const),
  ];
}

/** By places: taking a list of 17 apart by a pattern costs four times as much, which 100,000 entries show. */
function fromRow(row: Row): IndexEntry {
  return {
    seen: { inode: row[1], bytes: row[2], modifiedMs: row[3], changedMs: row[4] },
    sha256: row[5],
    isLaidOut: row[6],
    summary: {
      id: row[0],
      status: row[7],
      error: row[8],
      experiment: row[9],
      corpus: row[10],
      title: row[11],
      parameters: row[12],
      tokensTrained: row[13],
      attackSuccess: row[14],
      cleanLossNats: row[15],
      trainingHash: row[16],
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

let ownCode: string | undefined;

/** First line of a file: an entry of other code may say something else, or know less of what a result may be. */
function headOf(body: string): string {
  ownCode ??= checkingCode();
  return `${INDEX_VERSION} ${ownCode} ${sha256(body)}`;
}

/** Where an id begins in a line, after `["`, and where it ends. */
const [ID_FROM, ID_TO] = [2, 66];

/**
 * Entries of a file, by run; none where it is missing, damaged, or made by other code.
 * @param wanted the runs that are looked for: the lines of others are not taken apart; default: all
 */
export function readEntries(
  store: string,
  prefix: string,
  wanted?: ReadonlySet<string>,
): Map<string, IndexEntry> {
  try {
    const text = readText(indexFile(store, prefix));
    const end = text.indexOf('\n');
    const body = text.slice(end + 1);
    if (text.slice(0, end) !== headOf(body)) return new Map();
    const lines = body.split('\n').filter((line) => wanted?.has(line.slice(ID_FROM, ID_TO)) ?? true);
    const rows: unknown = JSON.parse(`[${lines.join(',')}]`);
    if (!Array.isArray(rows) || !rows.every(isRow)) return new Map();
    return new Map(rows.map((row) => [row[0], fromRow(row)]));
  } catch {
    return new Map();
  }
}

let written = 0;

/**
 * Changes entries of a file, or forgets them (undefined), and those of runs that are gone. What others have written
 * meanwhile stays. Without flushing: what a crash leaves of a file has not its checksum.
 */
export function changeEntries(
  store: string,
  prefix: string,
  changes: ReadonlyMap<string, IndexEntry | undefined>,
): void {
  const path = indexFile(store, prefix);
  written += 1;
  const temporary = `${path}.${process.pid}.${written}.tmp`;
  try {
    const there = new Set(readdirSync(join(store, prefix)));
    const entries = new Map<string, IndexEntry | undefined>([...readEntries(store, prefix), ...changes]);
    const lines = [...entries.values()].flatMap((entry) =>
      entry !== undefined && there.has(entry.summary.id) ? [JSON.stringify(toRow(entry))] : [],
    );
    const body = lines.join('\n');
    makeFolder(dirname(path));
    writeFileSync(temporary, `${headOf(body)}\n${body}`);
    renameSync(temporary, path);
  } catch {
    // A store that cannot be written to, or has no space left, is read without an index.
    rmSync(temporary, { force: true });
  }
}
