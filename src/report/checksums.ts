// SHA256SUMS beside the files of a report: a changed byte is noticed where the data is read back, and by `sha256sum -c`.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../core/errors.ts';
import { readText } from '../core/node/read-file.ts';
import { isStored, readStored, storedName } from './stored-files.ts';

export const CHECKSUMS_FILE = 'SHA256SUMS';
/** The experiment as typed, beside its results. */
export const CONFIG_FILE = 'config.yaml';

function hashOf(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** Content of SHA256SUMS for files, by their names. */
export function checksumsOf(files: ReadonlyMap<string, string | Uint8Array>): string {
  const names = [...files.keys()].sort();
  return names.map((name) => `${hashOf(files.get(name) ?? '')}  ${name}\n`).join('');
}

/** Whether SHA256SUMS is in a folder and names a file. */
export function isNamedInChecksums(folder: string, name: string): boolean {
  const sums = join(folder, CHECKSUMS_FILE);
  if (!existsSync(sums)) return false;
  const lines = readText(sums).split('\n');
  return lines.some((text) => text.slice(64) === `  ${name}`);
}

/** Whether a file is what SHA256SUMS beside it says; true where that is not there, or does not name the file. */
export function matchesChecksum(folder: string, name: string): boolean {
  const sums = join(folder, CHECKSUMS_FILE);
  if (!existsSync(sums)) return true;
  const lines = readText(sums).split('\n');
  const line = lines.find((text) => text.slice(64) === `  ${name}`);
  return line === undefined || line.slice(0, 64) === hashOf(readStored(folder, name));
}

/** How SHA256SUMS and the files beside it disagree. */
export interface ChecksumFaults {
  /** Whether SHA256SUMS is there. */
  readonly isThere: boolean;
  /** Names in it whose files are not what it says, or not there; a line that is none counts as such a name. */
  readonly broken: readonly string[];
  /** Files that it should name and does not. */
  readonly unnamed: readonly string[];
}

/** Whether a file is there, and what SHA256SUMS says. */
export function isIntact(folder: string, name: string): boolean {
  try {
    return isStored(folder, name) && matchesChecksum(folder, name);
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

/** Holds SHA256SUMS against the files beside it. @param expected files that it should name, where they are there */
export function checksumFaults(folder: string, expected: readonly string[]): ChecksumFaults {
  const sums = join(folder, CHECKSUMS_FILE);
  if (!existsSync(sums)) return { isThere: false, broken: [], unnamed: [] };
  const lines = readText(sums).split('\n').filter(Boolean);
  const names = lines.map(
    (line) => /^[0-9a-f]{64} {2}((?:(?:figures|matrix)\/)?[\w-][\w.-]*)$/.exec(line)?.[1] ?? line,
  );
  const broken = names.filter((name) => !isIntact(folder, name));
  const unnamed = expected.filter((name) => isStored(folder, name) && !names.includes(name));
  return { isThere: true, broken, unnamed };
}

/**
 * Checks results that are read back.
 * @throws InputError naming each file that is not what SHA256SUMS says
 */
export function checkResults(folder: string, names: readonly string[]): void {
  const changed = names.filter((name) => isStored(folder, name) && !matchesChecksum(folder, name));
  if (changed.length === 0) return;
  const message =
    `was changed after it was written: it does not match ${CHECKSUMS_FILE}. Restore it, or write the results again ` +
    'from the runs with `tinypoison report <experiment>`';
  throw new InputError(changed.map((name) => ({ file: join(folder, storedName(name)), message })));
}
