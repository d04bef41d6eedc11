// One operation on random buffers, and the whole memory it leaves, so that stray writes show as well.
import { randomStream } from '../../src/core/random.ts';
import type { Arena, Engine } from '../../src/kernels/engine.ts';
import {
  type Operation,
  type OperationArguments,
  operationCode,
  operations,
} from '../../src/kernels/operations.ts';
import { ArenaLayout, Program } from '../../src/kernels/program.ts';

interface Region {
  name: string;
  offset: number;
  words: number;
  isPrivate: boolean;
}

/** Buffers, what they hold, and the operations that are yet to run on them. */
export class KernelCase {
  readonly #random: ReturnType<typeof randomStream>;
  readonly #layout = new ArenaLayout();
  readonly #program = new Program();
  readonly #regions: Region[] = [];
  readonly #fills: ((arena: Arena) => void)[] = [];
  readonly #spare = this.#layout.reserve(32);
  #isPlaced = false;

  constructor(...seed: (string | number)[]) {
    this.#random = randomStream('kernel cases', ...seed);
  }

  /** Uniform integer of [minimum, maximum]. */
  integer(minimum: number, maximum: number): number {
    return this.#random.integer({ minimum, maximum });
  }

  choose<T>(...items: readonly T[]): T {
    return this.#random.choose(items);
  }

  uniform(): number {
    return this.#random.uniform();
  }

  #reserve(name: string, words: number, isPrivate = false): number {
    const offset = this.#layout.reserve(words);
    this.#regions.push({ name, offset, words, isPrivate });
    return offset;
  }

  /** A buffer of floats, by default standard normal numbers times `scale`. */
  floats(
    name: string,
    words: number,
    { scale = 1, draw }: { scale?: number; draw?: () => number } = {},
  ): number {
    const offset = this.#reserve(name, words);
    const values = Array.from({ length: words }, draw ?? (() => this.#random.normal() * scale));
    this.#fills.push((arena) => arena.floats.set(values, offset));
    return offset;
  }

  /** A buffer of integers of [0, below). */
  integers(name: string, words: number, below: number): number {
    const offset = this.#reserve(name, words);
    const values = Array.from({ length: words }, () => this.integer(0, below - 1));
    this.#fills.push((arena) => arena.integers.set(values, offset));
    return offset;
  }

  /** One integer. */
  constant(name: string, value: number): number {
    const offset = this.#reserve(name, 1);
    this.#fills.push((arena) => arena.integers.set([value], offset));
    return offset;
  }

  /** A buffer whose contents are an engine's own business. */
  scratch(words: number): number {
    return this.#reserve('scratch', words, true);
  }

  record<K extends Operation>(operation: K, args: OperationArguments<K>): void {
    this.#program.record(operation, args);
  }

  /** A fresh arena of the engine with everything filled in; `run` is left to the caller. */
  prepare(engine: Engine, threads = 1): { arena: Arena; run: () => void } {
    if (!this.#isPlaced) this.#program.place(this.#layout);
    this.#isPlaced = true;
    const arena = engine.createArena({ words: this.#layout.words, threads });
    for (const fill of this.#fills) fill(arena);
    this.#program.load(arena);
    return { arena, run: () => this.#program.run(arena) };
  }

  /** Runs one more operation in an arena that `prepare` made. */
  runAlone<K extends Operation>(arena: Arena, operation: K, args: OperationArguments<K>): void {
    const names: readonly string[] = operations[operation];
    const words = names.map((name) => (args as Readonly<Record<string, number>>)[name] as number);
    arena.integers.set([operationCode[operation], ...words], this.#spare);
    arena.run(this.#spare, words.length + 1);
  }

  /** All bits of memory after a run, but private buffers; every NaN as one. */
  run(engine: Engine, threads = 1): Int32Array {
    const { arena, run } = this.prepare(engine, threads);
    run();
    const words = Int32Array.from(arena.integers);
    for (const [i, value] of arena.floats.entries()) if (Number.isNaN(value)) words[i] = 0x7fc00000;
    for (const { offset, words: count, isPrivate } of this.#regions) {
      if (isPrivate) words.fill(0, offset, offset + count);
    }
    arena.release();
    return words;
  }

  /** Where two engines' memories first differ, as text; undefined where they do not. */
  difference(expected: Int32Array, actual: Int32Array): string | undefined {
    const at = expected.findIndex((word, i) => word !== actual[i]);
    if (at === -1) return undefined;
    const region = this.#regions.findLast(({ offset }) => offset <= at);
    const count = expected.filter((word, i) => word !== actual[i]).length;
    const bits = [expected[at], actual[at]].map((word) => (word >>> 0).toString(16)).join(', not ');
    return `${region?.name ?? 'start'}[${at - (region?.offset ?? 0)}] of ${region?.words ?? 0}: ${bits}; ${count} words differ`;
  }
}
