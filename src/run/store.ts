// The run store: one folder a run, named by its identity. result.json is written last, by rename, so that a
// run is either whole or not there; everything in it carries its own hash.
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../core/atomic-file.ts';
import { InputError } from '../core/errors.ts';
import { hashValue } from '../core/hash.ts';
import type { RunRecord } from './record.ts';

/** Files of a run's folder. */
export const runFiles = {
  config: 'config.json',
  metrics: 'metrics.jsonl',
  trace: 'trace.jsonl',
  /** Folder. */
  weights: 'weights',
  /** Folder of weights at checkpoints. */
  checkpoints: 'checkpoints',
  log: 'log.txt',
  manifest: 'manifest.json',
  vocabulary: 'vocabulary.json',
  state: 'state.bin',
  provenance: 'provenance.json',
  lease: 'lease.json',
  result: 'result.json',
} as const;

/** Folder of a run: `<store>/ab/abcdef…`. */
export function runFolder(store: string, id: string): string {
  return join(store, id.slice(0, 2), id);
}

/** Path of one file of a run. */
export function runFile(store: string, id: string, file: keyof typeof runFiles): string {
  return join(runFolder(store, id), runFiles[file]);
}

/** Writes result.json: from here on the run counts as finished. */
export function writeResult(store: string, record: RunRecord): void {
  const text = JSON.stringify({ ...record, sha256: hashValue(record) }, null, 1);
  writeFileAtomic(runFile(store, record.id, 'result'), `${text}\n`);
}

/** What the store knows of a run: nothing, its record, or that the file it had is damaged. */
export type StoredResult =
  | { readonly kind: 'missing' }
  | { readonly kind: 'found'; readonly record: RunRecord }
  | { readonly kind: 'damaged'; readonly reason: string };

/** Reads a run's result and checks it against the hash inside it. */
export function readResult(store: string, id: string): StoredResult {
  const path = runFile(store, id, 'result');
  if (!existsSync(path)) return { kind: 'missing' };
  try {
    const { sha256, ...record } = JSON.parse(readFileSync(path, 'utf8')) as RunRecord & { sha256?: string };
    if (sha256 !== hashValue(record)) return { kind: 'damaged', reason: `${path} does not match its hash` };
    if (record.id !== id) return { kind: 'damaged', reason: `${path} is the result of another run` };
    return { kind: 'found', record };
  } catch (error) {
    return { kind: 'damaged', reason: `${path} cannot be read (${(error as Error).message})` };
  }
}

/** Removes a run's result, so that the run is to be done again; its saved training state goes too. */
export function forgetResult(store: string, id: string): void {
  rmSync(runFile(store, id, 'result'), { force: true });
  rmSync(runFile(store, id, 'state'), { force: true });
}

/** Ids of all runs that have a folder in the store, finished or not, by code unit. */
export function storedRunIds(store: string): string[] {
  if (!existsSync(store)) return [];
  const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return readdirSync(store)
    .filter((name) => /^[0-9a-f]{2}$/.test(name) && isFolder(join(store, name)))
    .flatMap((prefix) => readdirSync(join(store, prefix)))
    .filter((id) => /^[0-9a-f]{64}$/.test(id) && isFolder(runFolder(store, id)))
    .sort();
}

/**
 * The run that an abbreviated id means.
 * @param abbreviation at least 4 hexadecimal digits
 * @throws InputError when no run, or more than one, begins with it
 */
export function findRunId(store: string, abbreviation: string): string {
  if (!/^[0-9a-f]{4,64}$/.test(abbreviation)) {
    throw new InputError(
      `"${abbreviation}" is no run id: give 4 to 64 hexadecimal digits, as \`tinypoison list\` shows them`,
    );
  }
  const matches = storedRunIds(store).filter((id) => id.startsWith(abbreviation));
  if (matches.length === 1) return matches[0] as string;
  if (matches.length === 0) {
    throw new InputError(
      `no run in the store ${store} begins with ${abbreviation}: \`tinypoison list --store ${store}\` shows what is there`,
    );
  }
  throw new InputError(
    `${matches.length} runs in the store ${store} begin with ${abbreviation}: ${matches
      .slice(0, 4)
      .map((id) => id.slice(0, abbreviation.length + 4))
      .join(', ')}… Give more digits`,
  );
}
