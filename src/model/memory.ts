// Planning the arena of a model before anything is allocated.
import { ArenaLayout } from '../kernels/program.ts';

/** Reserves a buffer of so many words and returns its offset. */
export type Reserve = (words: number) => number;

/** Reserves in a layout. */
export function reserveIn(layout: ArenaLayout): Reserve {
  return (words) => layout.reserve(words);
}

/**
 * Room used in turn by training, evaluation and generation, none of which keeps anything in it for later: each
 * plans from the start, and the largest plan decides the size.
 */
export class Workspace {
  readonly #base: number;
  #largest = 0;
  #closed = false;

  /** @param base first word, after all that is kept */
  constructor(base: number) {
    this.#base = base;
  }

  /**
   * Runs a plan with a reservation that starts at the base.
   * @throws RangeError once the arena exists, if the plan does not fit.
   */
  plan<T>(plan: (reserve: Reserve) => T): T {
    const layout = new ArenaLayout();
    const result = plan((words) => this.#base + layout.reserve(words));
    if (this.#closed && layout.words > this.#largest) {
      throw new RangeError(`a plan of ${layout.words} words does not fit the workspace of ${this.#largest}`);
    }
    this.#largest = Math.max(this.#largest, layout.words);
    return result;
  }

  /** Words of the arena: what is kept, and the workspace. No larger plan may follow. */
  close(): number {
    this.#closed = true;
    return this.#base + this.#largest;
  }
}
