// A finished run of published results taken into a store: its config, its record, and a provenance that says where it
// came from. Weights, manifest and vocabulary are not there: only training the run again gives them.
import { isoTime } from '../../core/clock.ts';
import { writeFileAtomic } from '../../core/node/atomic-file.ts';
import { makeFolder } from '../../core/node/make-folder.ts';
import type { RunRecord } from '../record.ts';
import type { TypedExperiment } from '../run-event.ts';
import type { StoredConfig, StoredProvenance } from '../schemas/run-file-schemas.ts';
import { forgetResult, readResult, runFile, runFolder, writeResult } from './store.ts';

/** Published results, as a provenance names them. */
export interface ReusedFrom {
  /** Name of their folder. */
  readonly results: string;
  /** SHA-256 of their results.jsonl. */
  readonly sha256: string;
}

/**
 * Writes a finished run into a store that does not hold it, or holds it as failed.
 * @returns whether it was written: a run that ended in the store stays as it is
 */
export function storeReused(
  store: string,
  run: {
    readonly record: RunRecord;
    /** With the paths of its corpora. */
    readonly config: RunRecord['config'];
    readonly typed: TypedExperiment;
    readonly from: ReusedFrom;
  },
): boolean {
  const { record, config, typed, from } = run;
  const { id, contracts, arithmetic } = record;
  const own = readResult(store, id);
  if (own.kind === 'found' && own.record.status !== 'failed') return false;
  forgetResult(store, id);
  makeFolder(runFolder(store, id));
  const stored: StoredConfig = { typed, resolved: config, contracts, arithmetic };
  const provenance: StoredProvenance = {
    engine: `not run here: record taken from the results ${from.results}`,
    reusedFrom: from,
    reused: isoTime(),
  };
  writeFileAtomic(runFile(store, id, 'config'), `${JSON.stringify(stored, null, 1)}\n`);
  writeFileAtomic(runFile(store, id, 'provenance'), `${JSON.stringify(provenance, null, 1)}\n`);
  writeResult(store, record);
  return true;
}
