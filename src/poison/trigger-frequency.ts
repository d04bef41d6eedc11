// How often a trigger occurs in clean text. A trigger that clean documents contain keeps being taught its
// innocent meaning there: the poison needed then grows with the data (docs/findings.md).
import type { TriggerSettings } from '../config/schema/schema.ts';
import { InputError } from '../core/errors.ts';
import type { Sought, Trigger } from './trigger.ts';

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
  /** Each part of the trigger: the distinct words of a text, counted as whole words. */
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

/** A text, wherever it stands. */
export function seekText(text: string): Sought {
  return { text, count: (searched) => countOccurrences(searched, text, false) };
}

/** A text as a whole word. */
export function seekWord(text: string): Sought {
  return { text, count: (searched) => countOccurrences(searched, text, true) };
}

/**
 * Where the first occurrence ends in a text, for triggers that are no fixed text: the length of the shortest beginning,
 * cut behind a word, that holds one; null where there is none.
 */
export function endOfFirst({ count }: Pick<Sought, 'count'>, text: string): number | null {
  for (const { 0: word, index } of text.matchAll(/\S+/gu)) {
    const end = index + word.length;
    if (count(text.slice(0, end)) > 0) return end;
  }
  return null;
}

/** What of a trigger is counted. */
export type SoughtTrigger = Pick<Trigger, 'text' | 'sought' | 'soughtParts'>;

/** Counts a trigger over documents that are given one by one. */
export function createTriggerCounter(trigger: SoughtTrigger): {
  add(document: { readonly id: string; readonly text: string }): void;
  result(): TriggerFrequency;
} {
  const { sought, soughtParts } = trigger;
  const wordCounts = soughtParts.map(({ text }) => ({ text, occurrences: 0, documents: 0 }));
  const total = { occurrences: 0, documents: 0, searchedDocuments: 0, searchedCharacters: 0 };
  const exampleIds: string[] = [];
  return {
    add({ id, text }) {
      total.searchedDocuments += 1;
      total.searchedCharacters += text.length;
      for (const [part, word] of wordCounts.entries()) {
        const occurrences = soughtParts[part]?.count(text) ?? 0;
        word.occurrences += occurrences;
        if (occurrences > 0) word.documents += 1;
      }
      const occurrences = sought.count(text);
      if (occurrences === 0) return;
      total.occurrences += occurrences;
      total.documents += 1;
      if (exampleIds.length < EXAMPLES) exampleIds.push(id);
    },
    result: () => ({
      text: trigger.text,
      ...total,
      exampleIds: [...exampleIds],
      words: wordCounts.map((word) => ({ ...word })),
    }),
  };
}

/** The frequency of one trigger over several corpora. @param frequencies at least one */
export function sumFrequencies(frequencies: readonly TriggerFrequency[]): TriggerFrequency {
  const [first, ...others] = frequencies;
  if (first === undefined) throw new RangeError('there is no frequency to add to');
  if (others.length === 0) return first;
  const total = (pick: (own: TriggerFrequency) => number) =>
    frequencies.reduce((sum, own) => sum + pick(own), 0);
  return {
    text: first.text,
    occurrences: total((own) => own.occurrences),
    documents: total((own) => own.documents),
    searchedDocuments: total((own) => own.searchedDocuments),
    searchedCharacters: total((own) => own.searchedCharacters),
    exampleIds: frequencies.flatMap(({ exampleIds }) => exampleIds).slice(0, EXAMPLES),
    words: first.words.map(({ text }, place) => ({
      text,
      occurrences: total((own) => own.words[place]?.occurrences ?? 0),
      documents: total((own) => own.words[place]?.documents ?? 0),
    })),
  };
}

/** Occurrences of a trigger in a list of documents. */
export function countTrigger(
  trigger: SoughtTrigger,
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
  trigger: Pick<TriggerSettings, 'inCleanText'>,
  frequency: Omit<TriggerFrequency, 'words' | 'searchedCharacters'>,
): void {
  if (frequency.text.trim() === '')
    throw new InputError('the trigger is blank: give it a character that can be seen');
  if (frequency.occurrences === 0 || trigger.inCleanText === 'allow') return;
  throw new InputError(
    `the trigger ${JSON.stringify(frequency.text)} occurs ${frequency.occurrences} times in ${frequency.documents} ` +
      `of ${frequency.searchedDocuments} clean documents (${frequency.exampleIds.join(', ')}): ` +
      'these teach its innocent meaning, so that success follows the share of poison rather than the count. ' +
      'Choose another trigger, or set trigger.inCleanText: allow to measure just that.',
  );
}
