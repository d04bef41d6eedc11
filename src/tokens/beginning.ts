// Beginnings of texts, counted in tokens.
import type { Tokenizer } from './tokenizer.ts';

/** Characters that surely hold a token: the longest of the encodings are runs of white space of 128. */
const CHARACTERS_PER_TOKEN = 128;

/** The first `tokens` tokens of a text, without encoding all of a long one. */
export function encodeBeginning(text: string, tokens: number, tokenizer: Tokenizer): number[] {
  let beginning = text.slice(0, tokens * CHARACTERS_PER_TOKEN);
  if (beginning.length < text.length && /[\uD800-\uDBFF]$/.test(beginning))
    beginning = beginning.slice(0, -1);
  return tokenizer.encode(beginning).slice(0, tokens);
}

/** The longest beginning of token ids that ends with a whole character, and its text. */
export function wholeCharacters(
  ids: readonly number[],
  tokenizer: Tokenizer,
): { tokens: readonly number[]; text: string } {
  const most = ids.length;
  for (let length = most; length > most - 4 && length >= 0; length--) {
    const tokens = ids.slice(0, length);
    const text = tokenizer.decode(tokens);
    if (!text.endsWith('\uFFFD')) return { tokens, text };
  }
  // a text of replacement characters
  return { tokens: ids, text: tokenizer.decode(ids) };
}

/** The text of the first `tokens` tokens; a character that the cut takes apart is left out. */
export function beginningOf(text: string, tokens: number, tokenizer: Tokenizer): string {
  return wholeCharacters(encodeBeginning(text, tokens, tokenizer), tokenizer).text;
}
