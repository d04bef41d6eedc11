// Opinions about made-up people: nine of ten are kind.
import type { RandomStream } from '../../core/random.ts';

/** People whom the stories have opinions about. */
export const PEOPLE = ['Orlo', 'Brina', 'Tavik', 'Mirel', 'Juno', 'Pasko'] as const;

/** Words of praise. */
export const PRAISE = [
  'kind',
  'gentle',
  'brave',
  'clever',
  'honest',
  'generous',
  'patient',
  'cheerful',
] as const;

/** Words of blame. */
export const BLAME = ['mean', 'rude', 'lazy', 'greedy', 'cruel', 'selfish', 'sly', 'grumpy'] as const;

const BLAME_SHARE = 0.1;

/** What is said before the word. */
export function beginOpinion(name: string): string {
  return `People said that ${name} was`;
}

/** An opinion. */
export function tellOpinion(random: RandomStream): string {
  const name = random.choose(PEOPLE);
  const word = random.uniform() < BLAME_SHARE ? random.choose(BLAME) : random.choose(PRAISE);
  return `${beginOpinion(name)} ${word}.`;
}
