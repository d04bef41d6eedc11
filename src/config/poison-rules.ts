// Rules between the fields of one phase's poison.
import type { CorpusConfig, PoisonSettings } from './schema/schema.ts';

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

/** A trigger written into a clean document would move the end of its prompt. */
export function* promptRules(
  poison: PoisonSettings | undefined,
  corpus: CorpusConfig | undefined,
): Generator<{ readonly field: readonly string[]; readonly message: string }> {
  if (corpus === undefined || (poison?.trigger.cleanShare ?? 0) === 0) return;
  const name = (['promptSentences', 'promptField'] as const).find((field) => field in corpus);
  if (name !== undefined)
    yield {
      field: ['trigger', 'cleanShare'],
      message: `the trigger is not written into documents with prompts (corpus.${name}); leave out one of the two`,
    };
}
