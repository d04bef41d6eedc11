// filters.csv: what each filter of each run removed, one row a run, poison and filter.
import { z } from 'zod';
import { filterOutcomes } from '../analyse/filter-outcomes.ts';
import type { RunRecord } from '../run/record.ts';
import { csvTable } from './results-csv.ts';
import { column, runColumns, type TableColumn } from './table-columns.ts';

const count = z.int().min(0);
const share = z.number().min(0).max(1);

/** What the columns hold, in their order. */
export const filterColumns = {
  run: column(runColumns.run.schema, '', 'Identity of the run, as in results.csv.'),
  seed: column(z.int(), '', 'Seed of the run.'),
  parameters: column(z.int().min(1), 'parameters', 'Trained scalars of its model, tied ones once.'),
  phase: column(z.string(), '', 'Phase that the filter stands in.'),
  poison: column(count, '', 'Place of the poison among those of the phase, from 0.'),
  place: column(
    count,
    '',
    'Place of the filter in its phase, from 0. Later ones see what earlier ones kept.',
  ),
  filter: column(z.string(), '', 'Kind of the filter.'),
  planted: column(count, 'documents', 'Poisoned documents inserted into the phase.'),
  poisoned_seen: column(count, 'documents', 'Poisoned documents that the filter judged.'),
  poisoned_kept: column(count, 'documents', 'Poisoned documents that it kept.'),
  clean_seen: column(count, 'documents', 'Clean documents that the filter judged.'),
  clean_kept: column(count, 'documents', 'Clean documents that it kept.'),
  false_positive_share: column(
    share,
    'share',
    'Clean documents removed of those judged, at its own threshold.',
  ),
  caught_share: column(share, 'share', 'Poisoned documents removed of those judged, at its own threshold.'),
  auroc: column(
    share,
    'share',
    'Pairs of a poisoned and a clean document in which the poisoned one scores higher; empty without scores.',
  ),
  auprc: column(share, 'share', 'Average precision of the scores; empty without scores.'),
  'caught_share_at_0.001': column(
    share,
    'share',
    'Poisoned documents caught by a threshold that removes at most 1 in 1,000 clean ones; empty without scores.',
  ),
  'caught_share_at_0.01': column(
    share,
    'share',
    'Poisoned documents caught by a threshold that removes at most 1 in 100 clean ones; empty without scores.',
  ),
  survivors: column(count, 'documents', 'Poisoned documents left by all filters of the phase.'),
} as const satisfies Readonly<Record<string, TableColumn>>;

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
  return rows.length === 0 ? null : csvTable([Object.keys(filterColumns), ...rows]);
}
