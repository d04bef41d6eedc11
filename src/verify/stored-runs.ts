// Runs of a store as `why` and `lineage` see them: finished or not.
import { existsSync } from 'node:fs';
import { outputPath } from '../run/execute/provenance.ts';
import type { RunRecord } from '../run/record.ts';
import { ifReadable, readStoredConfig } from '../run/store/read-run-file.ts';
import { readResult, storedRunIds } from '../run/store/store.ts';
import { identityDifferences, type PartDifference, type RunParts } from './identity-parts.ts';

/** A run that has a folder in the store and a config in it. */
export interface StoredRun extends RunParts {
  readonly id: string;
  readonly state: RunRecord['status'] | 'unfinished' | 'damaged';
  /** Why it failed, diverged or counts as damaged. */
  readonly reason?: string;
  readonly hasWeights: boolean;
}

/** A run of the store; null where not even its config can be read. */
export function readStoredRun(store: string, id: string): StoredRun | null {
  const result = readResult(store, id);
  const hasWeights = existsSync(outputPath(store, id, 'weights'));
  if (result.kind === 'found') {
    const { config, contracts, arithmetic, status, error } = result.record;
    const reason = error === undefined ? {} : { reason: error };
    return { id, config, contracts, arithmetic, state: status, ...reason, hasWeights };
  }
  const stored = ifReadable(() => readStoredConfig(store, id));
  if (stored === null) return null;
  const { resolved, contracts = null, arithmetic = 'exact' } = stored;
  const known = { id, config: resolved, contracts, arithmetic, hasWeights };
  return result.kind === 'damaged'
    ? { ...known, state: 'damaged', reason: result.reason }
    : { ...known, state: 'unfinished' };
}

/** The runs of a store whose identity differs from a run's in the fewest parts. */
export interface NearestRuns {
  /** How many runs were compared. */
  readonly compared: number;
  /** Equally near ones, by id; empty for an empty store. */
  readonly runs: readonly StoredRun[];
  /** Parts in which the first of them differs: `one` is the run in question, `other` the stored one. */
  readonly differences: readonly PartDifference[];
}

/** Finds the runs nearest to one, which is not compared with itself. */
export function findNearest(
  run: RunParts & { readonly id: string },
  stored: readonly StoredRun[],
): NearestRuns {
  const others = stored.filter(({ id }) => id !== run.id);
  const compared = others.map((other) => ({ other, differences: identityDifferences(run, other) }));
  const fewest = Math.min(...compared.map(({ differences }) => differences.length));
  const nearest = compared.filter(({ differences }) => differences.length === fewest);
  return {
    compared: others.length,
    runs: nearest.map(({ other }) => other),
    differences: nearest[0]?.differences ?? [],
  };
}

/** All runs of a store that can be read, by id. */
export function readStoredRuns(store: string): StoredRun[] {
  return storedRunIds(store).flatMap((id) => readStoredRun(store, id) ?? []);
}
