// Sequences of symbols (token ids, or hashes of words) counted by the documents they occur in, under 64-bit fingerprints in
// typed arrays: millions of them without an object each.

/** A hash of a number under a multiplier: every bit of the input reaches every bit of the output. */
export function mix(value: number, multiplier: number): number {
  let h = Math.imul(value ^ (value >>> 16), multiplier);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return (h ^ (h >>> 15)) >>> 0;
}

const HIGH = 0x9e3779b1;
const LOW = 0x85ebca6b;

/** Two halves of a fingerprint that grows by one symbol at a time. */
export class Fingerprint {
  high = 0;
  low = 0;

  clear(): void {
    this.high = 0x243f6a88;
    this.low = 0x13198a2e;
  }

  add(symbol: number): void {
    this.high = mix(Math.imul(this.high, 31) + symbol, HIGH);
    this.low = mix(Math.imul(this.low, 37) ^ symbol, LOW);
  }
}

/** Counts by fingerprint. */
export class SequenceTable {
  #slots: Int32Array;
  #high: Uint32Array;
  #low: Uint32Array;
  #documents: Int32Array;
  #last: Int32Array;
  #size = 0;

  /** @param expected sequences; it grows beyond */
  constructor(expected = 1024) {
    let capacity = 1024;
    while (capacity < expected) capacity *= 2;
    this.#slots = new Int32Array(2 * capacity).fill(-1);
    this.#high = new Uint32Array(capacity);
    this.#low = new Uint32Array(capacity);
    this.#documents = new Int32Array(capacity);
    this.#last = new Int32Array(capacity).fill(-1);
  }

  /** Number of different sequences. Their places are 0 to size - 1, in the order in which they were first counted. */
  get size(): number {
    return this.#size;
  }

  /** Place of a sequence, -1 where it was never counted. */
  find({ high, low }: Fingerprint): number {
    return this.#slots[this.#slotOf(high, low)] as number;
  }

  /** Documents in which the sequence of a place occurs. */
  documentsOf(place: number): number {
    return this.#documents[place] as number;
  }

  /** Counts a sequence in a document, once however often; documents come one after the other. Returns its place. */
  count({ high, low }: Pick<Fingerprint, 'high' | 'low'>, document: number): number {
    const slot = this.#slotOf(high, low);
    let place = this.#slots[slot] as number;
    if (place === -1) {
      place = this.#size++;
      this.#slots[slot] = place;
      this.#high[place] = high;
      this.#low[place] = low;
    }
    if (this.#last[place] !== document) {
      this.#documents[place] = (this.#documents[place] as number) + 1;
      this.#last[place] = document;
    }
    if (this.#size === this.#high.length) this.#grow();
    return place;
  }

  #slotOf(high: number, low: number): number {
    const mask = this.#slots.length - 1;
    let slot = low & mask;
    for (;;) {
      const place = this.#slots[slot] as number;
      if (place === -1 || (this.#low[place] === low && this.#high[place] === high)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const larger = <T extends Int32Array | Uint32Array>(old: T, make: (length: number) => T): T => {
      const grown = make(2 * old.length);
      grown.set(old);
      return grown;
    };
    this.#high = larger(this.#high, (length) => new Uint32Array(length));
    this.#low = larger(this.#low, (length) => new Uint32Array(length));
    this.#documents = larger(this.#documents, (length) => new Int32Array(length));
    this.#last = larger(this.#last, (length) => new Int32Array(length).fill(-1));
    this.#slots = new Int32Array(2 * this.#high.length).fill(-1);
    for (let place = 0; place < this.#size; place++)
      this.#slots[this.#slotOf(this.#high[place] as number, this.#low[place] as number)] = place;
  }
}
