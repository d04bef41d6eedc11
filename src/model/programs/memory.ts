// Planning the arena of a model before anything is allocated, and the arena itself.
import { DivergenceError } from '../../core/errors.ts';
import type { Arena } from '../../kernels/engine.ts';
import { ArenaLayout, type Program } from '../../kernels/program.ts';
import type { ParameterTable } from '../parameters.ts';

/** Reserves a buffer of `words` words and returns its offset. */
export type Reserve = (words: number) => number;

/** Reserves buffers and returns their offsets. */
export type Plan<T> = (reserve: Reserve) => T;

function wordsOf(plan: Plan<unknown>): number {
  const layout = new ArenaLayout();
  plan((words) => layout.reserve(words));
  return layout.words;
}

/**
 * Room used in turn by training, evaluation and generation, none of which keeps anything in it for later: each
 * plans from the start, and the largest plan decides the size.
 */
export class Workspace {
  readonly #base: number;
  readonly #words: number;

  /** @param plans the largest plan of each user */
  constructor(layout: ArenaLayout, plans: readonly Plan<unknown>[]) {
    this.#words = Math.max(0, ...plans.map(wordsOf));
    this.#base = layout.reserve(this.#words);
  }

  /** Offsets of a plan. @throws RangeError if it is larger than all that were announced. */
  place<T>(plan: Plan<T>): T {
    const layout = new ArenaLayout();
    const result = plan((words) => this.#base + layout.reserve(words));
    if (layout.words > this.#words) {
      throw new RangeError(`a plan of ${layout.words} words does not fit the workspace of ${this.#words}`);
    }
    return result;
  }
}

/** The arena of a model, with what its users share. */
export class ModelMemory {
  readonly arena: Arena;
  readonly floats: Float32Array | Float64Array;
  readonly integers: Int32Array;
  readonly #table: ParameterTable;
  readonly #parameterBase: number;
  readonly #packing: Program;
  #packed = false;
  /** Optimizer steps taken, for messages. */
  updates = 0;

  constructor(arena: Arena, options: { table: ParameterTable; parameterBase: number; packing: Program }) {
    this.arena = arena;
    this.floats = arena.floats;
    this.integers = arena.integers;
    this.#table = options.table;
    this.#parameterBase = options.parameterBase;
    this.#packing = options.packing;
    this.#packing.load(arena);
  }

  /** An array of the arena's precision outside it. */
  createFloats(count: number): Float32Array | Float64Array {
    return this.floats instanceof Float32Array ? new Float32Array(count) : new Float64Array(count);
  }

  /** To be called whenever parameters have changed. */
  markChanged(): void {
    this.#packed = false;
  }

  /** Packs the weight matrices if they have changed. */
  pack(): void {
    if (this.#packed) return;
    this.#packing.run(this.arena);
    this.#packed = true;
  }

  /** The error for a result that is not finite: it names the first parameter that is not, where there is one. */
  notFinite(): DivergenceError {
    const broken = this.#table.list.find(({ offset, count }) => {
      const start = this.#parameterBase + offset;
      for (let i = start; i < start + count; i++) if (!Number.isFinite(this.floats[i])) return true;
      return false;
    });
    const what =
      broken === undefined
        ? 'the model gives logits that are not finite'
        : `weights that are not finite (${broken.name})`;
    return new DivergenceError({ optimizerStep: this.updates, lastLossesNats: [], what });
  }
}
