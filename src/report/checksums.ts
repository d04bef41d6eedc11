// SHA256SUMS beside the data of a report: a changed byte is noticed where the data is read back, and by `sha256sum -c`.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../core/errors.ts';

export const CHECKSUMS_FILE = 'SHA256SUMS';
/** The experiment as typed, beside its results. */
export const CONFIG_FILE = 'config.yaml';

function hashOf(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** Content of SHA256SUMS for files, by their names. */
export function checksumsOf(files: ReadonlyMap<string, string>): string {
  const names = [...files.keys()].sort();
  return names.map((name) => `${hashOf(files.get(name) ?? '')}  ${name}\n`).join('');
}

/** Whether a file is what SHA256SUMS beside it says; true where that is not there, or does not name the file. */
export function matchesChecksum(folder: string, name: string): boolean {
  const sums = join(folder, CHECKSUMS_FILE);
  if (!existsSync(sums)) return true;
  const lines = readFileSync(sums, 'utf8').split('\n');
  const line = lines.find((text) => text.slice(64) === `  ${name}`);
  return line === undefined || line.slice(0, 64) === hashOf(readFileSync(join(folder, name)));
}

/**
 * Names in SHA256SUMS whose files are not what it says, or not there; none without it. A line that is none counts as
 * the name of a file that is not there.
 */
export function brokenChecksums(folder: string): string[] {
  const sums = join(folder, CHECKSUMS_FILE);
  if (!existsSync(sums)) return [];
  const lines = readFileSync(sums, 'utf8').split('\n').filter(Boolean);
  const names = lines.map((line) => /^[0-9a-f]{64} {2}([\w-][\w.-]*)$/.exec(line)?.[1] ?? line);
  return names.filter((name) => !existsSync(join(folder, name)) || !matchesChecksum(folder, name));
}

/**
 * Checks results that are read back.
 * @throws InputError naming each file that is not what SHA256SUMS says
 */
export function checkResults(folder: string, names: readonly string[]): void {
  const changed = names.filter((name) => existsSync(join(folder, name)) && !matchesChecksum(folder, name));
  if (changed.length === 0) return;
  const message =
    `was changed after it was written: it does not match ${CHECKSUMS_FILE}. Restore it, or write the results again ` +
    'from the runs with `tinypoison report <experiment>`';
  throw new InputError(changed.map((name) => ({ file: join(folder, name), message })));
}
