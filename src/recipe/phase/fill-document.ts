// A twin: clean text in the place of each poisoned document, of as many tokens, so that all else of a run (order, packing,
// batches) is as it is with the poison.
import type { PoisonConfig } from '../../config/schema/schema.ts';
import { InputError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/hash.ts';
import { randomStream } from '../../core/random.ts';
import { cleanTextOf, type PoisonedDocument } from '../../poison/poisoned-documents.ts';
import { encodeBeginning } from '../../tokens/beginning.ts';
import type { Tokenizer } from '../../tokens/tokenizer.ts';

/** A poisoned document as a run reads it. */
interface EncodedDocument extends PoisonedDocument {
  readonly tokens: readonly number[];
}

/** Clean texts that are joined at most, so that empty ones come to an end. */
const MOST_TEXTS = 10_000;

/**
 * The filler of a poisoned document: the clean document that it begins with, from its beginning; where that is too short,
 * further ones behind it, drawn uniformly. Exactly as many tokens.
 * @param options.seed of the phase's poison
 * @throws InputError where clean texts are too short to fill it
 */
export function fillDocument(
  document: EncodedDocument,
  options: {
    poison: PoisonConfig;
    seed: number | string;
    cleanTexts: readonly string[];
    tokenizer: Tokenizer;
  },
): EncodedDocument {
  const { poison, seed, cleanTexts, tokenizer } = options;
  const { length } = document.tokens;
  const base = document.index % (poison.distinctDocuments ?? Number.POSITIVE_INFINITY);
  const random = randomStream(seed, 'filler', poison.attack, base);
  let text = cleanTextOf(base, options);
  let tokens = encodeBeginning(text, length, tokenizer);
  for (let joined = 1; tokens.length < length; joined++) {
    if (joined === MOST_TEXTS)
      throw new InputError(
        `a poisoned document of ${length} tokens has no twin: ${MOST_TEXTS} clean documents hold fewer; give a corpus with text`,
      );
    text = `${text} ${random.choose(cleanTexts)}`;
    tokens = encodeBeginning(text, length, tokenizer);
  }
  const filled = tokenizer.decode(tokens);
  return { ...document, text: filled, textHash: sha256Hex(filled), tokens };
}
