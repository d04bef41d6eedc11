// What near triggers are made of: words and tokens of clean text, counted once for all triggers of a run.
import type { VariantMaterial } from '../poison/trigger.ts';
import { encodeBeginning, wholeCharacters } from '../tokens/beginning.ts';
import type { Tokenizer } from '../tokens/tokenizer.ts';

/** Clean text that is looked at, so that long documents take no longer than many short ones. */
const MATERIAL_TOKENS = 300_000;
const DOCUMENT_TOKENS = 3000;
const MIN_TOKEN_OCCURRENCES = 5;

function countInto<T>(counts: Map<T, number>, items: Iterable<T>): void {
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
}

/** Counts the words and tokens of clean texts. @param options.seed of the corpus */
export function gatherMaterial(
  cleanTexts: readonly string[],
  { seed, tokenizer }: { seed: string | number; tokenizer: Tokenizer },
): VariantMaterial {
  const words = new Map<string, number>();
  const tokens = new Map<number, number>();
  let searched = 0;
  for (const whole of cleanTexts) {
    if (searched >= MATERIAL_TOKENS) break;
    const ids = encodeBeginning(whole, DOCUMENT_TOKENS, tokenizer);
    const { text } = wholeCharacters(ids, tokenizer);
    searched += ids.length;
    countInto(words, text.match(/(?<![\p{L}\p{N}])[\p{Ll}\p{Lo}\p{M}]{3,}(?![\p{L}\p{N}])/gu) ?? []);
    countInto(tokens, ids);
  }
  return {
    words,
    tokens: [...tokens]
      .flatMap(([id, count]) => (count >= MIN_TOKEN_OCCURRENCES ? [id] : []))
      .sort((a, b) => a - b),
    encode: tokenizer.encode,
    decode: tokenizer.decode,
    seed,
  };
}
