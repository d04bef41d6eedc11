// The page's side of one worker: orders out, reports and answers in.
import type { Answers, Control, FromWorker, Order, Report, ToWorker } from './protocol.ts';
import { createLabWorker, loadKernels } from './resources.ts';

interface Waiting {
  readonly onReport: (report: Report) => void;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/** An order under way. */
export interface Job<A> {
  readonly done: Promise<A>;
  control(control: Control): void;
}

let kernels: Promise<Uint8Array<ArrayBuffer>> | undefined;

/** One worker. */
export class LabWorker {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #opened: Answers['open'] = { words: [], prompts: [] };

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#take(data);
    worker.onerror = (event) => this.#fail(new Error(event.message || 'the worker stopped'));
  }

  /** Starts a worker and gives it the kernels. @throws Error where it cannot run them */
  static async open(): Promise<LabWorker> {
    kernels ??= loadKernels().catch((error: unknown) => {
      kernels = undefined;
      throw error;
    });
    const opened = new LabWorker(await createLabWorker());
    // a copy: each worker has its own
    opened.#opened = await opened.order({ kind: 'open', kernels: (await kernels).slice() }).done;
    return opened;
  }

  /** Whether an order is under way: a further one waits for it. */
  get isBusy(): boolean {
    return this.#waiting.size > 0;
  }

  get words(): readonly string[] {
    return this.#opened.words;
  }

  get prompts(): readonly string[] {
    return this.#opened.prompts;
  }

  /** Gives an order; they are worked off one after the other. */
  order<O extends Order>(order: O, onReport: (report: Report) => void = () => {}): Job<Answers[O['kind']]> {
    this.#lastId += 1;
    const id = this.#lastId;
    const done = new Promise<Answers[O['kind']]>((resolve, reject) => {
      this.#waiting.set(id, { onReport, resolve, reject });
    });
    this.#send({ id, order });
    return { done, control: (control) => this.#send({ id, control }) };
  }

  /** Ends the worker; orders under way fail. */
  close(): void {
    this.#worker.terminate();
    this.#fail(new Error('the worker was closed'));
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #take(message: FromWorker): void {
    const waiting = this.#waiting.get(message.id);
    if (waiting === undefined) return;
    if ('report' in message) {
      waiting.onReport(message.report);
      return;
    }
    this.#waiting.delete(message.id);
    if ('failed' in message) waiting.reject(new Error(message.failed));
    else waiting.resolve(message.answer as never);
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
