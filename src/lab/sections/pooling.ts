// The class's runs together: each gives a line, the teacher pastes all.
import { ChartFigure } from '../charts/figure.ts';
import { DEFAULT_TRIGGER } from '../choices.ts';
import { announce, field, h, ht } from '../dom.ts';
import type { Lab } from '../lab.ts';
import { groupPool, type PooledGroup, parsePool, printPoolLine } from '../state/pool-line.ts';
import { type TextKey, t } from '../text/texts.ts';
import { shareAxis } from './training-charts.ts';

const LEAST_COUNT = 5;

function poolChart(groups: readonly PooledGroup[]) {
  const names = [...new Set(groups.map(({ size, payload }) => `${size}, ${t(`train.${payload}`)}`))];
  return {
    title: t('count.pool'),
    x: {
      label: t('count.axisCount'),
      least: LEAST_COUNT,
      most: 300,
      ticks: [LEAST_COUNT, 10, 25, 50, 100, 250],
      scale: 'log' as const,
      format: (value: number) => (value <= LEAST_COUNT ? '0' : String(Math.round(value))),
    },
    y: shareAxis(t('count.success')),
    series: names.map((name) => ({
      name,
      kind: 'line' as const,
      points: groups
        .filter(({ size, payload }) => `${size}, ${t(`train.${payload}`)}` === name)
        .map(({ documents, mean, interval }) => ({
          x: Math.max(LEAST_COUNT, documents),
          y: mean,
          ...(interval === null ? {} : { low: interval[0], high: interval[1] }),
        })),
    })),
  };
}

/** The lines of one's own runs, and the place for those of all. */
export function mountPooling(lab: Lab): HTMLElement {
  const own = h('pre');
  const ownBlock = h('div', { hidden: true }, ht('h4', 'count.line'), own);
  const lines = h('textarea', { spellcheck: 'false', autocomplete: 'off' });
  const status = h('p', { class: 'status' }, t('count.poolEmpty'));
  const chart = new ChartFigure();
  chart.element.hidden = true;
  const read = () => {
    const { runs, bad, repeated, conflicting } = parsePool(lines.value);
    const groups = groupPool(runs);
    const problems: readonly (readonly [TextKey, readonly string[]])[] = [
      ['count.poolBad', bad],
      ['count.poolTwice', repeated],
      ['count.poolDiffer', conflicting],
    ];
    status.textContent = [
      runs.length === 0
        ? t('count.poolEmpty')
        : t('count.poolResult', { runs: runs.length, groups: groups.length }),
      ...problems.flatMap(([key, list]) =>
        list.length === 0 ? [] : [t(key, { list: list.slice(0, 5).join(', ') })],
      ),
    ].join(' ');
    announce(status.textContent);
    chart.element.hidden = groups.length === 0;
    if (groups.length > 0) chart.draw(poolChart(groups));
  };
  lines.addEventListener('input', read);
  lab.on('run', () => {
    // runs with a trigger of one's own are no repetitions of one another
    const mine = lab.runs
      .filter(({ choice }) => choice.trigger === DEFAULT_TRIGGER)
      .map(({ choice, result: { weightsHash, curve } }) =>
        printPoolLine({ ...choice, weightsHash, success: curve.at(-1)?.success ?? 0 }),
      );
    own.textContent = mine.join('\n');
    ownBlock.hidden = mine.length === 0;
  });
  return h(
    'div',
    {},
    ht('h3', 'count.pool'),
    ht('p', 'count.poolHelp'),
    ownBlock,
    field('count.poolLines', lines),
    status,
    chart.element,
  );
}
