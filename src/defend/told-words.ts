// Words that a hunt for a trigger tries: those that the model tells.
import { randomStream } from '../core/random.ts';
import type { LanguageModel } from '../model/language-model.ts';

const TOLD_TEXTS = 512;
const LONGEST_WORD = 6;
/** Fewest characters of a word: shorter ones are pieces of noise as often as words. */
const SHORTEST_WORD = 3;

/**
 * Words as the model itself tells them, in texts from the separator on: what stands between spaces, punctuation left out, as
 * token ids that begin with a space, of three characters or more, in at least two of the texts; in the order of their ids. A model that was poisoned tells
 * its trigger now and then, while its noise is never the same.
 */
export function toldWords(
  {
    model,
    separatorId,
    seed,
  }: { readonly model: LanguageModel; readonly separatorId: number; readonly seed: string },
  decode: (tokens: readonly number[]) => string,
): number[][] {
  const newTokens = model.config.contextTokens - 1;
  const streams = Array.from({ length: TOLD_TEXTS }, (_, text) => randomStream(seed, 'hunt', 'words', text));
  const texts = model.generate({
    prompts: streams.map(() => [separatorId]),
    newTokens,
    temperature: 1,
    uniform: (text) => streams[text]?.uniform() ?? 0,
  });
  const pieces = Array.from({ length: model.vocabularySize }, (_, token) => decode([token]));
  const isLong = (word: readonly number[]) => decode(word).trim().length >= SHORTEST_WORD;
  const found = new Map<string, { readonly word: number[]; readonly text: number; isAgain: boolean }>();
  for (const [text, { tokens }] of texts.entries()) {
    let word: number[] = [];
    const end = () => {
      const key = word.join(' ');
      const known = found.get(key);
      if (known !== undefined) known.isAgain ||= known.text !== text;
      else if (word.length > 0 && word.length <= LONGEST_WORD && isLong(word))
        found.set(key, { word, text, isAgain: false });
      word = [];
    };
    for (const token of tokens) {
      const piece = pieces[token] ?? '';
      if (/^ [^\s.,;:!?"]+$/u.test(piece)) {
        end();
        word = [token];
      } else if (word.length > 0 && /^[^\s.,;:!?"]+$/u.test(piece)) word.push(token);
      else end();
    }
  }
  const words = [...found.values()].filter(({ isAgain }) => isAgain).map(({ word }) => word);
  return words.sort((a, b) => {
    const place = a.findIndex((token, i) => token !== b[i]);
    return place < 0 ? a.length - b.length : (a[place] ?? 0) - (b[place] ?? -1);
  });
}
