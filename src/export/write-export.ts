// Writes an export into a folder of its own, whole, and takes away what an earlier one left there.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../core/errors.ts';
import { writeFileAtomic } from '../core/node/atomic-file.ts';
import { CHECKSUMS_FILE, checksumsOf } from '../report/checksums.ts';

/** Path of a file of an export as SHA256SUMS names it; anything else there is not ours. */
const LINE = /^[0-9a-f]{64} {2}((?:[a-z]+\/){0,2}[\w-][\w.-]*)$/;

/** Files that an export before this one wrote here; null where the folder holds something else. */
function earlierFiles(folder: string): string[] | null {
  if (!existsSync(folder) || readdirSync(folder).length === 0) return [];
  if (!existsSync(join(folder, CHECKSUMS_FILE)) || !existsSync(join(folder, 'analysis.ipynb'))) return null;
  const lines = readFileSync(join(folder, CHECKSUMS_FILE), 'utf8').split('\n').filter(Boolean);
  return lines.flatMap((line) => LINE.exec(line)?.[1] ?? []);
}

/**
 * Writes files and SHA256SUMS of them.
 * @param shown the folder as a person reads it
 * @throws InputError where the folder holds anything but an export
 */
export function writeExport(
  folder: string,
  files: ReadonlyMap<string, string | Uint8Array>,
  shown: string,
): void {
  const earlier = earlierFiles(folder);
  if (earlier === null)
    throw new InputError(
      `${shown} holds files that are no export: name another folder with --out, or a new one`,
    );
  rmSync(join(folder, CHECKSUMS_FILE), { force: true });
  for (const name of earlier) if (!files.has(name)) rmSync(join(folder, name), { force: true });
  for (const [name, content] of files) writeFileAtomic(join(folder, name), content);
  writeFileAtomic(join(folder, CHECKSUMS_FILE), checksumsOf(files));
}
