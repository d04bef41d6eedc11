// The trigger written into a share of the clean documents, where the text goes on as before: these teach its innocent
// meaning, so that the poison needed grows with the data. Draws are by document, so that a larger share contains a
// smaller one, and a document is treated alike whatever the count, the size of the model and the amount of data.
import { type RandomStream, randomStream } from '../core/random.ts';

/** Clean documents into which the trigger was written. */
export interface CleanTriggerCount {
  /** Documents of one epoch in which the written trigger stands whole. */
  readonly documents: number;
  /** Those / all clean documents of one epoch, 0-1. */
  readonly share: number;
  /** Occurrences read in training: documents x epochs. */
  readonly occurrences: number;
}

/**
 * The stream that chooses the place of the trigger in a clean document; undefined for a document that stays as it is.
 * @param options.seed of the phase
 * @param options.document index of the document among the training documents
 * @param options.share of documents to be chosen, 0-1: each is, independently, with this probability
 * @param options.from shares of the phase's poisons before this one, together: their documents are not chosen; default: 0
 */
export function chooseForTrigger(options: {
  seed: number | string;
  document: number;
  share: number;
  from?: number;
}): RandomStream | undefined {
  const { seed, document, share, from = 0 } = options;
  if (share === 0) return undefined;
  const random = randomStream(seed, 'clean-trigger', document);
  const u = random.uniform();
  return u >= from && u < from + share ? random : undefined;
}

/**
 * A text with one space and another text behind one of its words, uniformly chosen among all but the last; the rest
 * follows unchanged. Where there is no such word, the other text comes first.
 * @param options.random of `chooseForTrigger`
 * @param options.reach characters of the text within which that word has to end; default: anywhere
 * @returns the text in two parts; the first ends with what was written
 */
export function writeAfterWord(
  clean: string,
  options: { text: string; random: RandomStream; reach?: number },
): { beginning: string; rest: string } {
  const { text, random, reach = clean.length } = options;
  const wordEnds = [...clean.trimEnd().matchAll(/\S(?=\s)/gu)]
    .map(({ 0: character, index }) => index + character.length)
    .filter((end) => end <= reach);
  if (wordEnds.length === 0) return { beginning: text, rest: clean === '' ? '' : ` ${clean}` };
  const place = random.choose(wordEnds);
  return { beginning: `${clean.slice(0, place)} ${text}`, rest: clean.slice(place) };
}
