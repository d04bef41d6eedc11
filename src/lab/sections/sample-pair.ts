// A pair of answers to the same beginning, without and with the trigger.
import { h, ht } from '../dom.ts';
import type { SamplePair } from '../protocol.ts';

/** The place of a pair. */
export class PairView {
  readonly #prompt = h('p', { class: 'beginning', lang: 'en' });
  readonly #clean = h('p', { class: 'answer', lang: 'en' });
  readonly #triggered = h('p', { class: 'answer', lang: 'en' });
  readonly element = h(
    'div',
    { class: 'pair' },
    h('div', { class: 'wide' }, ht('h4', 'train.prompt'), this.#prompt),
    h('div', {}, ht('h4', 'train.without'), this.#clean),
    h('div', {}, ht('h4', 'train.with'), this.#triggered),
  );

  show({ prompt, clean, triggered }: SamplePair): void {
    this.#prompt.textContent = `${prompt} …`;
    this.#clean.textContent = `… ${clean}`;
    this.#triggered.textContent = `… ${triggered}`;
  }
}
