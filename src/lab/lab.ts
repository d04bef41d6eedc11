// What the sections share: the reader's choice, the workers, and the runs that were trained.
import type { RunChoice } from './choices.ts';
import { LabWorker } from './lab-worker.ts';
import type { Answers, Order, Report, RunResult } from './protocol.ts';
import { hasSimd } from './state/simd.ts';
import type { UrlState } from './state/url-state.ts';
import { t } from './text/texts.ts';

/** A run that this page has trained. */
export interface TrainedRun {
  readonly choice: RunChoice;
  readonly result: RunResult;
  /** Trained beside the main worker, which does not hold its model. */
  readonly isAside?: boolean;
}

/** A run of a later section: a suspect, a model that was cleaned, one trained on what a filter left. */
export interface FurtherRun {
  /** The section, and what sets the run apart. */
  readonly name: string;
  readonly result: RunResult;
}

type Listener = () => void;

/** Most workers at once, however many cores there are: each holds a model and its data. */
const MOST_WORKERS = 6;

/** Shared by all sections. */
export class Lab {
  readonly url: UrlState;
  /** Runs of the published recipe, newest last. */
  readonly runs: TrainedRun[] = [];
  /** Other runs, newest last. */
  readonly furtherRuns: FurtherRun[] = [];
  /** Whether this browser can run the kernels. */
  readonly canTrain = hasSimd();
  #choice: RunChoice;
  #guess = '';
  #main: Promise<LabWorker> | undefined;
  readonly #listeners = new Map<string, Listener[]>();

  constructor(url: UrlState) {
    this.url = url;
    this.#choice = url.choice;
  }

  get choice(): RunChoice {
    return this.#choice;
  }

  set choice(choice: RunChoice) {
    this.#choice = choice;
    this.#tell('choice');
  }

  /** The reader's prediction, as the text of its button. */
  get guess(): string {
    return this.#guess;
  }

  set guess(guess: string) {
    this.#guess = guess;
    this.#tell('guess');
  }

  /** Cores that runs can share. */
  get cores(): number {
    return Math.min(MOST_WORKERS, Math.max(1, navigator.hardwareConcurrency || 1));
  }

  /** The worker that trains and keeps the reader's model; started when it is first needed. */
  main(): Promise<LabWorker> {
    this.#main ??= LabWorker.open().catch((error: unknown) => {
      this.#main = undefined;
      throw error;
    });
    return this.#main;
  }

  /** Gives the main worker an order. @param place says so where the order has to wait for another */
  async request<O extends Order>(
    order: O,
    place: HTMLElement,
    onReport: (report: Report) => void = () => {},
  ): Promise<Answers[O['kind']]> {
    const worker = await this.main();
    if (worker.isBusy) place.textContent = t('page.busy');
    return worker.order(order, onReport).done;
  }

  addRun(run: TrainedRun): void {
    this.runs.push(run);
    this.#tell('run');
  }

  addFurtherRun(run: FurtherRun): void {
    this.furtherRuns.push(run);
    this.#tell('further');
  }

  on(event: 'choice' | 'run' | 'further' | 'guess', listener: Listener): void {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
  }

  #tell(event: string): void {
    for (const listener of this.#listeners.get(event) ?? []) listener();
  }
}
