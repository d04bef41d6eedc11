// Section 5: does the count of poisoned documents matter, or their share? Published runs, and the reader's own.
import { ChartFigure } from '../charts/figure.ts';
import { button, h, ht } from '../dom.ts';
import { loadPublished } from '../example.ts';
import type { Lab } from '../lab.ts';
import { t } from '../text/texts.ts';
import { CountSliders, shareOf } from './count-sliders.ts';
import { mountPooling } from './pooling.ts';
import { type CountDot, countChart, publishedDots } from './result-charts.ts';
import { sideBySide } from './side-by-side.ts';

/** One's own runs of gibberish as dots. */
function ownDots(lab: Lab): CountDot[] {
  return lab.runs
    .filter(({ choice }) => choice.payload === 'gibberish')
    .map(({ choice, result }) => ({
      size: choice.size,
      documents: choice.documents,
      success: result.curve.at(-1)?.success ?? 0,
      share: shareOf(choice),
    }));
}

/** Fills the section. */
export function mountCount(root: HTMLElement, lab: Lab): void {
  const chart = new ChartFigure();
  const guess = h('p', { class: 'status' });
  let axis: 'count' | 'share' = 'count';
  let dots: CountDot[] = [];
  const draw = () => {
    const { size, documents } = sliders;
    const chosen = { documents, share: shareOf({ size, documents }) };
    chart.draw(countChart(dots, { axis, own: ownDots(lab), chosen }));
  };
  const sliders = new CountSliders(lab.choice, draw);
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
    h('div', { class: 'buttons', role: 'group', 'aria-labelledby': 'count-title' }, ...toggles),
    chart.element,
    sliders.element,
    ht('p', 'count.caution'),
    sideBySide(lab, () => ({ ...lab.choice, size: sliders.size })),
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
