// filters.csv: what each filter of each run removed, one row a run, poison and filter.
import { filterOutcomes } from '../analyse/filter-outcomes.ts';
import type { RunRecord } from '../run/record.ts';
import { csvTable } from './results-csv.ts';

const COLUMNS = [
  'run',
  'seed',
  'parameters',
  'phase',
  'poison',
  'place',
  'filter',
  'planted',
  'poisoned_seen',
  'poisoned_kept',
  'clean_seen',
  'clean_kept',
  'false_positive_share',
  'caught_share',
  'auroc',
  'auprc',
  'caught_share_at_0.001',
  'caught_share_at_0.01',
  'survivors',
] as const;

const removedShare = ({ seen, kept }: { readonly seen: number; readonly kept: number }) =>
  seen === 0 ? null : (seen - kept) / seen;

/** The table of filters, runs in plan order; null where no run has any. Empty: no scores, or nothing that was seen. */
export function filtersCsv(records: readonly RunRecord[]): string | null {
  const rows = filterOutcomes(records).map(
    ({ run, seed, parameters, phase, poison, place, filter, planted, poisoned, clean, roc, survivors }) => [
      ...[run, seed, parameters, phase, poison, place, filter, planted],
      ...[poisoned.seen, poisoned.kept, clean.seen, clean.kept, removedShare(clean), removedShare(poisoned)],
      ...[roc?.auroc, roc?.auprc, roc?.caughtAtOneInThousand, roc?.caughtAtOneInHundred, survivors],
    ],
  );
  return rows.length === 0 ? null : csvTable([COLUMNS, ...rows]);
}
