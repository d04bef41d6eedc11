// Recording programs, and planning the arena that they run in.
import type { Arena } from './engine.ts';
import { type Operation, type OperationArguments, operationCode, operations } from './operations.ts';

/** Words to which every buffer is aligned: 64 bytes. */
const ALIGNMENT = 16;

/** Hands out word offsets before the arena exists, so that its size is known before anything runs. */
export class ArenaLayout {
  #words = ALIGNMENT;

  /** Offset of a new buffer of `words` words, aligned to 64 bytes. A vector load may read 15 words past its end. */
  reserve(words: number): number {
    const offset = this.#words;
    this.#words += Math.ceil((words + ALIGNMENT - 1) / ALIGNMENT) * ALIGNMENT;
    return offset;
  }

  /** Words needed so far. */
  get words(): number {
    return this.#words;
  }
}

/** A list of operations, recorded once and replayed. */
export class Program {
  readonly #words: number[] = [];
  #start = 0;

  /** Appends an operation. */
  record<K extends Operation>(operation: K, args: OperationArguments<K>): void {
    const names: readonly string[] = operations[operation];
    const values = args as Readonly<Record<string, number>>;
    const words = this.#words;
    words.push(operationCode[operation]);
    for (let i = 0; i < names.length; i++) words.push(values[names[i] as string] as number);
  }

  /** Reserves room for the program itself. Call after the last `record`. */
  place(layout: ArenaLayout): void {
    this.#start = layout.reserve(this.#words.length);
  }

  /** Puts the program into room reserved before, `words` of it: programs that never run alternately may share it. */
  placeAt(start: number): void {
    this.#start = start;
  }

  /** Words recorded so far. */
  get words(): number {
    return this.#words.length;
  }

  /** Copies the program into the arena. */
  load(arena: Arena): void {
    arena.integers.set(this.#words, this.#start);
  }

  run(arena: Arena): void {
    arena.run(this.#start, this.#words.length);
  }
}
