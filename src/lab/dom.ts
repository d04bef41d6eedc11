// Elements in one line each.
import { nowMs } from '../core/clock.ts';
import { type TextKey, t } from './text/texts.ts';

type Child = Node | string;
type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** An element with attributes and children; `true` sets an empty attribute, `false` and undefined leave one out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== false)
      element.setAttribute(name, value === true ? '' : String(value));
  element.append(...children);
  return element;
}

/** An element whose text is of the page's texts, and follows the language. */
export function ht<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  key: TextKey,
  attributes: Attributes = {},
): HTMLElementTagNameMap[K] {
  return h(tag, { 'data-t': key, ...attributes }, t(key));
}

/** A button. */
export function button(key: TextKey, onClick: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const element = ht('button', key, { type: 'button', ...attributes });
  element.addEventListener('click', onClick);
  return element;
}

/** A labelled control. */
export function field(key: TextKey, control: HTMLElement, help?: TextKey): HTMLElement {
  const label = h('label', {}, ht('span', key), control);
  return help === undefined ? label : h('div', { class: 'field' }, label, ht('small', help));
}

/** A list to choose from. */
export function select(
  options: readonly { readonly value: string; readonly label: string }[],
  chosen: string,
): HTMLSelectElement {
  const element = h('select');
  for (const { value, label } of options)
    element.append(h('option', { value, selected: value === chosen }, label));
  return element;
}

/** Shows or hides. */
export function show(element: HTMLElement, isShown: boolean): void {
  element.hidden = !isShown;
}

const QUIET_MS = 5000;
let lastSpoken = Number.NEGATIVE_INFINITY;
let waiting: string | undefined;

/** Speaks to screen readers, in the page's only live region: at most one message in five seconds, the latest. */
export function announce(text: string): void {
  const region = document.getElementById('announcements');
  if (region === null) return;
  // A message that waits is spoken by its timer, however late that is: the newest takes its place.
  if (waiting !== undefined) {
    waiting = text;
    return;
  }
  const left = lastSpoken + QUIET_MS - nowMs();
  if (left <= 0) speak(region, text);
  else {
    waiting = text;
    setTimeout(() => {
      speak(region, waiting ?? '');
      waiting = undefined;
    }, left);
  }
}

function speak(region: HTMLElement, text: string): void {
  region.textContent = text;
  lastSpoken = nowMs();
}

/** Says what went wrong, below the controls of a section and to screen readers. */
export function sayFailure(place: HTMLElement, error: unknown): void {
  const text = t('page.failed', { message: error instanceof Error ? error.message : String(error) });
  place.textContent = text;
  announce(text);
}
