// The run store: one folder a run, named by its identity. result.json is written last, by rename, so that a
// run is either whole or not there; everything in it carries its own hash.
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { canonicalJson } from '../../core/canonical-json.ts';
import { InputError } from '../../core/errors.ts';
import { writeFileAtomic } from '../../core/node/atomic-file.ts';
import { readBytes, readText } from '../../core/node/read-file.ts';
import { sha256 } from '../../core/node/sha256.ts';
import { parseJson, schemaProblem } from '../../core/read-json.ts';
import type { RunRecord } from '../record.ts';
import { hashSchema, recordSchema } from '../schemas/record-schema.ts';
import { resultText, takeApart, withUnreadLists } from './known-result.ts';

/** Files of a run's folder. */
export const runFiles = {
  config: 'config.json',
  metrics: 'metrics.jsonl',
  trace: 'trace.jsonl',
  /** Training loss of each step. */
  losses: 'losses.json',
  /** The same for people, also while it trains. */
  curve: 'curve.csv',
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

/** Folder of a run: `<store>/ab/abcdef…`. @throws InputError for an id that is none, which could lead anywhere */
export function runFolder(store: string, id: string): string {
  if (!/^[0-9a-f]{64}$/.test(id)) throw new InputError(`${JSON.stringify(id)} is not the identity of a run`);
  return join(store, id.slice(0, 2), id);
}

/** Path of one file of a run. */
export function runFile(store: string, id: string, file: keyof typeof runFiles): string {
  return join(runFolder(store, id), runFiles[file]);
}

/** Folder of a run's weights. @param checkpoint from 1; null: the final ones */
export function weightsFolder(store: string, id: string, checkpoint: number | null): string {
  return checkpoint === null
    ? runFile(store, id, 'weights')
    : join(runFile(store, id, 'checkpoints'), String(checkpoint).padStart(5, '0'));
}

/** Files that commands read back. Their hashes stand in the result; weights have theirs in the record. */
const checkedFiles = ['vocabulary', 'manifest'] as const;
type CheckedFile = (typeof checkedFiles)[number];
type FileHashes = { readonly [file in CheckedFile]?: string };

/** result.json: a record, the hashes of the checked files (older versions wrote none), and that of all before. */
const resultSchema = recordSchema.extend({
  files: z
    .strictObject({ vocabulary: hashSchema.exactOptional(), manifest: hashSchema.exactOptional() })
    .exactOptional(),
  sha256: hashSchema,
});

/** What `hashValue` says, by Node's own SHA-256: it is taken of every record that is read. */
const hashOfContent = (content: unknown) => sha256(canonicalJson(content));

const hashOfFile = (path: string) => sha256(readBytes(path));

/** Writes result.json: from here on the run counts as finished. */
export function writeResult(store: string, record: RunRecord): void {
  const paths = checkedFiles.map((file) => [file, runFile(store, record.id, file)] as const);
  const present = paths.filter(([, path]) => existsSync(path));
  const files: FileHashes = Object.fromEntries(present.map(([file, path]) => [file, hashOfFile(path)]));
  const text = resultText({ ...record, files, sha256: hashOfContent({ ...record, files }) });
  writeFileAtomic(runFile(store, record.id, 'result'), text);
}

/** What the store knows of a run: nothing, its record, or that the file it had is damaged. */
export type StoredResult =
  | { readonly kind: 'missing' }
  | { readonly kind: 'found'; readonly record: RunRecord; readonly files: FileHashes }
  | { readonly kind: 'damaged'; readonly reason: string };

type ResultContent = z.infer<typeof resultSchema>;

function toStored({ sha256: _, files = {}, ...record }: ResultContent): StoredResult & { kind: 'found' } {
  return { kind: 'found', record, files };
}

/** Holds the text of a result against its schema and the hash inside it. @param path for the reason */
function checkResult(text: string, { path, id }: { path: string; id: string }): StoredResult {
  const damaged = (reason: string): StoredResult => ({ kind: 'damaged', reason: `${path} ${reason}` });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return damaged('is not JSON');
  }
  const problem = schemaProblem(value, resultSchema);
  if (problem !== null) return damaged(`is damaged: ${problem}`);
  const { sha256: sha256OfContent, ...content } = value as ResultContent;
  if (sha256OfContent !== hashOfContent(content)) return damaged('does not match its hash');
  return content.id === id ? toStored(value as ResultContent) : damaged('is the result of another run');
}

