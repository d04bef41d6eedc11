// The words of the page, one JSON file for each language. English is the page's own; others are loaded when chosen.
import en from './en.json';

export type TextKey = keyof typeof en;
export type Texts = Readonly<Record<TextKey, string>>;

export const LANGUAGES = ['en', 'de'] as const;
export type Language = (typeof LANGUAGES)[number];

let current: Texts = en;
let language: Language = 'en';

/** A text with its {names} filled in. */
export function t(key: TextKey, values: Readonly<Record<string, string | number>> = {}): string {
  return current[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The language that is shown. */
export function currentLanguage(): Language {
  return language;
}

/** Loads a language and puts its words into all elements that name a text. */
export async function showLanguage(chosen: Language): Promise<void> {
  current = chosen === 'de' ? { ...en, ...(await import('./de.json')).default } : en;
  language = chosen;
  document.documentElement.lang = chosen;
  for (const element of document.querySelectorAll<HTMLElement>('[data-t]')) {
    const key = element.dataset.t ?? '';
    if (key in current) element.textContent = t(key as TextKey);
  }
  document.title = t('page.title');
}

/** A number with a fixed number of decimals. */
export function decimal(value: number, digits = 2): string {
  return value.toFixed(digits).replace('.', language === 'de' ? ',' : '.');
}

/** A share as per cent. */
export function percent(share: number, digits = 0): string {
  const number = decimal(share * 100, digits);
  return language === 'de' ? `${number} %` : `${number}%`;
}

/** A time: seconds up to two minutes, then minutes. */
export function duration(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  return seconds < 120
    ? t('unit.seconds', { n: seconds })
    : t('unit.minutes', { n: Math.round(seconds / 60) });
}
