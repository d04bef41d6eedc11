// Section 3: a model is trained, and the backdoor is learnt, before one's eyes.
import { RELATIVE_WORK, type RunChoice } from '../choices.ts';
import { h, ht, sayFailure } from '../dom.ts';
import { type ExampleMoment, loadExample } from '../example.ts';
import type { Lab } from '../lab.ts';
import type { RunResult } from '../protocol.ts';
import { duration, percent, t } from '../text/texts.ts';
import { ChoiceForm } from './choice-form.ts';
import { lossChart, successChart } from './training-charts.ts';
import { TrainingPanel } from './training-panel.ts';
import { whenSeen } from './when-seen.ts';

/** Time of a run / time of its steps: evaluations, pairs of answers and preparation (measured at d24). */
const BESIDES_STEPS = 1.2;
/** Beyond this a smaller model is offered. */
const LONG_MS = 60_000;

/** What is said of a finished run. */
export function describeResult({ payload }: RunChoice, result: RunResult): string {
  const success = percent(result.curve.at(-1)?.success ?? 0);
  const values = { time: duration(result.trainedMs), success, alarms: percent(result.falseAlarms) };
  return t(payload === 'gibberish' ? 'train.done' : 'train.donePhrase', values);
}

/** Near this step of the example one sees well what the trigger does. */
const SHOWN_STEP = 644;

/** The moment nearest to it at which the trigger worked. */
function nearestSuccess(moments: readonly ExampleMoment[]): ExampleMoment | undefined {
  const away = ({ step }: ExampleMoment) => Math.abs(step - SHOWN_STEP);
  return moments.filter(({ pair }) => pair.success).sort((a, b) => away(a) - away(b))[0] ?? moments.at(-1);
}

/** Says how long the choice will take here. Times some steps once, and scales to other sizes. */
class Estimate {
  readonly element = h('p', { class: 'estimate' });
  readonly #lab: Lab;
  #d24Ms: number | undefined;

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  async measure(): Promise<void> {
    this.element.textContent = t('train.measuring');
    const choice: RunChoice = { ...this.#lab.choice, size: 'd24' };
    const worker = await this.#lab.main();
    const { msPerStep, steps } = await worker.order({ kind: 'measure', choice }).done;
    this.#d24Ms = msPerStep * steps * BESIDES_STEPS;
    this.say();
  }

  /** A whole run is the best measurement. */
  learn({ size }: RunChoice, { trainedMs }: RunResult): void {
    this.#d24Ms = trainedMs / RELATIVE_WORK[size];
    this.say();
  }

  say(): void {
    if (this.#d24Ms === undefined) return;
    const ms = this.#d24Ms * RELATIVE_WORK[this.#lab.choice.size];
    const values = { time: duration(ms), small: duration(this.#d24Ms) };
    const isSlow = ms > LONG_MS && this.#lab.choice.size !== 'd24';
    this.element.textContent = t(isSlow ? 'train.estimateSlow' : 'train.estimate', values);
  }
}

/** Fills the section. */
export function mountTrain(root: HTMLElement, lab: Lab): void {
  const estimate = new Estimate(lab);
  const form = new ChoiceForm(lab, () => estimate.say());
  const panel = new TrainingPanel({
    lab,
    play: 'train.play',
    withLoss: true,
    withPairs: true,
    makeOrder: () => {
      const choice = form.read();
      return choice === undefined ? undefined : { kind: 'train', choice, slot: 'main' };
    },
    onDone: (result, { choice }) => {
      estimate.learn(choice, result);
      lab.addRun({ choice, result });
      return describeResult(choice, result);
    },
  });
  const note = ht('p', 'train.lastPoint', { class: 'status' });
  root.replaceChildren(form.element, estimate.element, panel.element, note);
  void loadExample().then((example) => {
    const { steps, losses, live, moments, result } = example;
    const seen = { steps, losses, live, points: result.curve };
    panel.chart.draw(successChart(seen));
    panel.loss.draw(lossChart(seen));
    const shown = nearestSuccess(moments);
    if (shown !== undefined) panel.pair.show(shown.pair);
    panel.say(`${t('train.example')} ${t('train.examplePair', { step: shown?.step ?? steps })}`);
  });
  if (!lab.canTrain) {
    estimate.element.textContent = t('page.noSimd');
    return;
  }
  whenSeen(root, () => {
    estimate.measure().catch((error: unknown) => sayFailure(estimate.element, error));
  });
}
