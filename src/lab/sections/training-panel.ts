// Play, pause, step and stop for one training, with what is seen of it. Used by every section that trains.
import { nowMs } from '../../core/clock.ts';
import { ChartFigure } from '../charts/figure.ts';
import { announce, button, h, sayFailure, show } from '../dom.ts';
import type { Lab } from '../lab.ts';
import type { Job } from '../lab-worker.ts';
import type { Control, CurvePoint, Report, RunResult, TrainOrder } from '../protocol.ts';
import { decimal, type TextKey, t } from '../text/texts.ts';
import { PairView } from './sample-pair.ts';
import { lossChart, successChart } from './training-charts.ts';

const REDRAW_MS = 250;
const MOST_LOSSES = 300;

/** What was seen so far; written to. */
interface Watched {
  steps: number;
  points: CurvePoint[];
  live: [step: number, success: number][];
  losses: [step: number, lossNats: number][];
}

type State = 'idle' | 'running' | 'paused';

/** What a panel trains, and what becomes of it. */
export interface PanelOptions {
  readonly lab: Lab;
  readonly play: TextKey;
  /** What is to be trained; undefined where the reader's choice does not allow it. */
  readonly makeOrder: () => TrainOrder | undefined;
  readonly onDone: (result: RunResult, order: TrainOrder) => string;
  readonly withLoss?: boolean;
  readonly withPairs?: boolean;
}

/** A training and its controls. */
export class TrainingPanel {
  readonly element: HTMLElement;
  readonly chart = new ChartFigure();
  readonly loss = new ChartFigure();
  readonly pair = new PairView();
  readonly #options: PanelOptions;
  readonly #status = h('p', { class: 'status' });
  readonly #bar = h('progress', { max: 1, value: 0, hidden: true, 'aria-label': t('train.progress') });
  readonly #play: HTMLButtonElement;
  readonly #step: HTMLButtonElement;
  readonly #stop: HTMLButtonElement;
  #state: State = 'idle';
  #job: Job<RunResult | null> | undefined;
  /** What was pressed before there was a worker to tell. */
  #early: Control[] = [];
  #seen: Watched = { steps: 1, points: [], live: [], losses: [] };
  #documents = 0;
  #lastDrawn = 0;

  constructor(options: PanelOptions) {
    this.#options = options;
    this.#play = button(options.play, () => this.#pressPlay(), { class: 'primary' });
    this.#step = button('train.step', () => this.#pressStep());
    this.#stop = button('train.stop', () => this.#control('stop'));
    this.element = h(
      'div',
      { class: 'panel' },
      h('div', { class: 'buttons' }, this.#play, this.#step, this.#stop),
      this.#bar,
      this.#status,
      ...(options.withPairs === true ? [this.pair.element] : []),
      this.chart.element,
      ...(options.withLoss === true ? [this.loss.element] : []),
    );
    this.#enter('idle');
  }

  /** Says something below the buttons. */
  say(text: string): void {
    this.#status.textContent = text;
  }

  #enter(state: State): void {
    this.#state = state;
    const key = state === 'idle' ? this.#options.play : state === 'running' ? 'train.pause' : 'train.resume';
    this.#play.dataset.t = key;
    this.#play.textContent = t(key);
    this.#step.disabled = state === 'idle';
    this.#stop.disabled = state === 'idle';
    show(this.#bar, state !== 'idle');
  }

  #pressPlay(): void {
    if (!this.#options.lab.canTrain) {
      this.say(t('page.noSimd'));
      announce(t('page.noSimd'));
    } else if (this.#state === 'idle') {
      const order = this.#options.makeOrder();
      if (order !== undefined) this.start(order);
    } else {
      this.#control(this.#state === 'running' ? 'pause' : 'resume');
      this.#enter(this.#state === 'running' ? 'paused' : 'running');
    }
  }

  #pressStep(): void {
    this.#control('step');
    this.#enter('paused');
  }

  #control(control: Control): void {
    if (this.#job === undefined) this.#early.push(control);
    else this.#job.control(control);
  }

  /** Trains. */
  async start(order: TrainOrder): Promise<void> {
    this.#enter('running');
    this.#seen = { steps: 1, points: [], live: [], losses: [] };
    this.#early = [];
    this.#bar.value = 0;
    this.say(t('train.preparing'));
    try {
      const worker = await this.#options.lab.main();
      if (worker.isBusy) this.say(t('page.busy'));
      this.#job = worker.order(order, (report) => this.#take(report));
      for (const control of this.#early) this.#job.control(control);
      const result = await this.#job.done;
      this.#draw();
      const text = result === null ? t('train.stopped') : this.#options.onDone(result, order);
      this.say(text);
      announce(text);
    } catch (error) {
      sayFailure(this.#status, error);
    } finally {
      this.#job = undefined;
      this.#enter('idle');
    }
  }

  #take(report: Report): void {
    const seen = this.#seen;
    switch (report.kind) {
      case 'preparing':
        this.say(t(report.needsRanks ? 'train.ranks' : 'train.preparing'));
        break;
      case 'prepared':
        seen.steps = report.steps;
        this.#documents = report.documents;
        break;
      case 'progress': {
        const { step, lossNats, documentsSeen } = report;
        seen.losses.push([step, lossNats]);
        if (seen.losses.length > MOST_LOSSES) seen.losses = seen.losses.filter((_, i) => i % 2 === 1);
        this.#bar.value = step / seen.steps;
        const values = { step, steps: seen.steps, seen: documentsSeen, documents: this.#documents };
        this.say(t('train.running', { ...values, loss: decimal(lossNats) }));
        this.#draw(REDRAW_MS);
        break;
      }
      case 'samples': {
        const { pairs, step } = report;
        const successes = pairs.filter(({ success }) => success).length;
        seen.live.push([step, successes / Math.max(1, pairs.length)]);
        if (pairs[0] !== undefined) this.pair.show(pairs[0]);
        break;
      }
      case 'point':
        seen.points.push(report.point);
        this.#draw();
        break;
      case 'paused': {
        const text = t('train.paused', { step: report.step, steps: seen.steps });
        this.say(text);
        announce(text);
        this.#draw();
        break;
      }
      default:
    }
  }

  #draw(atLeastMs = 0): void {
    const now = nowMs();
    if (now - this.#lastDrawn < atLeastMs) return;
    this.#lastDrawn = now;
    this.chart.draw(successChart(this.#seen));
    if (this.#options.withLoss === true) this.loss.draw(lossChart(this.#seen));
  }
}
