// A worker of the lab: trains models and runs inference, off the page's own thread.
import './worker/without-eval.ts';
import { createWasmEngine } from '../kernels/wasm/wasm-engine.ts';
import type { Answers, FromWorker, Order, Report, ToWorker } from './protocol.ts';
import { LabSession } from './worker/lab-session.ts';
import { LabPreparation } from './worker/prepare-choice.ts';
import { loadPreparedData } from './worker/prepared-data.ts';
import { TrainingControl } from './worker/training-control.ts';

const SHOWN_PROMPTS = 6;

let session: Promise<LabSession> | undefined;
/** Whether steps are under way, or paused. */
let isTraining = false;
const controls = new Map<number, TrainingControl>();

async function open(kernels: Uint8Array<ArrayBuffer>): Promise<LabSession> {
  const engine = createWasmEngine({ bytes: kernels });
  if ('reason' in engine) throw new Error(engine.reason);
  return new LabSession({ engine, preparation: new LabPreparation(await loadPreparedData()) });
}

async function answer(id: number, order: Order): Promise<Answers[keyof Answers]> {
  if (order.kind === 'open') {
    session = open(order.kernels);
    const opened = await session;
    return { words: opened.words(), prompts: opened.prompts(SHOWN_PROMPTS) };
  }
  if (session === undefined) throw new Error('the worker was not opened');
  const opened = await session;
  const emit = (report: Report) => {
    if (report.kind === 'prepared') isTraining = true;
    send({ id, report });
  };
  switch (order.kind) {
    case 'measure':
      return opened.measure(order, emit);
    case 'train':
      return opened.train(order, controls.get(id) ?? new TrainingControl(), emit);
    case 'documents':
      return opened.documents(order, emit);
    case 'prompt':
      return opened.prompt(order, emit);
    case 'scan':
      return opened.scan(order, emit);
    case 'score':
      return opened.score(order);
    case 'export':
      return opened.exportMain();
    case 'surprise':
      return opened.surprise(order, emit);
    case 'ranks':
      return opened.loadRanks();
  }
}

function send(message: FromWorker): void {
  postMessage(message);
}

const reply = (id: number, order: Order): Promise<void> =>
  answer(id, order).then(
    (result) => send({ id, answer: result }),
    (error: unknown) => send({ id, failed: error instanceof Error ? error.message : String(error) }),
  );

/**
 * Orders are worked off one after the other; controls are taken at once, and the training text is read between two steps,
 * so that a class can page through it while a model trains.
 */
let last: Promise<void> = Promise.resolve();

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  const { id } = data;
  if ('control' in data) {
    controls.get(id)?.take(data.control);
    return;
  }
  const { order } = data;
  if (order.kind === 'documents' && isTraining) {
    void reply(id, order);
    return;
  }
  if (order.kind === 'train') controls.set(id, new TrainingControl());
  last = last
    .then(() => reply(id, order))
    .then(() => {
      if (order.kind === 'train') isTraining = false;
      controls.delete(id);
    });
});
