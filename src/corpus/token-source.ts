// What a writer of texts needs of a tokenizer, without knowing it.
import type { RandomStream } from '../core/random.ts';

/** A source of random text, and of beginnings counted in tokens. */
export interface TokenSource {
  /**
   * Text of uniformly drawn tokens of the vocabulary that encodes to exactly these again.
   * @param options.tokens number of tokens, at least 1
   * @param options.avoid text whose tokens are not drawn (the trigger)
   * @throws InputError if the vocabulary has no tokens to draw from
   */
  randomText(options: { tokens: number; random: RandomStream; avoid: string }): string;
  /** The first `tokens` tokens of a text, decoded; a character that the cut takes apart is left out. */
  prefixText(options: { text: string; tokens: number }): string;
}
