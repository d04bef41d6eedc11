// What a tokenizer is to the rest of the program.

/** Maps text to ids of a compact vocabulary and back, losslessly for well-formed Unicode. */
export interface Tokenizer {
  /** Ids run from 0 to vocabularySize - 1: 0-255 bytes, 256 the document separator, then kept tokens, most frequent first. */
  readonly vocabularySize: number;
  /** Ends a document; never produced by `encode`. */
  readonly separatorId: number;
  /** SHA-256 over the vocabulary. */
  readonly hash: string;
  /** @throws InputError for a lone surrogate. */
  encode(text: string): number[];
  /** Text of ids; bytes that form no valid UTF-8 become U+FFFD, the separator the empty string. */
  decode(ids: ArrayLike<number>): string;
  /** UTF-8 bytes of each id (empty for the separator): all that decoding needs. */
  readonly bytesOfToken: readonly Uint8Array[];
}
