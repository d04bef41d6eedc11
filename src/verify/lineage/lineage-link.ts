// A link of a lineage: one thing that made a run or that it made, and whether it was checked against what it stands for.
import { basename } from 'node:path';
import { InputError } from '../../core/errors.ts';

/** Whether a link was checked against what it stands for. `unknown`: there was nothing to check it against. */
export type Check = 'matches' | 'MISMATCH' | 'unknown';

/** One thing that made a run, or that it made. */
export interface Link {
  readonly what: string;
  /** As text; from files, so not to be trusted by a terminal. */
  readonly detail: string;
  /** SHA-256; null where there is none. */
  readonly hash: string | null;
  readonly check: Check;
  /** Why a check failed, or was not made. */
  readonly note?: string;
  readonly links?: readonly Link[];
}

/** A file of the run, and the link that says that it is damaged, where it is. */
export function readOr<T>(
  what: string,
  reader: () => T | null,
): { readonly value: T | null; readonly damage: Link[] } {
  try {
    return { value: reader(), damage: [] };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const [problem] = error.problems;
    const detail = basename(problem?.file ?? what);
    const note = `${problem?.line === undefined ? '' : `line ${problem.line} `}${problem?.message ?? error.message}`;
    return { value: null, damage: [{ what, detail, hash: null, check: 'MISMATCH', note }] };
  }
}

/** A check of a hash against one that was computed again; null: it could not be. */
export function held(
  recorded: string | null,
  found: string | null,
  notes: { missing: string },
): Pick<Link, 'check' | 'note'> {
  if (recorded === null) return { check: 'unknown', note: 'not recorded: the run is of an older version' };
  if (found === null) return { check: 'unknown', note: notes.missing };
  return recorded === found
    ? { check: 'matches' }
    : { check: 'MISMATCH', note: `recorded ${recorded.slice(0, 16)}…, found ${found.slice(0, 16)}…` };
}

/** What does not match, in sentences. */
export function collectMismatches(links: readonly Link[]): string[] {
  return links.flatMap(({ what, detail, check, note, links: inner = [] }) => [
    ...(check === 'MISMATCH' ? [`${what} (${detail.slice(0, 60)}): ${note ?? 'does not match'}`] : []),
    ...collectMismatches(inner),
  ]);
}
