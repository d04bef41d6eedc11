// What an earlier report wrote into a folder and this one does not: figures and cells that nothing in the records gives
// any more. Only what SHA256SUMS still vouches for, byte for byte, is a report's own; all else is somebody's.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readText } from '../core/node/read-file.ts';
import { CHECKSUMS_FILE, isIntact } from './checksums.ts';

/** Of the folders in which a report puts files whose names depend on the records. */
const NAMED = /^[0-9a-f]{64} {2}((?:figures|matrix)\/[\w-][\w.-]*)$/;

/**
 * Removes them. Before SHA256SUMS goes.
 * @param known files of the new report, relative to the folder
 * @returns those that were changed since, which are left
 */
export function removeStaleFiles(folder: string, known: ReadonlySet<string>): string[] {
  const sums = join(folder, CHECKSUMS_FILE);
  if (!existsSync(sums)) return [];
  const named = readText(sums)
    .split('\n')
    .flatMap((line) => NAMED.exec(line)?.[1] ?? []);
  const stale = named.filter((name) => !known.has(name) && existsSync(join(folder, name)));
  const changed = stale.filter((name) => !isIntact(folder, name));
  for (const name of stale) if (!changed.includes(name)) rmSync(join(folder, name), { force: true });
  return changed;
}
