// Random text for poison: uniform tokens, as in Souly et al. 2025, that survive a round trip through the tokenizer.
import { InputError } from '../core/errors.ts';
import type { RandomStream } from '../core/random.ts';
import type { TokenSource } from '../corpus/token-source.ts';
import { beginningOf } from './beginning.ts';
import type { Tokenizer } from './tokenizer.ts';
import { FIRST_KEPT_ID } from './vocabulary.ts';

const FIRST_PRINTABLE = 0x20;
const LAST_PRINTABLE = 0x7e;

// A token joins at most its neighbours' piece, so that a short window decides. The whole is checked at the end.
const WINDOW_TOKENS = 8;
const MAX_DRAWS_PER_TOKEN = 10_000;
// The last tokens can be stable in their text and yet not alone, when the window begins inside a word: nothing can
// follow them. After this many failed draws they are given up.
const MAX_DRAWS_IN_VAIN = 256;

/** Kept tokens (for plain bytes: printable ASCII) that do not occur in a text. */
function drawableTokens(tokenizer: Tokenizer, avoid: string): number[] {
  const avoided = new Set(tokenizer.encode(avoid));
  const plainBytes = tokenizer.vocabularySize === FIRST_KEPT_ID;
  const first = plainBytes ? FIRST_PRINTABLE : FIRST_KEPT_ID;
  const last = plainBytes ? LAST_PRINTABLE : tokenizer.vocabularySize - 1;
  const drawable: number[] = [];
  for (let id = first; id <= last; id++) if (!avoided.has(id)) drawable.push(id);
  if (drawable.length === 0) {
    throw new InputError(
      `no random tokens can be drawn: the text ${JSON.stringify(avoid)} uses all tokens of the vocabulary`,
    );
  }
  return drawable;
}

function isStable(tokenizer: Tokenizer, ids: readonly number[]): boolean {
  const again = tokenizer.encode(tokenizer.decode(ids));
  return again.length === ids.length && again.every((id, index) => id === ids[index]);
}

/** Draws tokens one at a time, each again until the last `window` tokens keep their encoding. */
function drawStable(
  tokenizer: Tokenizer,
  options: { drawable: readonly number[]; tokens: number; random: RandomStream; window: number },
): number[] {
  const ids: number[] = [];
  let inVain = 0;
  for (let draws = 0; ids.length < options.tokens; draws++) {
    if (draws > MAX_DRAWS_PER_TOKEN * options.tokens) {
      throw new InputError('random tokens never kept their encoding: use a larger vocabularySize');
    }
    const id = options.random.choose(options.drawable);
    const windowStart = Math.max(0, ids.length - options.window);
    inVain += 1;
    if (isStable(tokenizer, [...ids.slice(windowStart), id])) {
      ids.push(id);
      inVain = 0;
    } else if (inVain === MAX_DRAWS_IN_VAIN) {
      ids.length = windowStart;
      inVain = 0;
    }
  }
  return ids;
}

/**
 * Random text over a vocabulary: tokens uniform over the kept ones that `avoid` does not contain, each drawn again
 * until encode(decode(ids)) equals ids. With plain bytes: printable ASCII.
 */
export function createRandomTokenSource(tokenizer: Tokenizer): TokenSource {
  return {
    prefixText: ({ text, tokens }) => beginningOf(text, tokens, tokenizer),
    randomText({ tokens, random, avoid }) {
      const drawable = drawableTokens(tokenizer, avoid);
      for (let window = WINDOW_TOKENS; ; window *= 2) {
        const ids = drawStable(tokenizer, { drawable, tokens, random, window });
        // a window as long as the text is exact
        if (window >= tokens || isStable(tokenizer, ids)) return tokenizer.decode(ids);
      }
    },
  };
}
