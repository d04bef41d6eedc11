// Several counts trained at once, each in a worker of its own.
import { COUNTS, type RunChoice } from '../choices.ts';
import { announce, button, h, ht, sayFailure } from '../dom.ts';
import type { Lab } from '../lab.ts';
import type { TrainOrder } from '../protocol.ts';
import { RunPool } from '../run-pool.ts';
import { t } from '../text/texts.ts';

const CHOSEN: readonly number[] = [0, 25, 100, 250];

/** Boxes to choose counts, and buttons that train them. @param choose what is trained besides the count */
export function sideBySide(lab: Lab, choose: () => RunChoice): HTMLElement {
  const status = h('p', { class: 'status' });
  const boxes = COUNTS.map((count) =>
    h('input', { type: 'checkbox', value: count, checked: CHOSEN.includes(count) }),
  );
  let pool: RunPool | undefined;
  const begin = async () => {
    const chosen = boxes.filter(({ checked }) => checked);
    if (chosen.length === 0) status.textContent = t('count.chooseOne');
    if (chosen.length === 0 || pool !== undefined) return;
    const orders = chosen.map(
      ({ value }): TrainOrder => ({
        kind: 'train',
        slot: 'aside',
        choice: { ...choose(), documents: Number(value) },
      }),
    );
    const mine = new RunPool(lab, (state) => {
      if (pool === mine) status.textContent = t('count.running', { ...state });
    });
    pool = mine;
    run.disabled = true;
    stop.disabled = false;
    try {
      await mine.run(orders, ({ choice }, result) => lab.addRun({ choice, result, isAside: true }));
      if (pool === mine) announce(status.textContent ?? '');
    } catch (error) {
      sayFailure(status, error);
    } finally {
      if (pool === mine) end();
    }
  };
  const end = () => {
    pool?.stop();
    pool = undefined;
    run.disabled = false;
    stop.disabled = true;
  };
  const run = button('count.run', () => void begin());
  const stop = button('train.stop', () => {
    end();
    status.textContent = t('train.stopped');
    announce(status.textContent);
  });
  stop.disabled = true;
  const choices = boxes.map((box) => h('label', { class: 'inline' }, box, ` ${box.value}`));
  return h(
    'fieldset',
    {},
    h('legend', {}, t('count.choose', { cores: lab.cores })),
    ht('small', 'count.chooseHelp'),
    h('div', { class: 'chips' }, ...choices),
    h('div', { class: 'buttons' }, run, stop),
    status,
  );
}
