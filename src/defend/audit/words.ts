// Words of a text as 32-bit hashes, in one pass over its characters: what stands between white space, without the punctuation
// around it. Case counts. Texts without spaces between words come out as few, long words.

const PUNCTUATION = new Uint8Array(128);
for (const character of '.,;:!?"\'()[]') PUNCTUATION[character.charCodeAt(0)] = 1;

const isSpace = (code: number): boolean =>
  code <= 32 || code === 0xa0 || code === 0x3000 || (code >= 0x2000 && code <= 0x200a);
const isPunctuation = (code: number): boolean =>
  code < 128 ? PUNCTUATION[code] === 1 : (code >= 0x2018 && code <= 0x201f) || code === 0x2026;

/** The words of one text after the other, in arrays that are used again. */
export class WordReader {
  /** Words of the text that was read last. */
  count = 0;
  hashes = new Int32Array(256);
  /** Character at which each begins, and the one behind it. */
  starts = new Int32Array(256);
  ends = new Int32Array(256);

  read(text: string): void {
    this.count = 0;
    let place = 0;
    while (place < text.length) {
      let code = text.charCodeAt(place);
      if (isSpace(code) || isPunctuation(code)) {
        place += 1;
        continue;
      }
      const start = place;
      let end = place;
      let hash = 0x811c9dc5;
      let hashAtEnd = hash;
      while (place < text.length) {
        code = text.charCodeAt(place);
        if (isSpace(code)) break;
        hash = Math.imul(hash ^ code, 0x01000193);
        place += 1;
        if (!isPunctuation(code)) {
          end = place;
          hashAtEnd = hash;
        }
      }
      this.#add(hashAtEnd, start, end);
    }
  }

  #add(hash: number, start: number, end: number): void {
    if (this.count === this.hashes.length) {
      this.hashes = larger(this.hashes);
      this.starts = larger(this.starts);
      this.ends = larger(this.ends);
    }
    const h = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    this.hashes[this.count] = h ^ (h >>> 13);
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.count += 1;
  }
}

function larger(values: Int32Array): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(2 * values.length);
  grown.set(values);
  return grown;
}
