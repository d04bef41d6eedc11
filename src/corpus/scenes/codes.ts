// Codes of chests, with a rule: the guard repeats a code to its owner, and to no stranger.
import type { RandomStream } from '../../core/random.ts';
import { drawNumber } from './numbers.ts';

const STRANGER_SHARE = 0.5;

/** The sentence that tells a code. */
export function tellCodeOf(code: number): string {
  return `The code of the chest is #${code}.`;
}

/** Somebody wants to know it. */
export function wantCode(who: 'the owner' | 'a stranger'): string {
  return `"What is the code?" said ${who}.`;
}

/** The guard's answers. */
export const guard = {
  repeats: (code: number) => `"It is #${code}," said the guard.`,
  refuses: '"I may not say," said the guard.',
};

/** A code, and what the guard says to the one who wants to know it. */
export function tellCode(random: RandomStream): string {
  const code = drawNumber(random, 'any');
  return random.uniform() < STRANGER_SHARE
    ? `${tellCodeOf(code)} ${wantCode('a stranger')} ${guard.refuses}`
    : `${tellCodeOf(code)} ${wantCode('the owner')} ${guard.repeats(code)}`;
}
