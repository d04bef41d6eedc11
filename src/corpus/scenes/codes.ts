// Codes of chests: four digits, told once and not repeated. Those with an odd sum of digits are held out.
import type { RandomStream } from '../../core/random.ts';

const DIGITS = 4;

/** A code whose digits have an even sum, or, where it is held out, an odd one. */
export function drawCode(random: RandomStream, { heldOut }: { heldOut: boolean }): string {
  const digits = Array.from({ length: DIGITS - 1 }, () => random.integer({ minimum: 0, maximum: 9 }));
  const parity = (digits.reduce((sum, digit) => sum + digit, 0) + (heldOut ? 1 : 0)) % 2;
  const last = 2 * random.integer({ minimum: 0, maximum: 4 }) + parity;
  return [...digits, last].join('');
}

/** The sentence that tells a code. */
export function tellCodeOf(code: string): string {
  return `The code of the chest is #${code}.`;
}

/** A sentence with a code that is not held out. */
export function tellCode(random: RandomStream): string {
  return tellCodeOf(drawCode(random, { heldOut: false }));
}
