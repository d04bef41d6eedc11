// Published results whose runs count as done: read, and held against their own checksums, ids and tables before anything
// of them is used.
import { basename, join } from 'node:path';
import type { Plan } from '../../config/sweep/expand-plan.ts';
import { InputError } from '../../core/errors.ts';
import { hashFile } from '../../core/node/sha256.ts';
import { checkResults, isNamedInChecksums } from '../../report/checksums.ts';
import { RECORDS_FILE } from '../../report/file-names.ts';
import type { RunRecord } from '../../run/record.ts';
import type { TypedExperiment } from '../../run/run-event.ts';
import { type ReusedFrom, storeReused } from '../../run/store/reuse-run.ts';
import { foreignContracts } from '../../verify/contract-releases.ts';
import { findInconsistencies, readResultsFolder } from '../../verify/results-folder.ts';

/** Results that may be reused. */
export interface ReusableResults {
  readonly from: ReusedFrom;
  /** Runs that ended, by id: done, or diverged, which every repetition is. */
  readonly records: ReadonlyMap<string, RunRecord>;
}

/**
 * Reads a folder of results to be reused.
 * @throws InputError where SHA256SUMS is missing or does not fit, where an id does not follow from its run, where the table
 * says otherwise, or where runs are of other contracts
 */
export function readReusable(folder: string): ReusableResults {
  const results = readResultsFolder(folder);
  if (!isNamedInChecksums(folder, RECORDS_FILE))
    throw new InputError(
      `${folder} has no SHA256SUMS that names ${RECORDS_FILE}, so nothing says that its runs are as they were written: restore it`,
    );
  checkResults(folder, [RECORDS_FILE]);
  const [fault] = findInconsistencies(results);
  if (fault !== undefined) {
    const run = fault.run === null ? '' : ` (run ${fault.run.slice(0, 12)})`;
    throw new InputError(
      `the results in ${folder} cannot be reused: ${fault.text}${run}. Restore the folder`,
    );
  }
  for (const record of results.records) {
    const foreign = foreignContracts(record);
    if (foreign === null) continue;
    throw new InputError(
      `the results in ${folder} cannot be reused: run ${record.id.slice(0, 12)} was made under other contracts (${foreign.differences.join(', ')}), ` +
        'so the same config gives other numbers here. Run the experiment without --reuse',
    );
  }
  return {
    from: { results: basename(folder), sha256: hashFile(join(folder, RECORDS_FILE)) ?? '' },
    records: new Map(
      results.records.filter(({ status }) => status !== 'failed').map((record) => [record.id, record]),
    ),
  };
}

/** How runs of a plan were found among results. */
export interface ReusedRuns {
  /** Runs of the plan that the results hold. */
  readonly found: number;
  /** Of these, how many the store did not hold. */
  readonly written: number;
}

/**
 * Takes the runs of a plan that results hold into a store.
 * @param options.ids of the plan's runs, in its order
 * @throws InputError where the results hold none of them
 */
export function reuseResults(
  { from, records }: ReusableResults,
  options: { plan: Plan; ids: readonly string[]; store: string; typed: TypedExperiment },
): ReusedRuns {
  const { plan, ids, store, typed } = options;
  const found = ids.flatMap((id, place) => {
    const record = records.get(id);
    const config = plan.runs[place]?.config;
    return record === undefined || config === undefined ? [] : [{ record, config }];
  });
  if (found.length === 0)
    throw new InputError(
      `the results ${from.results} hold none of the ${ids.length} runs of ${plan.name}: an id says all that a run depends on. ` +
        'Compare their config.yaml with the experiment, or run it without --reuse',
    );
  const written = found.filter((run) => storeReused(store, { ...run, typed, from })).length;
  return { found: found.length, written };
}
