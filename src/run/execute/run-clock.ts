// Times of a run in this process: for its provenance, and for what happens every so often. No result depends on them.
import { isoTime, nowMs } from '../../core/clock.ts';
import type { TrainRunEvent } from '../../recipe/train-run.ts';

const PROGRESS_MS = 250;

/** Where the time of a run goes. */
export class RunClock {
  /** Milliseconds. */
  readonly spent: { trainMs: number; evaluateMs: number; saveMs: number } = {
    trainMs: 0,
    evaluateMs: 0,
    saveMs: 0,
  };
  /** When the run began or was resumed: ISO 8601, UTC. */
  readonly started: string = isoTime();
  readonly #startedMs: number = nowMs();
  #markMs = this.#startedMs;
  #lastSaveMs = this.#startedMs;
  #lastProgressMs = this.#startedMs;

  /** Milliseconds since the run began or was resumed. */
  elapsedMs(): number {
    return nowMs() - this.#startedMs;
  }

  /** Counts the time since the mark for what it led to. */
  count(kind: TrainRunEvent['kind']): void {
    const passedMs = nowMs() - this.#markMs;
    if (kind === 'step' || kind === 'scoring') this.spent.trainMs += passedMs;
    if (kind === 'checkpoint') this.spent.evaluateMs += passedMs;
  }

  /** The next event's time begins. */
  mark(): void {
    this.#markMs = nowMs();
  }

  isSaveDue(intervalMs: number): boolean {
    return nowMs() - this.#lastSaveMs >= intervalMs;
  }

  /** Times a saving of the run's state. */
  save(write: (elapsedMs: number) => void): void {
    const beginMs = nowMs();
    write(this.elapsedMs());
    this.#lastSaveMs = nowMs();
    this.spent.saveMs += this.#lastSaveMs - beginMs;
  }

  /** Whether progress is to be reported now; then not again for a while. */
  isProgressDue(): boolean {
    const isDue = nowMs() - this.#lastProgressMs > PROGRESS_MS;
    if (isDue) this.#lastProgressMs = nowMs();
    return isDue;
  }
}
