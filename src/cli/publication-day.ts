// The day of publication on the command line: descriptions for other tools must name one, and no program knows it.
import { InputError } from '../core/errors.ts';

export const NOT_STATED = 'Not stated: ask the authors';

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether a text is a day of the Gregorian calendar, `2026-11-21`. */
function isDay(text: string): boolean {
  const [, year = 0, month = 0, day = 0] = (/^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? []).map(Number);
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = DAYS[month - 1] ?? 0;
  return day >= 1 && day <= (month === 2 && isLeap ? 29 : days);
}

/** @throws InputError for what is no day, `2026-02-30` included */
export function parseDay(text: string, option: string): string {
  if (isDay(text)) return text;
  throw new InputError(`${option} is "${text}": give the day of publication, such as ${option} 2026-11-21`);
}
