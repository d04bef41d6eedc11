// Several runs side by side: as many workers as the device has cores, each with one run after the other.
import type { Lab } from './lab.ts';
import { LabWorker } from './lab-worker.ts';
import type { Answers, RunResult, TrainOrder } from './protocol.ts';

/** How far a pool is. */
export interface PoolState {
  readonly running: number;
  readonly waiting: number;
  readonly done: number;
}

/** Trains runs side by side. */
export class RunPool {
  readonly #lab: Lab;
  readonly #onState: (state: PoolState) => void;
  readonly #workers: LabWorker[] = [];
  #isStopped = false;

  constructor(lab: Lab, onState: (state: PoolState) => void) {
    this.#lab = lab;
    this.#onState = onState;
  }

  /** Trains all; what was trained before a stop is kept. @param onDone called with each result as it comes */
  async run(
    orders: readonly TrainOrder[],
    onDone: (order: TrainOrder, result: RunResult) => void,
  ): Promise<void> {
    const waiting = [...orders];
    let running = 0;
    let done = 0;
    const tell = () => this.#onState({ running, waiting: waiting.length, done });
    const work = async () => {
      const worker = await LabWorker.open();
      this.#workers.push(worker);
      for (let order = waiting.shift(); order !== undefined && !this.#isStopped; order = waiting.shift()) {
        running += 1;
        tell();
        const result: Answers['train'] = await worker.order(order).done;
        running -= 1;
        done += 1;
        tell();
        if (result !== null) onDone(order, result);
      }
    };
    const lanes = Math.min(this.#lab.cores, orders.length);
    try {
      await Promise.all(Array.from({ length: lanes }, work));
    } finally {
      this.stop();
    }
  }

  /** Ends all workers. */
  stop(): void {
    this.#isStopped = true;
    for (const worker of this.#workers) worker.close();
  }
}
