// The readers of an audit: threads, as many as there are cores to use; or one in this thread, where the program is not compiled.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { InputError, type Problem } from '../../core/errors.ts';
import { type AuditAnswers, type AuditOrder, AuditReader, type OrderOf } from './audit-reader.ts';

type Kind = AuditOrder['kind'];
type Reply =
  | { readonly answer: unknown }
  | { readonly problems: readonly Problem[] | null; readonly message: string };

/** One reader; orders follow each other. */
interface Reader {
  order<K extends Kind>(order: OrderOf<K>): Promise<AuditAnswers[K]>;
  close(): Promise<unknown>;
}

function readerHere(): Reader {
  const reader = new AuditReader();
  return {
    order: async (order) => reader.answer(order),
    close: async () => undefined,
  };
}

function readerThread(entry: string): Reader {
  const worker = new Worker(entry);
  let settle: { resolve: (answer: never) => void; reject: (error: Error) => void } | undefined;
  const finish = (act: (own: NonNullable<typeof settle>) => void) => {
    const own = settle;
    settle = undefined;
    if (own !== undefined) act(own);
  };
  worker.on('message', (reply: Reply) =>
    finish(({ resolve, reject }) => {
      if ('answer' in reply) resolve(reply.answer as never);
      else reject(reply.problems === null ? new Error(reply.message) : new InputError(reply.problems));
    }),
  );
  worker.on('error', (error: Error) => finish(({ reject }) => reject(error)));
  return {
    order: (order) =>
      new Promise((resolve, reject) => {
        settle = { resolve, reject };
        worker.postMessage(order);
      }),
    close: () => worker.terminate(),
  };
}

/** Readers that share the batches of a corpus. */
export class ReaderPool {
  readonly #readers: readonly Reader[];

  constructor(threads: number) {
    const entry = fileURLToPath(new URL('./worker.js', import.meta.url));
    this.#readers =
      threads > 1 && existsSync(entry)
        ? Array.from({ length: threads }, () => readerThread(entry))
        : [readerHere()];
  }

  get readers(): number {
    return this.#readers.length;
  }

  /** The same order to all. */
  all<K extends Kind>(order: OrderOf<K>): Promise<AuditAnswers[K][]> {
    return Promise.all(this.#readers.map((reader) => reader.order(order)));
  }

  /**
   * Orders to whoever is free; answers in the order of the orders.
   * @param orders taken one by one, as readers become free
   */
  async each<K extends Kind>(
    orders: AsyncIterable<OrderOf<K>>,
    take: (answer: AuditAnswers[K], place: number) => void,
  ): Promise<void> {
    const free = [...this.#readers];
    const running: Promise<void>[] = [];
    const early = new Map<number, AuditAnswers[K]>();
    let next = 0;
    let failure: unknown;
    const waiting: (() => void)[] = [];
    const deliver = () => {
      for (let answer = early.get(next); answer !== undefined; answer = early.get(next)) {
        early.delete(next);
        take(answer, next);
        next += 1;
      }
    };
    let place = 0;
    for await (const order of orders) {
      if (free.length === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      if (failure !== undefined) break;
      const reader = free.pop() as Reader;
      const own = place++;
      running.push(
        reader
          .order(order)
          .then((answer) => {
            early.set(own, answer);
            deliver();
          })
          .catch((error: unknown) => {
            failure ??= error;
          })
          .finally(() => {
            free.push(reader);
            waiting.shift()?.();
          }),
      );
    }
    await Promise.all(running);
    if (failure !== undefined) throw failure;
  }

  async close(): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader.close()));
  }
}
