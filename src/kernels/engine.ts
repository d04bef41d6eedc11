// What an engine is: something that can make an arena and run programs in it.
import type { EngineName } from './engine-names.ts';

/** One block of 4-byte words that holds everything a model needs: weights, activations, programs. */
export interface Arena {
  /** The words as floats (64-bit only in the double-precision reference). */
  readonly floats: Float32Array | Float64Array;
  /** The words as integers: same offsets (the same memory, but for the double-precision reference). */
  readonly integers: Int32Array;
  /** Runs the program of `length` words at word offset `start`: each operation is its code and its arguments. */
  run(start: number, length: number): void;
  /** Gives the memory back at once, where the engine can. */
  release(): void;
}

/** A provider of the kernel table. */
export interface Engine {
  readonly name: EngineName | 'reference-f64';
  /** As text, e.g. `native, AVX-512, tile 8x32`. */
  readonly detail: string;
  /** Its compiled code, where it is a file chosen at run time; relative to the root of this program. */
  readonly file?: string;
  /** @throws ArenaError when the memory cannot be had. */
  createArena(options: { words: number; threads?: number }): Arena;
  /** Scratch words that attention and attentionBackward need. */
  attentionScratchWords(options: { T: number; D: number; threads: number }): number;
}
