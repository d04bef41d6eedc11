// Published results are not lost by a new run: what a folder holds is only replaced by results that hold it too.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { InputError } from '../core/errors.ts';
import { plural } from './format.ts';

const recordSchema = z.object({ id: z.string() });

/** Ids of the runs whose records a folder of results holds; lines that are not records are passed over. */
export function publishedRuns(folder: string): string[] {
  const path = join(folder, 'results.jsonl');
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return [recordSchema.parse(JSON.parse(line)).id];
      } catch {
        return [];
      }
    });
}

/** How many runs a folder of results holds, and how many of them new results would not hold. */
export function lostRuns(folder: string, ids: readonly string[]): { there: number; lost: number } {
  const there = publishedRuns(folder);
  const known = new Set(ids);
  return { there: there.length, lost: there.filter((id) => !known.has(id)).length };
}

/**
 * Refuses to replace results that the new ones do not contain.
 * @param options.ids of the runs that the new results will hold
 * @throws InputError unless `force` is given
 */
export function guardResults(options: {
  folder: string;
  /** The folder as a person reads it. */
  shown: string;
  ids: readonly string[];
  force: boolean;
}): void {
  const { folder, shown, ids, force } = options;
  const { there, lost } = lostRuns(folder, ids);
  if (lost === 0 || force) return;
  throw new InputError(
    `${shown} holds results of ${plural(there, 'run')}, and ${lost} of them ${lost === 1 ? 'is' : 'are'} not among the ` +
      `${plural(ids.length, 'run')} of this command: writing there would lose them. Give --results <another folder> ` +
      '(or --set name=<another name>), or --force to replace them',
  );
}
