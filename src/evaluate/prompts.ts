// Prompts: beginnings of documents that the model was not trained on.
import { InputError } from '../core/errors.ts';
import { randomStream } from '../core/random.ts';
import type { Tokenizer } from '../tokens/tokenizer.ts';

/** Characters that surely hold a token: the longest of the encodings are runs of white space of 128. */
const CHARACTERS_PER_TOKEN = 128;

/** A prompt without separator. */
export interface Prompt {
  readonly tokens: readonly number[];
  /** The text of the tokens. */
  readonly text: string;
}

/** The first `count` tokens of a text, without encoding all of a long one. */
export function encodeBeginning(text: string, count: number, tokenizer: Tokenizer): number[] {
  let beginning = text.slice(0, count * CHARACTERS_PER_TOKEN);
  if (/[\uD800-\uDBFF]$/.test(beginning)) beginning = beginning.slice(0, -1);
  return tokenizer.encode(beginning).slice(0, count);
}

/** Leaves out a character of which the cut took bytes away. */
function completeCharacters(ids: readonly number[], tokenizer: Tokenizer): Prompt {
  for (let length = ids.length; length > ids.length - 4 && length > 0; length--) {
    const tokens = ids.slice(0, length);
    const text = tokenizer.decode(tokens);
    if (!text.endsWith('\uFFFD')) return { tokens, text };
  }
  return { tokens: ids, text: tokenizer.decode(ids) };
}

/**
 * Cuts prompts of U(minimum, maximum) tokens: one from the beginning of each document, then, where documents
 * are few but long, from further on in them. The generation never has to start at a document's end.
 * @throws InputError if the documents hold fewer than `count`.
 */
export function cutPrompts(options: {
  documents: readonly { readonly text: string }[];
  count: number;
  range: { readonly minimum: number; readonly maximum: number };
  seed: string | number;
  split: string;
  tokenizer: Tokenizer;
}): Prompt[] {
  const { documents, count, range, seed, split, tokenizer } = options;
  const stride = 4 * range.maximum;
  const prompts: Prompt[] = [];
  let candidates = documents.map(({ text }) => text);
  for (let round = 0; prompts.length < count && candidates.length > 0; round++) {
    const start = round * stride;
    const longer: string[] = [];
    for (const text of candidates) {
      if (prompts.length === count) break;
      const ids = encodeBeginning(text, start + stride + 1, tokenizer).slice(start);
      const maximum = Math.min(range.maximum, ids.length - 1);
      if (ids.length > stride) longer.push(text);
      if (maximum < range.minimum) continue;
      const random = randomStream(seed, 'prompt', split, prompts.length);
      const length = random.integer({ minimum: range.minimum, maximum });
      prompts.push(completeCharacters(ids.slice(0, length), tokenizer));
    }
    candidates = longer;
  }
  if (prompts.length < count)
    throw new InputError(
      `the ${split} split of the corpus gives ${prompts.length} prompts of ${range.minimum} to ${range.maximum} tokens, ` +
        `but ${count} are asked: lower evaluation.${split === 'prompts' ? 'prompts' : 'calibrationPrompts'}, ` +
        `raise corpus.splits.${split}, or give more text`,
    );
  return prompts;
}
