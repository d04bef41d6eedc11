// What a reader does in the lab's page: presses, types, waits for words.
import type { Page } from 'puppeteer-core';

export const LONG_MS = 300_000;

/** Waits until an element says something. @returns what it says */
export async function waitForText(page: Page, place: string, pattern: RegExp): Promise<string> {
  const found = await page.waitForFunction(
    (selector, source) => {
      const texts = [...document.querySelectorAll(selector)].map(({ textContent }) => textContent ?? '');
      return texts.find((text) => new RegExp(source, 's').test(text));
    },
    { timeout: LONG_MS },
    place,
    pattern.source,
  );
  return (await found.jsonValue()) ?? '';
}

/** Presses the button of a section that has this label, once it can be pressed. */
export async function press(page: Page, section: string, label: string): Promise<void> {
  await page.waitForFunction(
    (id, text) => {
      const buttons = [...document.querySelectorAll<HTMLButtonElement>(`#${id} button`)];
      const button = buttons.find(
        ({ textContent, disabled, hidden }) => textContent === text && !disabled && !hidden,
      );
      button?.click();
      return button !== undefined;
    },
    { timeout: LONG_MS },
    section,
    label,
  );
}

/** Puts a value into a field, as a reader who leaves it. */
export async function fill(page: Page, field: string, value: string): Promise<void> {
  await page.$eval(
    field,
    (element, text) => {
      const control = element as HTMLInputElement;
      control.value = text;
      control.dispatchEvent(new Event('input', { bubbles: true }));
      control.dispatchEvent(new Event('change', { bubbles: true }));
    },
    value,
  );
}

/** Most controls between two that a test goes to. */
const MOST_TABS = 150;

/** Presses Tab until the focus is on an element of which this holds. */
async function tabUntil(page: Page, isThere: () => Promise<boolean>, what: string): Promise<void> {
  for (let presses = 1; presses < MOST_TABS; presses++) {
    await page.keyboard.press('Tab');
    if (await isThere()) return;
  }
  throw new Error(`${what} is not reached by Tab`);
}

/** Presses Tab until the focus is on a button of a section with this label. */
export function tabTo(page: Page, section: string, label: string): Promise<void> {
  const isThere = () =>
    page.evaluate(
      (id, text) =>
        document.activeElement?.textContent === text && document.activeElement.closest(`#${id}`) !== null,
      section,
      label,
    );
  return tabUntil(page, isThere, `the button "${label}" of #${section}`);
}

/** Presses Tab until the focus is on a field. */
export function tabToField(page: Page, field: string): Promise<void> {
  const isThere = () => page.evaluate((place) => document.activeElement?.matches(place) ?? false, field);
  return tabUntil(page, isThere, field);
}

/** Goes to a button by Tab and presses Enter. */
export async function pressByKey(page: Page, section: string, label: string): Promise<void> {
  await tabTo(page, section, label);
  await page.keyboard.press('Enter');
}

/** Words of all live regions of the page, each with its time: installed before the page's scripts. */
export function watchLiveRegions(): void {
  const spoken: { time: number; text: string }[] = [];
  Object.assign(window, { spoken });
  const live = '[aria-live], [role=status], [role=alert], [role=log], output';
  const look = (node: Node) => {
    const element = node instanceof Element ? node : node.parentElement;
    const region = element?.closest(live);
    const text = region?.textContent ?? '';
    if (text !== '') spoken.push({ time: performance.now(), text });
  };
  new MutationObserver((records) => {
    for (const regionOf of new Set(records.map(({ target }) => target))) look(regionOf);
  }).observe(document, { childList: true, characterData: true, subtree: true });
}

/** Shortest time between two messages to screen readers, in ms; Infinity for fewer than two. */
export const shortestSilence = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const { spoken } = window as unknown as { spoken: { time: number; text: string }[] };
    const times = spoken.map(({ time }) => time);
    return Math.min(
      Number.MAX_SAFE_INTEGER,
      ...times.slice(1).map((time, place) => time - (times[place] ?? 0)),
    );
  });

/** No storage of any kind, as in a private window of a strict browser: installed before the page's scripts. */
export function forbidStorage(): void {
  const forbid = (name: string) =>
    Object.defineProperty(window, name, {
      get: () => {
        throw new DOMException('forbidden', 'SecurityError');
      },
    });
  for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches']) forbid(name);
}

/** Presses Play of section 3, once the steps timed before are behind it. */
export async function playOnceTimed(page: Page): Promise<void> {
  await page.$eval('#train', (section) => section.scrollIntoView());
  await page.waitForFunction(
    () => /^On this device/.test(document.querySelector('#train .estimate')?.textContent ?? ''),
    { timeout: LONG_MS },
  );
  await page.click('#train .panel button.primary');
}

/** What the page says of the run's fingerprint, once it is done. */
export async function verdict(page: Page): Promise<string> {
  const cell = await page.waitForSelector('#bits td[class^=verdict]', { timeout: 3 * LONG_MS });
  return (await cell?.evaluate(({ className }) => className)) ?? '';
}

/** Storage that is full, and no room for a file made in the page: installed before the page's scripts. */
export function fillStorage(): void {
  const full = () => {
    throw new DOMException('full', 'QuotaExceededError');
  };
  Storage.prototype.setItem = full;
  IDBFactory.prototype.open = full;
  if ('CacheStorage' in window) CacheStorage.prototype.open = async () => full();
  URL.createObjectURL = full;
}
