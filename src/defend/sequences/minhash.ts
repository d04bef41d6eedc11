// MinHash (Broder 1997) and its bands (Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3): documents
// of similar sets of shingles share a band with a probability that rises steeply around a threshold. The numbers of bands and
// rows are chosen as datasketch chooses them.
import { pow } from '../../core/math.ts';
import { Fingerprint, mix } from './sequence-table.ts';

/** Different shingles of `size` symbols, as sorted 32-bit hashes; of a shorter document the one that is all of it. */
export function shinglesOf(symbols: ArrayLike<number>, size: number): Uint32Array {
  if (symbols.length === 0) return new Uint32Array(0);
  const count = Math.max(1, symbols.length - size + 1);
  const hashes = new Uint32Array(count);
  const fingerprint = new Fingerprint();
  for (let start = 0; start < count; start++) {
    fingerprint.clear();
    const end = Math.min(start + size, symbols.length);
    for (let place = start; place < end; place++) fingerprint.add(symbols[place] as number);
    hashes[start] = fingerprint.low;
  }
  hashes.sort();
  let different = 0;
  for (let place = 0; place < count; place++)
    if (place === 0 || hashes[place] !== hashes[place - 1]) hashes[different++] = hashes[place] as number;
  return hashes.subarray(0, different);
}

/** |A and B| / |A or B| of two sorted sets; 0 of two empty ones. */
export function jaccard(a: Uint32Array, b: Uint32Array): number {
  let shared = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const difference = (a[i] as number) - (b[j] as number);
    if (difference === 0) shared += 1;
    if (difference <= 0) i += 1;
    if (difference >= 0) j += 1;
  }
  const united = a.length + b.length - shared;
  return united === 0 ? 0 : shared / united;
}

/** Makes signatures: by permutation x -> a x + b modulo 2^32, a odd, the smallest of a set. */
export class MinHasher {
  readonly permutations: number;
  readonly #a: Int32Array;
  readonly #b: Int32Array;

  constructor(permutations: number) {
    this.permutations = permutations;
    this.#a = Int32Array.from({ length: permutations }, (_, i) => mix(i + 1, 0x9e3779b1) | 1);
    this.#b = Int32Array.from({ length: permutations }, (_, i) => mix(i + 1, 0x85ebca6b) | 0);
  }

  /** Writes the signature of a set. [permutations] */
  sign(shingles: Uint32Array, signature: Int32Array): void {
    const a = this.#a;
    const b = this.#b;
    // Signed, so that the inner loop stays in 32-bit integers.
    const hashes = new Int32Array(shingles.buffer, shingles.byteOffset, shingles.length);
    for (let i = 0; i < signature.length; i++) {
      const factor = a[i] as number;
      const summand = b[i] as number;
      let least = 0x7fffffff;
      for (let s = 0; s < hashes.length; s++) {
        const value = (Math.imul(hashes[s] as number, factor) + summand) | 0;
        if (value < least) least = value;
      }
      signature[i] = least;
    }
  }
}

/** Share of equal places: an estimate of the Jaccard similarity. */
export function signatureSimilarity(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let equal = 0;
  for (let i = 0; i < a.length; i++) if (a[i] === b[i]) equal += 1;
  return equal / a.length;
}

/** How a signature is cut. */
export interface Bands {
  readonly bands: number;
  /** Rows of a band; bands x rows places are used. */
  readonly rows: number;
}

const STEP = 0.01;

/** Area under the chance of sharing a band below the threshold, and of sharing none above it; the midpoint rule. */
function errorArea({ bands, rows }: Bands, threshold: number): number {
  let area = 0;
  for (let s = STEP / 2; s < 1; s += STEP) {
    const none = pow(1 - pow(s, rows), bands);
    area += s < threshold ? 1 - none : none;
  }
  return area * STEP;
}

/** The bands with the fewest mistakes around a threshold, both kinds counted alike. */
export function chooseBands(permutations: number, threshold: number): Bands {
  let best: Bands = { bands: 1, rows: 1 };
  let least = Number.POSITIVE_INFINITY;
  for (let bands = 1; bands <= permutations; bands++)
    for (let rows = 1; rows * bands <= permutations; rows++) {
      const area = errorArea({ bands, rows }, threshold);
      if (area >= least) continue;
      least = area;
      best = { bands, rows };
    }
  return best;
}

/** The key of each band of a signature: two signatures share a band where they share its key. 52 bits, exact in a double. */
export function bandKeys(signature: Int32Array, { bands, rows }: Bands, keys: Float64Array): void {
  const fingerprint = new Fingerprint();
  for (let band = 0; band < bands; band++) {
    fingerprint.clear();
    fingerprint.add(band);
    for (let row = 0; row < rows; row++) fingerprint.add(signature[band * rows + row] as number);
    keys[band] = (fingerprint.high >>> 12) * 0x100000000 + fingerprint.low;
  }
}
