// One case of the self-test: a few operations on buffers of numbers that are exact in single precision.
import type { Arena } from '../engine.ts';
import type { Operation, OperationArguments } from '../operations.ts';
import { type ArenaLayout, Program } from '../program.ts';

interface Region {
  readonly offset: number;
  readonly words: number;
}

// The next state of a linear congruential generator. Written out where it is used: this code runs before any compiler
// of the host has looked at it, where a call costs as much as all the rest.
const MULTIPLIER = 1664525;
const INCREMENT = 1013904223;

/** Words [from, to) as (next state >> 8 + shift) * factor; the last state. */
function fillFloats(
  floats: Float32Array | Float64Array,
  range: { from: number; to: number; shift: number; factor: number; state: number },
): number {
  const { from, to, shift, factor } = range;
  let { state } = range;
  for (let i = from; i < to; i++) {
    state = (Math.imul(state, MULTIPLIER) + INCREMENT) | 0;
    floats[i] = ((state >> 8) + shift) * factor;
  }
  return state;
}

/** FNV-1a over the bits of words [from, to), every NaN as one. */
function hashOn(hash: number, integers: Int32Array, from: number, to: number): number {
  let result = hash;
  for (let i = from; i < to; i++) {
    const word = integers[i];
    result = Math.imul(result ^ ((word & 0x7fffffff) > 0x7f800000 ? 0x7fc00000 : word), 0x01000193);
    result ^= result >>> 15;
  }
  return result;
}

/** Buffers, what they hold before the operations, and the operations. */
export class SelfTestCase {
  readonly #layout: ArenaLayout;
  readonly #program = new Program();
  readonly #hashed: Region[] = [];
  readonly #fills: ((arena: Arena) => void)[] = [];
  readonly threads: number;
  #state: number;

  constructor(layout: ArenaLayout, { seed, threads }: { seed: number; threads: number }) {
    this.#layout = layout;
    this.#state = seed;
    this.threads = threads;
  }

  #reserve(words: number): number {
    const offset = this.#layout.reserve(words);
    this.#hashed.push({ offset, words });
    return offset;
  }

  /** Floats in [-scale, scale), multiples of scale / 2^23: exact where scale is a power of two. */
  floats(words: number, range: { scale?: number; least?: -1 | 0 } = {}): number {
    const offset = this.#reserve(words);
    this.#fill(offset, words, range);
    return offset;
  }

  /** Rows of floats, each `stride` words after the one before; what lies between them is not looked at. */
  rows(count: number, { words, stride, scale }: { words: number; stride: number; scale: number }): number {
    const first = this.#layout.reserve((count - 1) * stride + words);
    for (let row = 0; row < count; row++) {
      const offset = first + row * stride;
      this.#hashed.push({ offset, words });
      this.#fill(offset, words, { scale });
    }
    return first;
  }

  #fill(offset: number, words: number, { scale = 1, least = -1 }: { scale?: number; least?: -1 | 0 }): void {
    const factor = scale / (least === 0 ? 0x1000000 : 0x800000);
    const shift = least === 0 ? 0x800000 : 0;
    this.#fills.push(({ floats }) => {
      const range = { from: offset, to: offset + words, shift, factor, state: this.#state };
      this.#state = fillFloats(floats, range);
    });
  }

  /** Given floats, rounded to the arena's precision. */
  values(...values: readonly number[]): number {
    const offset = this.#reserve(values.length);
    this.#fills.push(({ floats }) => floats.set(values, offset));
    return offset;
  }

  /** Changes floats of a buffer after it was filled. */
  set(offset: number, ...values: readonly number[]): void {
    this.#fills.push(({ floats }) => floats.set(values, offset));
  }

  /** Integers of [0, below). */
  integers(words: number, below: number): number {
    const offset = this.#reserve(words);
    this.#fills.push(({ integers }) => {
      for (let i = offset; i < offset + words; i++) {
        this.#state = (Math.imul(this.#state, MULTIPLIER) + INCREMENT) | 0;
        integers[i] = (this.#state >>> 8) % below;
      }
    });
    return offset;
  }

  /** The integers 0, 1, 2, ... */
  counting(words: number): number {
    const offset = this.#reserve(words);
    this.#fills.push(({ integers }) => {
      for (let i = 0; i < words; i++) integers[offset + i] = i;
    });
    return offset;
  }

  /** A buffer whose contents are an engine's own business. */
  scratch(words: number): number {
    return this.#layout.reserve(words);
  }

  record<K extends Operation>(operation: K, args: OperationArguments<K>): void {
    this.#program.record(operation, args);
  }

  /** Call after the last `record`. */
  place(): void {
    this.#program.place(this.#layout);
  }

  /** Runs the operations; the hash of all buffers but scratch, 8 hexadecimal digits. */
  hash(arena: Arena): string {
    for (const fill of this.#fills) fill(arena);
    this.#program.load(arena);
    this.#program.run(arena);
    let hash = 0x811c9dc5;
    for (const { offset, words } of this.#hashed) {
      hash = hashOn(hash, arena.integers, offset, offset + words);
    }
    return (hash >>> 0).toString(16).padStart(8, '0');
  }
}
