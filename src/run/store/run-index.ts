// What is known of many runs, kept beside them, so that a store of 100,000 runs is listed without reading each result, and
// results are read without checking each again. A folder of the cache that may be deleted at any time: an entry counts
// only while result.json is, to the file system, the file that it was made from; anything else is read anew, and checked.
import { closeSync, openSync, readSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { removeLeftovers } from '../../core/node/atomic-file.ts';
import { makeFolder } from '../../core/node/make-folder.ts';
import { sha256 } from '../../core/node/sha256.ts';
import {
  changeEntries,
  type IndexEntry,
  indexFile,
  look,
  looksAlike,
  readEntries,
  type Seen,
} from './index-file.ts';
import { isLaidOut } from './known-result.ts';
import { fileClockMs } from './lease.ts';
import { type RunSummary, summarise } from './run-summary.ts';
import { knownResult, readResult, readResultText, runFiles, type StoredResult } from './store.ts';

/** Fewer runs are read one by one, and leave no index. */
const FEWEST_INDEXED = 1000;
/** Two changes of a file within so long may look alike to the file system: what is so young is not indexed yet. */
const SETTLED_MS = 2500;
/** Results read one by one before this is said. */
const NOTICED_READS = 3000;

/** What the store says of a run in short. */
export type StoredSummary =
  | { readonly kind: 'missing' }
  | { readonly kind: 'found'; readonly summary: RunSummary }
  | { readonly kind: 'damaged'; readonly reason: string };

export interface IndexOptions {
  /** So many runs are worth an index. */
  readonly fewest?: number;
  /** How old a result is at least when it is indexed. */
  readonly settledMs?: number;
  readonly noticedReads?: number;
  /** Told once, in a sentence, if `noticedReads` results have to be read and checked. */
  readonly onSlow?: (sentence: string) => void;
}

/** What `walk` wants of each run, by whether its entry holds. */
interface Visit<T> {
  readonly missing: T;
  /** Of a run whose result looks as it did when it was checked; undefined: it is to be checked again. */
  known(path: string, entry: IndexEntry): T | undefined;
  /** Of a run that was checked now. @param entry undefined: its result is damaged */
  checked(stored: StoredResult, entry: IndexEntry | undefined): T;
}

/** Files that changed no later than this can be told from later versions. */
const isSettled = ({ modifiedMs, changedMs }: Seen, atMs: number) => Math.max(modifiedMs, changedMs) < atMs;

/** The clock by which the store's files are dated; null where nothing can be written there. */
function storeClockMs(store: string): number | null {
  const path = indexFile(store, 'clock');
  try {
    makeFolder(dirname(path));
    removeLeftovers(dirname(path), () => true);
    return fileClockMs(path);
  } catch {
    return null;
  }
}

function byPrefix(ids: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const id of ids) {
    const group = groups.get(id.slice(0, 2));
    if (group === undefined) groups.set(id.slice(0, 2), [id]);
    else group.push(id);
  }
  return groups;
}

/** Goes through runs by the index, which is brought up to date on the way. */
function walk<T>(
  store: string,
  ids: readonly string[],
  visit: Visit<T>,
  options: IndexOptions,
): Map<string, T> {
  const { fewest = FEWEST_INDEXED, settledMs = SETTLED_MS, noticedReads = NOTICED_READS, onSlow } = options;
  const isIndexed = ids.length >= fewest;
  let clockMs: number | null | undefined;
  let reads = 0;
  const found = new Map<string, T>();
  for (const [prefix, group] of byPrefix(ids)) {
    const entries = isIndexed ? readEntries(store, prefix, new Set(group)) : new Map<string, IndexEntry>();
    const folder = join(store, prefix);
    const changes = new Map<string, IndexEntry | undefined>();
    for (const id of group) {
      // `runFile` would check the id and put the path together anew for each of 100,000.
      const path = `${folder}${sep}${id}${sep}${runFiles.result}`;
      const seen = look(path);
      if (seen === undefined) {
        found.set(id, visit.missing);
        continue;
      }
      const entry = entries.get(id);
      const known = entry && looksAlike(entry.seen, seen) ? visit.known(path, entry) : undefined;
      if (known !== undefined) {
        found.set(id, known);
        continue;
      }
      if (isIndexed && clockMs === undefined) clockMs = storeClockMs(store);
      reads += 1;
      if (reads === noticedReads) onSlow?.(`reading ${ids.length} results, of which an index is kept`);
      const { stored, text } = readResultText(store, id);
      const fresh =
        stored.kind === 'found'
          ? {
              ...{ seen, sha256: sha256(text), isLaidOut: isLaidOut(text) },
              summary: summarise(store, stored.record),
            }
          : undefined;
      found.set(id, visit.checked(stored, fresh));
      // Looked at before it was read: what changed in between no longer looks so.
      const isKept = fresh !== undefined && clockMs && isSettled(seen, clockMs - settledMs);
      if (isKept || entry !== undefined) changes.set(id, isKept ? fresh : undefined);
    }
    if (changes.size > 0) changeEntries(store, prefix, changes);
  }
  return found;
}

/** What the store says of runs, in short, by id: of many through the index. */
export function summariseRuns(
  store: string,
  ids: readonly string[],
  options: IndexOptions = {},
): Map<string, StoredSummary> {
  const inShort = ({ summary }: IndexEntry): StoredSummary => ({ kind: 'found', summary });
  const visit: Visit<StoredSummary> = {
    missing: { kind: 'missing' },
    known: (_, entry) => inShort(entry),
    checked: (stored, entry) => {
      if (entry !== undefined) return inShort(entry);
      return stored.kind === 'damaged' ? stored : { kind: 'missing' };
    },
  };
  return walk(store, ids, visit, options);
}

let buffer = Buffer.alloc(0);

/** The bytes of a file that looked so a moment ago, until the next call; undefined: it does not hold as many. */
function readAgain(path: string, { bytes }: Seen): Buffer | undefined {
  // One byte more, which a longer file would fill.
  if (buffer.length <= bytes) buffer = Buffer.alloc(2 * bytes + 1);
  const file = openSync(path, 'r');
  try {
    return readSync(file, buffer, 0, bytes + 1, 0) === bytes ? buffer.subarray(0, bytes) : undefined;
  } finally {
    closeSync(file);
  }
}

/** The result of an entry, if its bytes are still those that were checked. */
function readKnown(
  path: string,
  { seen, sha256: hash, isLaidOut: laidOut }: IndexEntry,
): StoredResult | undefined {
  try {
    const bytes = readAgain(path, seen);
    return bytes !== undefined && sha256(bytes) === hash ? knownResult(bytes, laidOut) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The results of runs, by id. Of many, those whose bytes have the hash that the index has for them are parsed only: they
 * were held against their schema and their own hash before, and their checkpoints and samples are read when somebody looks at them.
 */
export function readStoredResults(
  store: string,
  ids: readonly string[],
  options: IndexOptions = {},
): Map<string, StoredResult> {
  if (ids.length < (options.fewest ?? FEWEST_INDEXED))
    return new Map(ids.map((id) => [id, readResult(store, id)]));
  const visit: Visit<StoredResult> = {
    missing: { kind: 'missing' },
    known: readKnown,
    checked: (stored) => stored,
  };
  return walk(store, ids, visit, options);
}