/** A run's result, checked against the hash inside it, and its text; '' where it cannot be read. */
export function readResultText(store: string, id: string): { stored: StoredResult; text: string } {
  const path = runFile(store, id, 'result');
  try {
    const text = readText(path);
    return { stored: checkResult(text, { path, id }), text };
  } catch (error) {
    // Not existsSync, which takes a moment without file handles for a run without a result.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { stored: { kind: 'missing' }, text: '' };
    if (!(error instanceof InputError)) throw error;
    return { stored: { kind: 'damaged', reason: error.message }, text: '' };
  }
}

/** Reads a run's result and checks it against the hash inside it. */
export function readResult(store: string, id: string): StoredResult {
  return readResultText(store, id).stored;
}

/**
 * The result in bytes that were checked before: they have the hash that was kept of them then.
 * @param laidOut whether they are laid out as `writeResult` does it: its long lists are then read when they are looked at
 */
export function knownResult(bytes: Buffer, laidOut: boolean): StoredResult {
  const { rest, lists } = laidOut
    ? takeApart(bytes)
    : { rest: JSON.parse(bytes.toString('utf8')), lists: {} };
  const content: unknown = rest;
  const stored = toStored(content as ResultContent);
  return laidOut ? { ...stored, record: withUnreadLists(stored.record, lists) } : stored;
}

/** What to do about a damaged file of a run. */
export const REMEDY = "restore it, or delete the run's folder and run its experiment again";

/** The error for a file of a run that is not what the run wrote. */
export function damagedFile(path: string): InputError {
  return new InputError(`${path} is damaged: it is not what the run wrote; ${REMEDY}`);
}

/**
 * Reads a JSON file of a run, checked against the hash in its result where the run is finished.
 * @throws InputError if it is not there, or damaged
 */
export function readRunFile<T>(store: string, id: string, file: CheckedFile, schema: z.ZodType<T>): T {
  const path = runFile(store, id, file);
  if (!existsSync(path)) throw new InputError(`${path} is not in the store: run the experiment again`);
  const stored = readResult(store, id);
  const expected = stored.kind === 'found' ? stored.files[file] : undefined;
  if (expected !== undefined && expected !== hashOfFile(path)) throw damagedFile(path);
  const source = { file: path, what: `${file} of a run`, remedy: REMEDY };
  return parseJson(readText(path), schema, source);
}

/** Deletes the training state of a run, which a finished one may have left behind when it ended right after its result. */
export function forgetState(store: string, id: string): void {
  rmSync(runFile(store, id, 'state'), { force: true });
}

/** Removes a run's result, so that the run is to be repeated; its saved training state goes too. */
export function forgetResult(store: string, id: string): void {
  rmSync(runFile(store, id, 'result'), { force: true });
  forgetState(store, id);
}

/** Ids of all runs that have a folder in the store, finished or not, by code unit. */
export function storedRunIds(store: string): string[] {
  if (!existsSync(store)) return [];
  return foldersIn(store, /^[0-9a-f]{2}$/)
    .sort()
    .flatMap((prefix) => runIdsIn(store, prefix).sort());
}

const runIdsIn = (store: string, prefix: string) => foldersIn(join(store, prefix), /^[0-9a-f]{64}$/);

/** Names of folders in a folder, or of links to folders. */
function foldersIn(folder: string, pattern: RegExp): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => pattern.test(name))
    .filter(
      (entry) =>
        entry.isDirectory() ||
        (entry.isSymbolicLink() &&
          statSync(join(folder, entry.name), { throwIfNoEntry: false })?.isDirectory() === true),
    )
    .map(({ name }) => name);
}

/**
 * The run that an abbreviated id means.
 * @param abbreviation at least 4 hexadecimal digits
 * @throws InputError when no run, or more than one, begins with it
 */
export function findRunId(store: string, abbreviation: string): string {
  if (!/^[0-9a-f]{4,64}$/.test(abbreviation)) {
    throw new InputError(
      `"${abbreviation}" is not a run id: give 4 to 64 hexadecimal digits, as \`tinypoison list\` shows them`,
    );
  }
  const prefix = abbreviation.slice(0, 2);
  const isFolder = statSync(join(store, prefix), { throwIfNoEntry: false })?.isDirectory() === true;
  const matches = (isFolder ? runIdsIn(store, prefix).sort() : []).filter((id) =>
    id.startsWith(abbreviation),
  );
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
