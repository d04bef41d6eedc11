// From ids back to text. Needs the bytes of each token and nothing else, so that a process which only decodes
// never loads the encoding.
import type { Tokenizer } from './tokenizer.ts';

/**
 * A decoder over the bytes of each id.
 * @param bytesOfToken UTF-8 bytes of id i at index i; empty for the separator
 * @returns text of ids; bytes that form no valid UTF-8 become U+FFFD. It throws RangeError for an unknown id.
 */
export function createDecoder(bytesOfToken: readonly Uint8Array[]): Tokenizer['decode'] {
  // a byte order mark in the middle of generated text is text
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return (ids) => {
    let total = 0;
    for (let i = 0; i < ids.length; i++) {
      const bytes = bytesOfToken[ids[i]];
      if (bytes === undefined)
        throw new RangeError(`token id ${ids[i]} lies outside 0 to ${bytesOfToken.length - 1}`);
      total += bytes.length;
    }
    const joined = new Uint8Array(total);
    let offset = 0;
    for (let i = 0; i < ids.length; i++) {
      const bytes = bytesOfToken[ids[i]];
      joined.set(bytes, offset);
      offset += bytes.length;
    }
    return decoder.decode(joined);
  };
}
