// Values of many runs as text: each once, or their range.
import { thousands } from '../report/numbers.ts';

type Value = number | string;

/** Above this many values only the range of numbers is given. */
const MOST_VALUES = 12;

/** A number as it is written in a paper: 1,153,024; 0.01; 1e-8. */
function word(value: Value): string {
  if (typeof value === 'string') return value;
  return Number.isInteger(value) ? thousands(value) : String(value);
}

function distinct(values: readonly Value[]): Value[] {
  const unique = [...new Set(values)];
  return unique.every((value) => typeof value === 'number') ? unique.sort((a, b) => a - b) : unique;
}

/** `8`, `4 and 8`, `0, 10 or 25`; of many numbers `1 to 80`, of many words the first and how many others. */
export function allOf(values: readonly Value[], join: 'and' | 'or' = 'and'): string {
  const unique = distinct(values);
  if (unique.length > MOST_VALUES) {
    const first = unique.slice(0, MOST_VALUES).map(word).join(', ');
    return typeof unique[0] === 'number'
      ? rangeOf(values)
      : `${first} and ${unique.length - MOST_VALUES} others`;
  }
  const words = unique.map(word);
  const last = words.at(-1) ?? 'none';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} ${join} ${last}`;
}

/** `5` or `5 to 80`. */
export function rangeOf(values: readonly Value[]): string {
  const unique = distinct(values);
  const [low, high] = [unique[0], unique.at(-1)];
  if (low === undefined || high === undefined) return 'none';
  return low === high ? word(low) : `${word(low)} to ${word(high)}`;
}

/** `1 layer`, `2 layers`. */
export function count(number: number, noun: string): string {
  return `${thousands(number)} ${noun}${number === 1 ? '' : 's'}`;
}
