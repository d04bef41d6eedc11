// What an audit learns of each document when it reads a corpus for the first time: the rules that it breaks, what it is like
// (for near-duplicates), and how often its words and sequences of words occur.

import { type QualitySettings, rulesBroken } from '../quality-rules.ts';
import { bandKeys, chooseBands, MinHasher, shinglesOf } from '../sequences/minhash.ts';
import { Fingerprint } from '../sequences/sequence-table.ts';
import { CountSketch, sequenceKey } from './count-sketch.ts';
import { WordReader } from './words.ts';

/** Settings of the first reading; the same for all of a corpus. */
export interface FirstReadingSettings {
  readonly rules: QualitySettings;
  readonly similarity: number;
  readonly shingleWords: number;
  readonly permutations: number;
  readonly sketchCells: number;
}

/** What is learnt of some documents in a row, in arrays that can be handed to another thread. */
export interface ReadDocuments {
  readonly count: number;
  /** Rules that each breaks, one bit a rule. */
  readonly broken: Uint8Array;
  readonly words: Int32Array;
  /** Equal for equal texts, as far as words go. */
  readonly identity: Float64Array;
  /** Keys of its bands. [documents x bands] */
  readonly keys: Float64Array;
  /** The lowest byte of each value of its signature. [documents x permutations] */
  readonly signature: Uint8Array;
}

/** Reads documents. The sketch gathers what all of them hold. */
export class FirstReading {
  readonly sketch: CountSketch;
  readonly bands: number;
  readonly #settings: FirstReadingSettings;
  readonly #cut: ReturnType<typeof chooseBands>;
  readonly #hasher: MinHasher;
  readonly #words = new WordReader();

  constructor(settings: FirstReadingSettings) {
    this.#settings = settings;
    this.sketch = new CountSketch(settings.sketchCells);
    this.#cut = chooseBands(settings.permutations, settings.similarity);
    this.bands = this.#cut.bands;
    this.#hasher = new MinHasher(settings.permutations);
  }

  read(texts: readonly string[]): ReadDocuments {
    const { permutations, rules } = this.#settings;
    const count = texts.length;
    const found: ReadDocuments = {
      count,
      broken: Uint8Array.from(texts, (text) => rulesBroken(text, rules)),
      words: new Int32Array(count),
      identity: new Float64Array(count),
      keys: new Float64Array(count * this.bands),
      signature: new Uint8Array(count * permutations),
    };
    for (const [document, text] of texts.entries()) this.#readOne(text, document, found);
    return found;
  }

  #readOne(text: string, document: number, found: ReadDocuments): void {
    const { permutations, shingleWords } = this.#settings;
    const reader = this.#words;
    reader.read(text);
    const hashes = reader.hashes.subarray(0, reader.count);
    found.words[document] = reader.count;
    const whole = new Fingerprint();
    whole.clear();
    for (const hash of hashes) whole.add(hash);
    found.identity[document] = (whole.high >>> 12) * 0x100000000 + whole.low;
    for (let end = 1; end <= hashes.length; end++) {
      this.sketch.add(sequenceKey(hashes, end, 1));
      if (end > 1) this.sketch.add(sequenceKey(hashes, end, 2));
    }
    const signature = new Int32Array(permutations);
    this.#hasher.sign(shinglesOf(hashes, shingleWords), signature);
    bandKeys(signature, this.#cut, found.keys.subarray(document * this.bands, (document + 1) * this.bands));
    found.signature.set(signature, document * permutations);
  }
}
