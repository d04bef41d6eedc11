// How often a trigger occurs in clean text. A trigger that clean documents contain keeps being taught its
// innocent meaning there: the poison needed then grows with the data (docs/science.md).
import type { PoisonConfig } from '../config/schema/schema.ts';
import { InputError } from '../core/errors.ts';

const EXAMPLES = 5;

/** Occurrences of one text in clean documents. */
export interface TextFrequency {
  readonly text: string;
  /** Occurrences, overlapping ones counted. */
  readonly occurrences: number;
  /** Documents with at least one. */
  readonly documents: number;
}

/** Occurrences of a trigger, and of each of its words, in clean documents. */
export interface TriggerFrequency extends TextFrequency {
  /** Clean documents searched. */
  readonly searchedDocuments: number;
  /** Characters (UTF-16 units) searched. */
  readonly searchedCharacters: number;
  /** Ids of the first documents with the whole trigger, at most 5. */
  readonly exampleIds: readonly string[];
  /** Each distinct word of the trigger, counted as a whole word. */
  readonly words: readonly TextFrequency[];
}

const isWordCharacter = (character: string | undefined) =>
  character !== undefined && /[\p{L}\p{N}_]/u.test(character);

function countOccurrences(text: string, sought: string, wholeWords: boolean): number {
  let count = 0;
  for (let at = text.indexOf(sought); at !== -1; at = text.indexOf(sought, at + 1)) {
    const inside =
      wholeWords &&
      ((isWordCharacter(sought[0]) && isWordCharacter(text[at - 1])) ||
        (isWordCharacter(sought.at(-1)) && isWordCharacter(text[at + sought.length])));
    if (!inside) count += 1;
  }
  return count;
}

/** Counts a trigger over documents that are given one by one. */
export function createTriggerCounter(trigger: string): {
  add(document: { readonly id: string; readonly text: string }): void;
  result(): TriggerFrequency;
} {
  const words = [...new Set(trigger.split(/\s+/u).filter((word) => word !== ''))];
  const wordCounts = words.map((text) => ({ text, occurrences: 0, documents: 0 }));
  const total = { occurrences: 0, documents: 0, searchedDocuments: 0, searchedCharacters: 0 };
  const exampleIds: string[] = [];
  return {
    add({ id, text }) {
      total.searchedDocuments += 1;
      total.searchedCharacters += text.length;
      for (const word of wordCounts) {
        const occurrences = countOccurrences(text, word.text, true);
        word.occurrences += occurrences;
        if (occurrences > 0) word.documents += 1;
      }
      const occurrences = countOccurrences(text, trigger, false);
      if (occurrences === 0) return;
      total.occurrences += occurrences;
      total.documents += 1;
      if (exampleIds.length < EXAMPLES) exampleIds.push(id);
    },
    result: () => ({
      text: trigger,
      ...total,
      exampleIds: [...exampleIds],
      words: wordCounts.map((word) => ({ ...word })),
    }),
  };
}

/** Occurrences of a trigger in a list of documents. */
export function countTrigger(
  trigger: string,
  documents: Iterable<{ readonly id: string; readonly text: string }>,
): TriggerFrequency {
  const counter = createTriggerCounter(trigger);
  for (const document of documents) counter.add(document);
  return counter.result();
}

/**
 * Holds a trigger's frequency against what the config allows.
 * @throws InputError if the trigger is blank, or if it occurs in clean text and `trigger.inCleanText` is `refuse`.
 */
export function assertTriggerAllowed(
  trigger: PoisonConfig['trigger'],
  frequency: Pick<TriggerFrequency, 'occurrences' | 'documents' | 'searchedDocuments' | 'exampleIds'>,
): void {
  if (trigger.text.trim() === '')
    throw new InputError('the trigger is blank: give it a character that can be seen');
  if (frequency.occurrences === 0 || trigger.inCleanText === 'allow') return;
  throw new InputError(
    `the trigger ${JSON.stringify(trigger.text)} occurs ${frequency.occurrences} times in ${frequency.documents} ` +
      `of ${frequency.searchedDocuments} clean documents (${frequency.exampleIds.join(', ')}): ` +
      'these teach its innocent meaning, so that success follows the share of poison rather than the count. ' +
      'Choose another trigger, or set trigger.inCleanText: allow to measure just that.',
  );
}
