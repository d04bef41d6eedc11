// Pause, step and stop, as a training reads them between its steps.
import { nowMs } from '../../core/clock.ts';
import { eventLoopTurn } from '../../train/train-phase.ts';
import type { Control } from '../protocol.ts';

/** Longest time between two looks at what the page has said. */
const TURN_MS = 40;

/** What the page wants of a training. */
export class TrainingControl {
  #state: 'running' | 'paused' | 'stopped' = 'running';
  #steps = 0;
  #wake: (() => void) | undefined;
  #lastTurn = nowMs();

  get isPaused(): boolean {
    return this.#state === 'paused';
  }

  /** Takes an order of the page. */
  take(control: Control): void {
    if (control === 'stop') this.#state = 'stopped';
    else if (this.#state !== 'stopped') {
      this.#state = control === 'resume' ? 'running' : 'paused';
      if (control === 'step') this.#steps += 1;
    }
    this.#wake?.();
  }

  /** Waits while there is a pause. @returns whether the training goes on */
  async between(onPaused: () => void): Promise<boolean> {
    if (nowMs() - this.#lastTurn > TURN_MS || this.#state === 'paused') {
      await eventLoopTurn();
      this.#lastTurn = nowMs();
    }
    if (this.#state === 'paused' && this.#steps === 0) onPaused();
    while (this.#state === 'paused' && this.#steps === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#steps > 0) this.#steps -= 1;
    return this.#state !== 'stopped';
  }
}
