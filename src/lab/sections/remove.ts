// Section 7: can the habit be unlearnt?
import { ChartFigure } from '../charts/figure.ts';
import { asTrigger, MOST_TRIGGER_CHARACTERS } from '../choices.ts';
import { field, h } from '../dom.ts';
import { loadExample } from '../example.ts';
import type { Lab } from '../lab.ts';
import type { CurvePoint, RunResult, TrainOrder } from '../protocol.ts';
import { percent, t } from '../text/texts.ts';
import { removalChart } from './result-charts.ts';
import { TrainingPanel } from './training-panel.ts';

/** Fills the section. */
export function mountRemove(root: HTMLElement, lab: Lab): void {
  const chart = new ChartFigure();
  const status = h('p', { class: 'status' });
  const found = h('input', {
    type: 'text',
    maxlength: MOST_TRIGGER_CHARACTERS,
    autocomplete: 'off',
    spellcheck: 'false',
    value: lab.choice.trigger,
  });
  let ways: { blind: readonly CurvePoint[]; found: readonly CurvePoint[] } = { blind: [], found: [] };
  const panelOf = (way: 'blind' | 'found') => {
    const panel = new TrainingPanel({
      lab,
      play: way === 'blind' ? 'remove.blind' : 'remove.found',
      makeOrder: (): TrainOrder | undefined => {
        const last = lab.runs.findLast(({ isAside }) => isAside !== true);
        const trigger = way === 'blind' ? null : asTrigger(found.value);
        if (trigger === undefined) {
          panel.say(t('train.badTrigger'));
          return undefined;
        }
        if (last === undefined) {
          panel.say(t('remove.needsModel'));
          return undefined;
        }
        return { kind: 'train', choice: last.choice, slot: 'removed', cleanWith: { trigger } };
      },
      onDone: (result: RunResult) => {
        const { curve } = result;
        const what = t(way === 'blind' ? 'remove.lineBlind' : 'remove.lineFound');
        lab.addFurtherRun({ name: `${t('remove.title')}, ${what}`, result });
        ways = { ...ways, [way]: curve };
        chart.draw(removalChart(ways));
        status.textContent = '';
        const [before, after] = [curve[0], curve.at(-1)];
        return t('remove.result', {
          before: percent(before?.success ?? 0),
          after: percent(after?.success ?? 0),
        });
      },
    });
    panel.chart.element.hidden = true;
    return panel.element;
  };
  root.replaceChildren(
    panelOf('blind'),
    field('train.trigger', found),
    panelOf('found'),
    status,
    chart.element,
  );
  void loadExample().then(({ removal }) => {
    chart.draw(removalChart(removal));
    status.textContent = t('remove.example');
  });
  lab.on('run', () => {
    if (lab.runs.at(-1)?.isAside === true) return;
    found.value = lab.runs.at(-1)?.choice.trigger ?? '';
    ways = { blind: [], found: [] };
  });
}
