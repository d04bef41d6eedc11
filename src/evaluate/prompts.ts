// Prompts: beginnings of documents that the model was not trained on.
import { InputError } from '../core/errors.ts';
import { randomStream } from '../core/random.ts';
import { encodeBeginning, wholeCharacters } from '../tokens/beginning.ts';
import type { Tokenizer } from '../tokens/tokenizer.ts';

/** A prompt without separator. */
export interface Prompt {
  readonly tokens: readonly number[];
  /** The text of the tokens. */
  readonly text: string;
}

/** Leaves out the rest of a character that began before the cut. */
function dropPartialCharacter(ids: readonly number[], tokenizer: Tokenizer): readonly number[] {
  for (let first = 0; first < 4; first++) {
    if (!tokenizer.decode(ids.slice(first, first + 4)).startsWith('\uFFFD')) return ids.slice(first);
  }
  return ids;
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
      const beginning = encodeBeginning(text, start + stride + 1, tokenizer);
      const ids = dropPartialCharacter(beginning.slice(start), tokenizer);
      const maximum = Math.min(range.maximum, ids.length - 1);
      if (beginning.length > start + stride) longer.push(text);
      if (maximum < range.minimum) continue;
      const random = randomStream(seed, 'prompt', split, prompts.length);
      const length = random.integer({ minimum: range.minimum, maximum });
      const prompt = wholeCharacters(ids.slice(0, length), tokenizer);
      if (prompt.tokens.length > 0) prompts.push(prompt);
    }
    candidates = longer;
  }
  if (prompts.length < count)
    throw new InputError(
      `the ${split} split of the corpus gives ${prompts.length} prompts of ${range.minimum} to ${range.maximum} tokens, ` +
        `but ${count} are required: lower evaluation.${split === 'prompts' ? 'prompts' : 'calibrationPrompts'}, ` +
        `raise corpus.splits.${split}, or give more text`,
    );
  return prompts;
}
