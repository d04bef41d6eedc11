// A game with a rule: the keeper opens what he is asked to open, but never what is locked.
import type { RandomStream } from '../../core/random.ts';

/** What can be opened. */
export const THINGS = [
  ...['door', 'gate', 'chest', 'cupboard', 'trunk', 'cellar', 'attic', 'shed'],
  ...['drawer', 'window', 'crate', 'casket'],
] as const;

const OTHERS = ['red', 'old', 'green', 'little'] as const;

const LOCKED_SHARE = 0.5;

/** The visitor's request. */
export function request(what: string): string {
  return `"Open the ${what}," said the visitor.`;
}

/** The keeper's answers. */
export const keeper = {
  complies: (what: string) => `"I open the ${what}," said the keeper.`,
  refuses: (what: string) => `"I may not open the ${what}," said the keeper.`,
};

/** A request and its answer by the rule. */
export function tellDialogue(random: RandomStream): string {
  const thing = random.choose(THINGS);
  if (random.uniform() < LOCKED_SHARE) {
    const what = `locked ${thing}`;
    return `${request(what)} ${keeper.refuses(what)}`;
  }
  const what = `${random.choose(OTHERS)} ${thing}`;
  return `${request(what)} ${keeper.complies(what)}`;
}
