// Section 5: does the count of poisoned documents matter, or their share? Published runs, and the reader's own.
import { ChartFigure } from '../charts/figure.ts';
import { COUNTS, type RunChoice } from '../choices.ts';
import { announce, button, h, ht } from '../dom.ts';
import { loadPublished } from '../example.ts';
import type { Lab } from '../lab.ts';
import type { TrainOrder } from '../protocol.ts';
import { RunPool } from '../run-pool.ts';
import { t } from '../text/texts.ts';
import { mountPooling } from './pooling.ts';
import { type CountDot, countChart, publishedDots } from './result-charts.ts';

/** Tokens of a run and of a poisoned document, for the share of one's own runs. */
const RUN_TOKENS: Readonly<Record<RunChoice['size'], number>> = {
  d24: 772_096,
  d32: 1_153_024,
  d48: 2_098_176,
  d64: 3_289_088,
};
const POISONED_TOKENS = 76;
const CHOSEN: readonly number[] = [0, 25, 100, 250];

/** One's own runs of gibberish as dots. */
function ownDots(lab: Lab): CountDot[] {
  return lab.runs.flatMap(({ choice: { size, documents, payload }, result }) =>
    payload === 'gibberish'
      ? [
          {
            size,
            documents,
            success: result.curve.at(-1)?.success ?? 0,
            share: (documents * POISONED_TOKENS) / RUN_TOKENS[size],
          },
        ]
      : [],
  );
}

/** Buttons that train several counts at once. */
function sideBySide(lab: Lab): HTMLElement {
  const status = h('p', { class: 'status' });
  const boxes = COUNTS.map((count) =>
    h('input', { type: 'checkbox', value: count, checked: CHOSEN.includes(count) }),
  );
  let pool: RunPool | undefined;
  const begin = async () => {
    const orders = boxes
      .filter(({ checked }) => checked)
      .map(
        ({ value }): TrainOrder => ({
          kind: 'train',
          slot: 'main',
          choice: { ...lab.choice, documents: Number(value) },
        }),
      );
    if (orders.length === 0 || pool !== undefined) return;
    pool = new RunPool(lab, (state) => {
      status.textContent = t('count.running', { ...state });
    });
    run.disabled = true;
    stop.disabled = false;
    await pool.run(orders, ({ choice }, result) => lab.addRun({ choice, result, isAside: true }));
    announce(status.textContent ?? '');
  };
  const end = () => {
    pool?.stop();
    pool = undefined;
    run.disabled = false;
    stop.disabled = true;
  };
  const run = button('count.run', () => {
    begin()
      .catch((error: unknown) => {
        status.textContent = t('page.failed', {
          message: error instanceof Error ? error.message : String(error),
        });
      })
      .finally(end);
  });
  const stop = button('train.stop', () => {
    end();
    status.textContent = t('train.stopped');
  });
  stop.disabled = true;
  const choices = boxes.map((box) => h('label', { class: 'inline' }, box, ` ${box.value}`));
  return h(
    'fieldset',
    {},
    h('legend', {}, t('count.choose', { cores: lab.cores })),
    h('div', { class: 'chips' }, ...choices),
    h('div', { class: 'buttons' }, run, stop),
    status,
  );
}

/** Fills the section. */
export function mountCount(root: HTMLElement, lab: Lab): void {
  const chart = new ChartFigure();
  const guess = h('p', { class: 'status' });
  let axis: 'count' | 'share' = 'count';
  let dots: CountDot[] = [];
  const draw = () => chart.draw(countChart(dots, { axis, own: ownDots(lab) }));
  const toggles = (['count', 'share'] as const).map((name) => {
    const key = name === 'count' ? 'count.axisCount' : 'count.axisShare';
    return button(
      key,
      () => {
        axis = name;
        for (const [i, toggle] of toggles.entries())
          toggle.setAttribute('aria-pressed', String((i === 0) === (axis === 'count')));
        draw();
      },
      { 'aria-pressed': String(name === 'count') },
    );
  });
  root.replaceChildren(
    guess,
    h('div', { class: 'buttons', role: 'group' }, ...toggles),
    chart.element,
    ht('p', 'count.caution'),
    sideBySide(lab),
    mountPooling(lab),
  );
  void loadPublished().then((runs) => {
    dots = publishedDots(runs);
    draw();
  });
  lab.on('run', draw);
  lab.on('guess', () => {
    guess.textContent = t('count.guess', { guess: lab.guess });
  });
}
