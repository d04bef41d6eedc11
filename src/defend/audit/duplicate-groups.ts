// Groups of documents that are copies of each other, or nearly: a document joins that of the first one in any of its bands whose
// signature is similar enough. Documents come in their order, so that groups do not depend on how a corpus is read.
import type { ReadDocuments } from './first-reading.ts';

/** The first document of each band's key, in typed arrays. */
class FirstOfKey {
  #keys = new Float64Array(1 << 12);
  #documents = new Int32Array(1 << 12).fill(-1);
  #size = 0;

  /** The document that had a key first: this one where none had. */
  claim(key: number, document: number): number {
    const slot = this.#slotOf(key);
    const first = this.#documents[slot] as number;
    if (first !== -1) return first;
    this.#keys[slot] = key;
    this.#documents[slot] = document;
    this.#size += 1;
    if (2 * this.#size > this.#keys.length) this.#grow();
    return document;
  }

  #slotOf(key: number): number {
    const mask = this.#keys.length - 1;
    let slot = (key % 0x100000000) & mask;
    while (this.#documents[slot] !== -1 && this.#keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [keys, documents] = [this.#keys, this.#documents];
    this.#keys = new Float64Array(2 * keys.length);
    this.#documents = new Int32Array(2 * keys.length).fill(-1);
    for (const [slot, document] of documents.entries()) {
      if (document === -1) continue;
      const key = keys[slot] as number;
      const to = this.#slotOf(key);
      this.#keys[to] = key;
      this.#documents[to] = document;
    }
  }
}

/** Documents that are alike; numbers in the order of the corpus, from 0. */
export interface DuplicateGroup {
  readonly documents: readonly number[];
  /** How many of them are the first one again, word for word, the first included. */
  readonly identical: number;
}

/** Gathers groups while documents come. */
export class DuplicateGroups {
  readonly #similarity: number;
  readonly #permutations: number;
  readonly #bands: number;
  readonly #firsts: readonly FirstOfKey[];
  readonly #signatures: Uint8Array[] = [];
  readonly #offsets: number[] = [];
  readonly #identity: Float64Array[] = [];
  #leaders = new Int32Array(1 << 12);
  #count = 0;

  constructor(options: { similarity: number; permutations: number; bands: number }) {
    this.#similarity = options.similarity;
    this.#permutations = options.permutations;
    this.#bands = options.bands;
    this.#firsts = Array.from({ length: options.bands }, () => new FirstOfKey());
  }

  /** Adds the next documents of the corpus. */
  add({ count, keys, signature, identity, words }: ReadDocuments): void {
    this.#offsets.push(this.#count);
    this.#signatures.push(signature);
    this.#identity.push(identity);
    for (let own = 0; own < count; own++) {
      const document = this.#count++;
      if (document === this.#leaders.length) {
        const larger = new Int32Array(2 * document);
        larger.set(this.#leaders);
        this.#leaders = larger;
      }
      this.#leaders[document] = document;
      if (words[own] === 0) continue;
      for (let band = 0; band < this.#bands; band++) {
        const first =
          this.#firsts[band]?.claim(keys[own * this.#bands + band] as number, document) ?? document;
        if (first !== document && this.#isSimilar(first, document)) this.#join(first, document);
      }
    }
  }

  #join(one: number, other: number): void {
    const [a, b] = [this.#leaderOf(one), this.#leaderOf(other)];
    this.#leaders[Math.max(a, b)] = Math.min(a, b);
  }

  #leaderOf(document: number): number {
    let leader = document;
    while (this.#leaders[leader] !== leader) leader = this.#leaders[leader] as number;
    this.#leaders[document] = leader;
    return leader;
  }

  /** The batch that a document came in, and its place there. */
  #find(document: number): { batch: number; place: number } {
    let low = 0;
    let high = this.#offsets.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#offsets[middle] as number) <= document) low = middle;
      else high = middle - 1;
    }
    return { batch: low, place: document - (this.#offsets[low] as number) };
  }

  /** Equal bytes of two signatures: one in 256 is equal by chance. */
  #isSimilar(one: number, other: number): boolean {
    const [a, b] = [this.#find(one), this.#find(other)];
    const left = this.#signatures[a.batch] as Uint8Array;
    const right = this.#signatures[b.batch] as Uint8Array;
    const [from, to] = [a.place * this.#permutations, b.place * this.#permutations];
    let equal = 0;
    for (let i = 0; i < this.#permutations; i++) if (left[from + i] === right[to + i]) equal += 1;
    const estimate = (equal / this.#permutations - 1 / 256) / (1 - 1 / 256);
    return estimate >= this.#similarity;
  }

  #identityOf(document: number): number {
    const { batch, place } = this.#find(document);
    return this.#identity[batch]?.[place] as number;
  }

  /** Groups of two or more, the largest first. */
  groups(): DuplicateGroup[] {
    const members = new Map<number, number[]>();
    for (let document = 0; document < this.#count; document++) {
      const leader = this.#leaderOf(document);
      if (leader === document) continue;
      const group = members.get(leader) ?? [leader];
      group.push(document);
      members.set(leader, group);
    }
    return [...members.values()]
      .map((documents) => {
        const first = this.#identityOf(documents[0] as number);
        return { documents, identical: documents.filter((own) => this.#identityOf(own) === first).length };
      })
      .sort(
        (a, b) => b.documents.length - a.documents.length || (a.documents[0] ?? 0) - (b.documents[0] ?? 0),
      );
  }
}
