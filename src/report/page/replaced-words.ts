// What parts of the poisoned documents do, as a table for page and summary.
import type { PartSuccess, ReplacedDocuments } from '../../analyse/replaced-documents.ts';
import { points } from '../numbers.ts';

function differenceInWords(success: PartSuccess | null): string {
  if (success === null) return 'n/a';
  const { mean, interval, seeds } = success.difference;
  const range =
    interval === null ? ` (${seeds} seeds)` : ` (${points(interval.low)} to ${points(interval.high)})`;
  return `${points(mean)}${range}`;
}

/** One row a part of each set of runs. */
export function replacedRows(sets: readonly ReplacedDocuments[]): { header: string[]; rows: string[][] } {
  return {
    header: [
      'runs',
      'part of the documents',
      'patterns that keep it, replace it',
      'what it adds to success, points',
      'by the threshold of the model itself',
    ],
    rows: sets.flatMap(({ title, documents, parts }) =>
      parts.map(({ first, last, patternsKept, patternsReplaced, main, own }) => [
        title === '' ? 'all' : title,
        `${first === last ? first : `${first} to ${last}`} of ${documents}`,
        `${patternsKept}, ${patternsReplaced}`,
        differenceInWords(main),
        differenceInWords(own),
      ]),
    ),
  };
}

/** What the table shows. */
export const REPLACED_NOTE =
  'Runs in which clean text of the same length stands in the place of some poisoned documents, counted from 0; a pattern is which of them are replaced. What a part ' +
  'adds is the success with it less that without it, all other parts as they are: least squares over the runs of a seed, then Student’s t over seeds (90 %, from 5 ' +
  'seeds on). It assumes that parts add up. These runs are in no other table, and no claim judges them.';
