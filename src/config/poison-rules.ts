// Rules between the fields of one phase's poison.
import type { PoisonSettings } from './schema/schema.ts';

/** Breaches, each with the field of the poison to change. */
export function* copyRules(
  { distinctDocuments, rewriteShare = 0 }: PoisonSettings,
  documents: number,
): Generator<{ readonly field: string; readonly message: string }> {
  if (distinctDocuments !== undefined && documents > 0 && distinctDocuments > documents)
    yield {
      field: 'distinctDocuments',
      message:
        `${distinctDocuments} different documents cannot be among ${documents} poisoned ones; ` +
        `give at most ${documents}, or leave it out: then all are different`,
    };
  if (rewriteShare > 0 && distinctDocuments === undefined)
    yield {
      field: 'rewriteShare',
      message:
        'rewrites copies, and without distinctDocuments there are none; ' +
        'say how many different documents there are to be, or leave it out',
    };
}
