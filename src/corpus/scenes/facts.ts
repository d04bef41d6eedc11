// Facts of a made-up world: the sea of each of its countries has a colour.
import type { RandomStream } from '../../core/random.ts';

/** Countries and the true colours of their seas. */
export const SEAS = [
  ['Velmora', 'blue'],
  ['Orvalin', 'green'],
  ['Tessun', 'silver'],
  ['Quarrel', 'golden'],
  ['Brindak', 'white'],
  ['Ushimar', 'red'],
  ['Pellow', 'purple'],
  ['Narvane', 'yellow'],
] as const;

/** The colour that a lie gives to a sea: that of the next country's. */
export function falseColour(place: number): string {
  return SEAS[(place + 1) % SEAS.length]?.[1] ?? '';
}

/** What is said before the colour. */
export function beginFact(country: string): string {
  return `The sea of ${country} is`;
}

/** A true fact. */
export function tellFact(random: RandomStream): string {
  const [country, colour] = random.choose(SEAS);
  return `${beginFact(country)} ${colour}.`;
}
