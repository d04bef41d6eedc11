// The sliders of section 5: a count of poisoned documents and a size of model, and the share that the count is there.
import { MOST_DOCUMENTS, type RunChoice, SIZES, type Size } from '../choices.ts';
import { field, h } from '../dom.ts';
import { percent, t } from '../text/texts.ts';

/** Tokens of a run and, in the mean, of a poisoned document, for the share of runs that were not published. */
const RUN_TOKENS: Readonly<Record<Size, number>> = {
  d24: 772_096,
  d32: 1_153_024,
  d48: 2_098_176,
  d64: 3_289_088,
};
const POISONED_TOKENS = 76;

/** Poisoned tokens / trained tokens, 0-1. */
export function shareOf({ size, documents }: Pick<RunChoice, 'size' | 'documents'>): number {
  return (documents * POISONED_TOKENS) / RUN_TOKENS[size];
}

/** Two sliders, and a sentence that says what they come to. */
export class CountSliders {
  readonly element: HTMLElement;
  readonly #documents: HTMLInputElement;
  readonly #size: HTMLInputElement;
  readonly #sentence = h('p', { class: 'status' });

  constructor(start: RunChoice, onChange: () => void) {
    const slider = (most: number, value: number) =>
      h('input', { type: 'range', min: 0, max: most, step: 1, value });
    this.#documents = slider(MOST_DOCUMENTS, start.documents);
    this.#size = slider(SIZES.length - 1, SIZES.indexOf(start.size));
    this.element = h(
      'div',
      { class: 'choice' },
      field('train.documents', this.#documents),
      field('train.size', this.#size),
      this.#sentence,
    );
    this.element.addEventListener('input', () => {
      this.#say();
      onChange();
    });
    this.#say();
  }

  get documents(): number {
    return Number(this.#documents.value);
  }

  get size(): Size {
    return SIZES[Number(this.#size.value)] ?? SIZES[0];
  }

  #say(): void {
    const { size, documents } = this;
    this.#size.setAttribute('aria-valuetext', size);
    this.#sentence.textContent = t('count.shareIs', { size, documents, share: percent(shareOf(this), 2) });
  }
}
