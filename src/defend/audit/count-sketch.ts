// Occurrences of very many sequences in an array of fixed size (one row of Cormode and Muthukrishnan's count-min sketch, 2005):
// sequences that share a cell share a count, so that a count is never too small, and now and then too large.
import { mix } from '../sequences/sequence-table.ts';

/** A count that says no more than that there are as many or more. */
export const MOST = 65535;

/** Key of the word, or the two words, that end before a place. */
export function sequenceKey(hashes: ArrayLike<number>, end: number, length: 1 | 2): number {
  const last = hashes[end - 1] as number;
  return length === 1
    ? mix(last, 0x85ebca6b)
    : mix(Math.imul(hashes[end - 2] as number, 0x01000193) ^ last, 0x9e3779b1);
}

/** Counts up to 65,535. */
export class CountSketch {
  readonly cells: Uint16Array;

  /** @param cells a power of two, or the cells of another sketch */
  constructor(cells: number | Uint16Array) {
    this.cells = typeof cells === 'number' ? new Uint16Array(cells) : cells;
  }

  add(key: number): void {
    const cell = key & (this.cells.length - 1);
    const count = this.cells[cell] as number;
    if (count < MOST) this.cells[cell] = count + 1;
  }

  count(key: number): number {
    return this.cells[key & (this.cells.length - 1)] as number;
  }

  /**
   * Occurrences of a sequence of words at most: of one word or two, what was counted; of more, the least of the pairs in it.
   */
  atMost(hashes: ArrayLike<number>, end: number, length: number): number {
    if (length === 1) return this.count(sequenceKey(hashes, end, 1));
    let least = MOST;
    for (let pair = end; pair > end - length + 1; pair--)
      least = Math.min(least, this.count(sequenceKey(hashes, pair, 2)));
    return least;
  }

  /** Adds the counts of another sketch of the same size. */
  merge(other: CountSketch): void {
    for (let cell = 0; cell < this.cells.length; cell++) {
      const count = other.cells[cell] as number;
      if (count > 0) this.cells[cell] = Math.min(MOST, (this.cells[cell] as number) + count);
    }
  }
}

/** Cells for a text of so many bytes: about two for each of its words and pairs of words, 2^18 to 2^26. */
export function sketchCells(bytes: number): number {
  let cells = 1 << 18;
  while (2 * cells < bytes && cells < 1 << 26) cells *= 2;
  return cells;
}
