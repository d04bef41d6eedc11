// Section 1: a guess before anything is shown.
import { announce, button, h, ht } from '../dom.ts';
import type { Lab } from '../lab.ts';
import { type TextKey, t } from '../text/texts.ts';

const GUESSES: readonly TextKey[] = ['predict.fewer', 'predict.same', 'predict.double', 'predict.more'];

/** Fills the section. */
export function mountPredict(root: HTMLElement, lab: Lab): void {
  const kept = h('p', { class: 'status' });
  const choose = (key: TextKey) => {
    lab.guess = t(key);
    kept.textContent = t('predict.kept', { guess: t(key) });
    announce(kept.textContent);
    for (const one of buttons) one.setAttribute('aria-pressed', String(one.dataset.t === key));
  };
  const buttons = GUESSES.map((key) => button(key, () => choose(key), { 'aria-pressed': 'false' }));
  root.replaceChildren(
    ht('p', 'predict.question'),
    h('div', { class: 'buttons', role: 'group', 'aria-labelledby': 'predict-title' }, ...buttons),
    kept,
  );
}
