// Which poisoned documents give their place to clean text: none, all (the twin of a run), or some of them.
import { z } from 'zod';

/** Numbers of documents, from 0: one, or the first and the last of several. */
const documentsField = z
  .array(z.union([z.int().min(0), z.string().regex(/^\d{1,7}-\d{1,7}$/, 'must be a range like 10-19')]))
  .min(1)
  .describe('Numbers of poisoned documents, from 0, and ranges of them, in rising order: [3, 10-19].');

export const fillerSchema = z
  .union([z.enum(['none', 'clean']), z.strictObject({ documents: documentsField })])
  .describe(
    'clean: the twin of the run. Clean text stands in the place of each poisoned document, of as many tokens, so that order, ' +
      'packing and batches are the same; the report correlates both over seeds. { documents: [3, 10-19] }: in the place of ' +
      'these poisoned documents alone, which placement: even puts in the order of their numbers. none (default): poison. ' +
      'Ignored for documents: 0.',
  );

export type Filler = z.infer<typeof fillerSchema>;

/** A range of documents, both ends among them. */
interface DocumentRange {
  readonly first: number;
  readonly last: number;
}

/** The ranges that a filler names; null: none or all. */
export function fillerRanges(filler: Filler): DocumentRange[] | null {
  if (typeof filler === 'string') return null;
  return filler.documents.map((item) => {
    const [first = 0, last = first] = typeof item === 'number' ? [item] : item.split('-').map(Number);
    return { first, last };
  });
}

/** Whether poisoned document `index` gives its place to clean text. */
export function isFilled(index: number, filler: Filler = 'none'): boolean {
  const ranges = fillerRanges(filler);
  if (ranges === null) return filler === 'clean';
  return ranges.some(({ first, last }) => index >= first && index <= last);
}

/** How many documents a filler names; null: none or all. */
export function filledDocuments(filler: Filler): number | null {
  return fillerRanges(filler)?.reduce((sum, { first, last }) => sum + last - first + 1, 0) ?? null;
}
