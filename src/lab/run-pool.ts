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

  /**
   * Trains all; what was trained before a stop is kept. A run whose own worker cannot be opened, as without a network, goes
   * to the page's first worker.
   * @param onDone called with each result as it comes
   */
  async run(
    orders: readonly TrainOrder[],
    onDone: (order: TrainOrder, result: RunResult) => void,
  ): Promise<void> {
    const waiting = [...orders];
    let running = 0;
    let done = 0;
    const tell = () => this.#onState({ running, waiting: waiting.length, done });
    const work = async (worker: LabWorker) => {
      for (let order = waiting.shift(); order !== undefined && !this.#isStopped; order = waiting.shift()) {
        running += 1;
        tell();
        try {
          const result: Answers['train'] = await worker.order(order).done;
          done += 1;
          if (result !== null && !this.#isStopped) onDone(order, result);
        } finally {
          running -= 1;
        }
        tell();
      }
    };
    const lane = async () => {
      const worker = await LabWorker.open().catch(() => undefined);
      if (worker === undefined) return;
      this.#workers.push(worker);
      if (this.#isStopped) worker.close();
      else await work(worker);
    };
    const lanes = Math.min(this.#lab.cores, orders.length);
    try {
      await Promise.all(Array.from({ length: lanes }, lane));
      if (waiting.length > 0 && !this.#isStopped) await work(await this.#lab.main());
    } catch (error) {
      if (!this.#isStopped) throw error;
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
