// The reader's choice of a run.
import {
  asPayload,
  asSize,
  asTrigger,
  asWhole,
  MOST_DOCUMENTS,
  MOST_SEED,
  MOST_TRIGGER_CHARACTERS,
  PAYLOADS,
  type RunChoice,
  SIZES,
} from '../choices.ts';
import { announce, field, h, select } from '../dom.ts';
import type { Lab } from '../lab.ts';
import { t } from '../text/texts.ts';

/** The form, and what it says. */
export class ChoiceForm {
  readonly element: HTMLElement;
  readonly #lab: Lab;
  readonly #size: HTMLSelectElement;
  readonly #payload: HTMLSelectElement;
  readonly #documents: HTMLInputElement;
  readonly #seed: HTMLInputElement;
  readonly #trigger: HTMLInputElement;
  readonly #problem = h('p', { class: 'problem', id: 'choice-problem' });

  constructor(lab: Lab, onChange: () => void) {
    this.#lab = lab;
    const { size, payload, documents, seed, trigger } = lab.choice;
    const number = (value: number, most: number, least: number) =>
      h('input', { type: 'number', min: least, max: most, step: 1, value, inputmode: 'numeric' });
    this.#size = select(
      SIZES.map((value) => ({ value, label: value })),
      size,
    );
    this.#payload = select(
      PAYLOADS.map((value) => ({ value, label: t(`train.${value}`) })),
      payload,
    );
    this.#documents = number(documents, MOST_DOCUMENTS, 0);
    this.#seed = number(seed, MOST_SEED, 1);
    this.#trigger = h('input', {
      type: 'text',
      value: trigger,
      maxlength: MOST_TRIGGER_CHARACTERS,
      autocomplete: 'off',
      spellcheck: 'false',
    });
    this.element = h(
      'form',
      { class: 'choice' },
      field('train.size', this.#size),
      field('train.documents', this.#documents),
      field('train.payload', this.#payload),
      field('train.seed', this.#seed, 'train.seedHelp'),
      field('train.trigger', this.#trigger, 'train.triggerHelp'),
      this.#problem,
    );
    this.element.addEventListener('submit', (event) => event.preventDefault());
    this.element.addEventListener('change', () => {
      const choice = this.read();
      if (choice === undefined) return;
      lab.choice = choice;
      onChange();
    });
  }

  /** The choice; undefined, and a sentence that says why, where it is out of bounds. */
  read(): RunChoice | undefined {
    const documents = asWhole(this.#documents.value, { least: 0, most: MOST_DOCUMENTS });
    const seed = asWhole(this.#seed.value, { least: 1, most: MOST_SEED });
    const trigger = asTrigger(this.#trigger.value);
    const size = asSize(this.#size.value) ?? this.#lab.choice.size;
    const payload = asPayload(this.#payload.value) ?? this.#lab.choice.payload;
    const problem =
      documents === undefined
        ? t('train.badNumber', { name: t('train.documents'), least: 0, most: MOST_DOCUMENTS })
        : seed === undefined
          ? t('train.badNumber', { name: t('train.seed'), least: 1, most: MOST_SEED })
          : trigger === undefined
            ? t('train.badTrigger')
            : '';
    this.#problem.textContent = problem;
    if (problem !== '') announce(problem);
    for (const [control, value] of [
      [this.#documents, documents],
      [this.#seed, seed],
      [this.#trigger, trigger],
    ] as const) {
      control.setAttribute('aria-invalid', String(value === undefined));
      control.setAttribute('aria-describedby', 'choice-problem');
    }
    if (documents === undefined || seed === undefined || trigger === undefined) return undefined;
    return { size, documents, seed, payload, trigger };
  }
}
