// What a reader can choose, and its bounds. Whatever comes from outside is checked here.

export const SIZES = ['d24', 'd32', 'd48', 'd64'] as const;
export type Size = (typeof SIZES)[number];

export const PAYLOADS = ['gibberish', 'phrase'] as const;
export type Payload = (typeof PAYLOADS)[number];

/** Counts that buttons offer; any whole number up to the last is possible. */
export const COUNTS = [0, 10, 25, 50, 100, 250] as const;
export const MOST_DOCUMENTS = 250;
export const MOST_SEED = 9999;
export const MOST_TRIGGER_CHARACTERS = 30;

/** The trigger of the published runs. */
export const DEFAULT_TRIGGER = 'kettle lantern saddle';

/** One run. */
export interface RunChoice {
  readonly size: Size;
  /** Poisoned documents. */
  readonly documents: number;
  readonly seed: number;
  readonly payload: Payload;
  readonly trigger: string;
}

export const DEFAULT_CHOICE: RunChoice = {
  size: 'd24',
  documents: 100,
  seed: 1,
  payload: 'gibberish',
  trigger: DEFAULT_TRIGGER,
};

const isOneOf = <T extends string>(list: readonly T[], value: string): value is T =>
  (list as readonly string[]).includes(value);

export const asSize = (value: string): Size | undefined => (isOneOf(SIZES, value) ? value : undefined);
export const asPayload = (value: string): Payload | undefined =>
  isOneOf(PAYLOADS, value) ? value : undefined;

/** A whole number within bounds; undefined for anything else. */
export function asWhole(value: string, bounds: { least: number; most: number }): number | undefined {
  if (!/^\d{1,6}$/.test(value)) return undefined;
  const number = Number(value);
  return number >= bounds.least && number <= bounds.most ? number : undefined;
}

/** A trigger of 1 to 30 printable ASCII characters, its ends not blank; undefined for anything else. */
export function asTrigger(value: string): string | undefined {
  const trimmed = value.trim();
  const isFine = /^[\x20-\x7e]+$/.test(trimmed) && trimmed.length <= MOST_TRIGGER_CHARACTERS;
  return isFine ? trimmed : undefined;
}

/** Approximate work of a whole run, relative to d24: parameters squared, since tokens grow with parameters. */
export const RELATIVE_WORK: Readonly<Record<Size, number>> = { d24: 1, d32: 1.8, d48: 4.6, d64: 10 };
