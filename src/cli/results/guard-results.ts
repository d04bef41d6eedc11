// Nothing is lost by a new run: what a folder holds is only replaced if it is results, by results that hold it too.
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { InputError } from '../../core/errors.ts';
import { readText } from '../../core/node/read-file.ts';
import { CHECKSUMS_FILE, CONFIG_FILE, isNamedInChecksums, matchesChecksum } from '../../report/checksums.ts';
import {
  ANALYSIS_FILE,
  DECISIONS_FILE,
  FILTERS_FILE,
  PAGE_FILE,
  PROMPTS_FILE,
  RECORDS_FILE,
  SUMMARY_FILE,
  TABLE_FILE,
} from '../../report/file-names.ts';
import { REFERENCE_FILE } from '../../report/reference.ts';
import { storedName } from '../../report/stored-files.ts';
import { plural } from '../format.ts';

/** Files that a report replaces or removes, but for its figures. */
const reportFiles = [
  TABLE_FILE,
  storedName(PROMPTS_FILE),
  FILTERS_FILE,
  DECISIONS_FILE,
  ANALYSIS_FILE,
  SUMMARY_FILE,
  CONFIG_FILE,
  PAGE_FILE,
  REFERENCE_FILE,
  CHECKSUMS_FILE,
];
const recordSchema = z.object({ id: z.string() });

/** The id of a record; null for a line that is damaged. */
function idOf(line: string): string | null {
  try {
    return recordSchema.parse(JSON.parse(line)).id;
  } catch {
    return null;
  }
}

/** How many runs a folder of results holds, damaged lines among them, and how many new results would not hold. */
export function lostRuns(
  folder: string,
  ids: readonly string[],
): { there: number; lost: number; damaged: number } {
  const path = join(folder, RECORDS_FILE);
  const lines = existsSync(path) ? readText(path).split('\n').filter(Boolean) : [];
  const there = lines.map(idOf);
  const known = new Set<string | null>(ids);
  const damaged = there.filter((id) => id === null).length;
  return { there: there.length, lost: there.filter((id) => !known.has(id)).length, damaged };
}

/** Whether the config in a folder is the experiment file itself, and not one that a report wrote. */
function isOwnConfig(folder: string, file: string): boolean {
  const config = join(folder, CONFIG_FILE);
  if (!existsSync(config) || realpathSync(config) !== realpathSync(file)) return false;
  return !(isNamedInChecksums(folder, CONFIG_FILE) && matchesChecksum(folder, CONFIG_FILE));
}

/** What new results are written to, and what they hold. */
export interface Replacement {
  readonly folder: string;
  /** The folder as a person reads it. */
  readonly shown: string;
  /** Ids of the runs that the new results will hold. */
  readonly ids: readonly string[];
  /** The experiment file, absolute, where they are of one. */
  readonly file?: string | undefined;
}

/** What would be lost if results were written into a folder; null: nothing. */
export function lossOf({ folder, shown, ids, file }: Replacement): string | null {
  if (file !== undefined && isOwnConfig(folder, file))
    return `${CONFIG_FILE} in ${shown} is the experiment itself: results written there would replace it`;
  const { there, lost, damaged } = lostRuns(folder, ids);
  if (there === 0) {
    if (isNamedInChecksums(folder, RECORDS_FILE))
      return `${shown} holds ${CHECKSUMS_FILE} of results, but their ${RECORDS_FILE} is missing or empty: which runs they are of cannot be told`;
    const others = reportFiles.filter((name) => existsSync(join(folder, name)));
    return others.length === 0
      ? null
      : `${shown} is not a folder of results, and holds ${others.join(', ')}: writing there would replace ${others.length === 1 ? 'it' : 'them'}`;
  }
  if (lost === 0) return null;
  const lines = damaged === 0 ? '' : ` (${plural(damaged, 'damaged line')} of ${RECORDS_FILE} counted)`;
  return (
    `${shown} holds results of ${plural(there, 'run')}, and ${lost} of them ${lost === 1 ? 'is' : 'are'} not among the ` +
    `${plural(ids.length, 'run')} of this command${lines}: writing there would lose them`
  );
}

/**
 * Refuses to replace what the new results do not contain.
 * @throws InputError unless `force` is given
 */
export function guardResults({ force, ...replacement }: Replacement & { readonly force: boolean }): void {
  const loss = force ? null : lossOf(replacement);
  if (loss === null) return;
  throw new InputError(
    `${loss}. Give --results <another folder> (or --set name=<another name>), or --force to replace what is there`,
  );
}
