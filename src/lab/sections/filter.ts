// Section 8: documents above a surprise are thrown away before training.
import { ChartFigure } from '../charts/figure.ts';
import { button, field, h, ht, sayFailure } from '../dom.ts';
import { loadExample } from '../example.ts';
import type { Lab } from '../lab.ts';
import type { RunResult, TrainOrder } from '../protocol.ts';
import { SHOWN_THRESHOLD } from '../static-figures.ts';
import { decimal, percent, t } from '../text/texts.ts';
import { surpriseChart, THRESHOLDS } from './result-charts.ts';
import { TrainingPanel } from './training-panel.ts';

interface Surprises {
  readonly clean: readonly number[];
  readonly poisoned: readonly number[];
}

/** What a threshold does. */
export function countFiltered({ clean, poisoned }: Surprises, threshold: number) {
  const above = (values: readonly number[]) => values.filter((nats) => nats > threshold).length;
  return { caught: above(poisoned), planted: poisoned.length, lost: above(clean), clean: clean.length };
}

/** Fills the section. */
export function mountFilter(root: HTMLElement, lab: Lab): void {
  const chart = new ChartFigure();
  const slider = h('input', {
    type: 'range',
    min: THRESHOLDS.least,
    max: THRESHOLDS.most,
    step: 0.05,
    value: SHOWN_THRESHOLD,
  });
  const value = h('p', { class: 'status' });
  const status = h('p', { class: 'status' });
  const source = h('p', { class: 'status' }, t('train.example'));
  let surprises: Surprises = { clean: [], poisoned: [] };
  const threshold = () => Math.max(0.05, Number(slider.value));
  const draw = () => {
    chart.draw(surpriseChart(surprises, threshold()));
    const counts = countFiltered(surprises, threshold());
    const share = percent(counts.lost / Math.max(1, counts.clean), 1);
    value.textContent = t('filter.value', { nats: decimal(threshold()) });
    status.textContent = t('filter.caught', { ...counts, share });
    slider.setAttribute('aria-valuetext', `${value.textContent} ${status.textContent}`);
  };
  const measureOwn = async () => {
    const { choice } = lab;
    status.textContent = t('train.preparing');
    surprises = await lab.request({ kind: 'surprise', choice }, status);
    source.textContent = t('page.shownRun', { ...choice });
    draw();
  };
  const own = button('filter.own', () => void measureOwn().catch((error) => sayFailure(status, error)));
  const panel = new TrainingPanel({
    lab,
    play: 'filter.train',
    makeOrder: (): TrainOrder => ({
      kind: 'train',
      choice: lab.choice,
      slot: 'filtered',
      maximumNats: threshold(),
    }),
    onDone: (result: RunResult, { maximumNats = 0 }) => {
      const { curve, filtered } = result;
      lab.addFurtherRun({ name: `${t('filter.title')}, ${decimal(maximumNats)}`, result });
      return t('filter.result', {
        success: percent(curve.at(-1)?.success ?? 0),
        kept: filtered?.kept ?? 0,
        planted: filtered?.planted ?? 0,
      });
    },
  });
  panel.chart.element.hidden = true;
  slider.addEventListener('input', draw);
  root.replaceChildren(
    source,
    chart.element,
    h('div', {}, field('filter.threshold', slider), value),
    status,
    ht('p', 'filter.easy'),
    h('div', { class: 'buttons' }, own),
    panel.element,
  );
  void loadExample().then((example) => {
    surprises = example.surprise;
    draw();
  });
}
