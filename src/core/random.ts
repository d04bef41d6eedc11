// Seeded randomness: streams named by purpose. Nothing in the program draws from a shared generator.
import seedrandom from 'seedrandom';
import { hashValue } from './hash.ts';
import { cos, log } from './math.ts';

const TWO_PI = 6.283185307179586;

/** A sequence of pseudo-random numbers that depends on its seed and purpose alone. */
export interface RandomStream {
  /** Uniform in [0, 1), 32 bits of it random. */
  uniform(): number;
  /** Uniform integer in [minimum, maximum], both included. @throws RangeError if maximum < minimum. */
  integer(range: { minimum: number; maximum: number }): number;
  /** Standard normal deviate (Box and Muller 1958, cosine branch). */
  normal(): number;
  /** A uniformly chosen element. @throws RangeError for an empty list. */
  choose<T>(items: readonly T[]): T;
  /** A new array in uniformly random order (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[];
}

/**
 * The stream of a purpose: seeded with the hex SHA-256 of (seed, purpose), so that drawing more in one
 * place never shifts another. Generator: Alea (Baagøe), as seedrandom ships it.
 * @param seed of the corpus or of the run
 * @param purpose what the numbers are for, e.g. `['poison', 'denial-of-service', 17]`
 */
export function randomStream(seed: string | number, ...purpose: readonly (string | number)[]): RandomStream {
  const next = seedrandom.alea(hashValue([seed, ...purpose]));
  const integer = ({ minimum, maximum }: { minimum: number; maximum: number }): number => {
    if (!(maximum >= minimum)) throw new RangeError(`no integer lies between ${minimum} and ${maximum}`);
    return minimum + Math.floor(next() * (maximum - minimum + 1));
  };
  return {
    uniform: () => next(),
    integer,
    normal: () => Math.sqrt(-2 * log(1 - next())) * cos(TWO_PI * next()),
    choose: (items) => {
      if (items.length === 0) throw new RangeError('cannot choose from an empty list');
      return items[integer({ minimum: 0, maximum: items.length - 1 })] as (typeof items)[number];
    },
    shuffle: (items) => {
      const result = [...items];
      for (let i = result.length - 1; i > 0; i--) {
        const j = integer({ minimum: 0, maximum: i });
        const held = result[i] as (typeof result)[number];
        result[i] = result[j] as (typeof result)[number];
        result[j] = held;
      }
      return result;
    },
  };
}
