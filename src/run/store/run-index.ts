// Summaries of many runs, kept beside them, so that a store of 100,000 runs is listed without reading each result. A
// folder of the cache that may be deleted at any time: an entry counts only while result.json is, to
// the file system, the file that it was made from; anything else is read anew. One file for the runs whose ids begin alike.
import { readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { z } from 'zod';
import { removeLeftovers } from '../../core/node/atomic-file.ts';
import { makeFolder } from '../../core/node/make-folder.ts';
import { readText } from '../../core/node/read-file.ts';
import { sha256 } from '../../core/node/sha256.ts';
import { fileClockMs } from './lease.ts';
import { type RunSummary, runSummarySchema, summarise } from './run-summary.ts';
import { readResult, runFiles } from './store.ts';

/** Rises with the meaning of an entry: files of another version are made anew. */
const INDEX_VERSION = 1;
/** Fewer runs are read one by one, and leave no index. */
const FEWEST_INDEXED = 1000;
/** Two changes of a file within so long may look alike to the file system: what is so young is not indexed yet. */
const SETTLED_MS = 2500;
/** Results read one by one before this is said. */
const NOTICED_READS = 3000;

/** What the store says of a run in short. */
export type StoredSummary =
  | { readonly kind: 'missing' }
  | {
      readonly kind: 'found';
      readonly summary: RunSummary;
      /** When its result was written. */
      readonly finishedMs: number;
    }
  | { readonly kind: 'damaged'; readonly reason: string };

/** A result as the file system sees it. */
const seenSchema = z.tuple([z.number(), z.number(), z.number(), z.number()]);
type Seen = z.infer<typeof seenSchema>;
const entriesSchema = z.array(z.strictObject({ seen: seenSchema, summary: runSummarySchema }));
type Entry = z.infer<typeof entriesSchema>[number];

const indexFile = (store: string, prefix: string) => join(store, 'cache', 'run-index', `${prefix}.json`);

function look(result: string): Seen | undefined {
  const found = statSync(result, { throwIfNoEntry: false });
  return found === undefined ? undefined : [found.ino, found.size, found.mtimeMs, found.ctimeMs];
}

/** Files that changed no later than this can be told from later versions. */
const isSettled = ([, , mtimeMs, ctimeMs]: Seen, atMs: number) => Math.max(mtimeMs, ctimeMs) < atMs;

/** Entries of a file, by run; none where it is missing, damaged, or of another version. */
function readEntries(path: string): Map<string, Entry> {
  try {
    const text = readText(path);
    const end = text.indexOf('\n');
    const body = text.slice(end + 1);
    if (text.slice(0, end) !== `${INDEX_VERSION} ${sha256(body)}`) return new Map();
    return new Map(entriesSchema.parse(JSON.parse(body)).map((entry) => [entry.summary.id, entry]));
  } catch {
    return new Map();
  }
}

let written = 0;

/** Writes the entries of runs that are there. Without flushing: what a crash leaves of a file has not its checksum. */
function writeEntries(store: string, prefix: string, entries: Map<string, Entry>): void {
  const path = indexFile(store, prefix);
  const there = new Set(readdirSync(join(store, prefix)));
  const body = JSON.stringify([...entries.values()].filter(({ summary }) => there.has(summary.id)));
  written += 1;
  const temporary = `${path}.${process.pid}.${written}.tmp`;
  try {
    makeFolder(dirname(path));
    writeFileSync(temporary, `${INDEX_VERSION} ${sha256(body)}\n${body}`);
    renameSync(temporary, path);
  } catch {
    // A store that cannot be written to, or has no space left, is read without an index.
    rmSync(temporary, { force: true });
  }
}

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

function readSummary(store: string, id: string, finishedMs: number): StoredSummary {
  const stored = readResult(store, id);
  return stored.kind === 'found'
    ? { kind: 'found', summary: summarise(store, stored.record), finishedMs }
    : stored;
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

/**
 * What the store says of runs, in short, by id: of many through the index, which is brought up to date.
 * @param options.fewest so many runs are worth an index
 * @param options.settledMs how old a result is at least when it is indexed
 * @param options.onSlow told once, in a sentence, if `noticedReads` results have to be read
 */
export function summariseRuns(
  store: string,
  ids: readonly string[],
  options: {
    readonly fewest?: number;
    readonly settledMs?: number;
    readonly noticedReads?: number;
    readonly onSlow?: (sentence: string) => void;
  } = {},
): Map<string, StoredSummary> {
  const { fewest = FEWEST_INDEXED, settledMs = SETTLED_MS, noticedReads = NOTICED_READS, onSlow } = options;
  const isIndexed = ids.length >= fewest;
  let clockMs: number | null | undefined;
  let reads = 0;
  const summaries = new Map<string, StoredSummary>();
  for (const [prefix, group] of byPrefix(ids)) {
    const entries = isIndexed ? readEntries(indexFile(store, prefix)) : new Map<string, Entry>();
    const folder = join(store, prefix);
    let hasChanged = false;
    for (const id of group) {
      // `runFile` would check the id and put the path together anew for each of 100,000.
      const seen = look(`${folder}${sep}${id}${sep}${runFiles.result}`);
      const entry = entries.get(id);
      if (seen === undefined) {
        summaries.set(id, { kind: 'missing' });
        continue;
      }
      if (entry?.seen.every((value, place) => value === seen[place])) {
        summaries.set(id, { kind: 'found', summary: entry.summary, finishedMs: seen[2] });
        continue;
      }
      if (isIndexed && clockMs === undefined) clockMs = storeClockMs(store);
      reads += 1;
      if (reads === noticedReads) onSlow?.(`reading ${ids.length} results, of which an index is kept`);
      const read = readSummary(store, id, seen[2]);
      summaries.set(id, read);
      hasChanged ||= entry !== undefined;
      entries.delete(id);
      // Looked at before it was read: what changed in between no longer looks so.
      if (read.kind !== 'found' || !clockMs || !isSettled(seen, clockMs - settledMs)) continue;
      entries.set(id, { seen, summary: read.summary });
      hasChanged = true;
    }
    if (hasChanged) writeEntries(store, prefix, entries);
  }
  return summaries;
}
