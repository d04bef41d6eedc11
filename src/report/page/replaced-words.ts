// What parts of the poisoned documents do, as a table for page and summary.
import type { ReplacedDocuments } from '../../analyse/replaced-documents.ts';
import type { SeedEstimate } from '../../analyse/statistics/student-interval.ts';
import { percent } from '../../core/format-number.ts';
import { points } from '../numbers.ts';

function estimateInWords(estimate: SeedEstimate | null): string {
  if (estimate === null) return 'n/a';
  const { mean, interval, seeds } = estimate;
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
        estimateInWords(main),
        estimateInWords(own),
      ]),
    ),
  };
}

/** What the table rests on: runs that were lost, and whether parts add up. */
export function replacedSentence(sets: readonly ReplacedDocuments[]): string {
  const lost = sets.reduce((sum, set) => sum + set.lost, 0);
  const sums = sets.flatMap(({ title, whole }) => {
    if (whole === null) return [];
    const where = title === '' ? '' : ` (${title})`;
    return [`${percent(whole.predicted)} beside ${percent(whole.measured)}${where}`];
  });
  return [
    ...(lost === 0 ? [] : [`${lost} of these runs diverged or failed and are left out.`]),
    ...(sums.length === 0
      ? []
      : [
          `Whether parts add up: success with all documents by their sum, beside what was measured, is ${sums.join('; ')}. ` +
            'The farther apart the two are, the more a part adds depends on the others.',
        ]),
    NOTE,
  ].join(' ');
}

const NOTE =
  'Runs in which clean text of the same length stands in the place of some poisoned documents, counted from 0; a pattern is which of them are replaced. What a part ' +
  'adds is the success with it less that without it, on average over these patterns: least squares over the runs of a seed, then Student’s t over seeds (90 %, from 5 ' +
  'seeds on); n/a where the patterns do not tell parts apart. These runs are in no other table, and no claim judges them.';
