// One part of the data: each document falls into one of k parts by its own tokens, and the run trains on one of them. k such
// runs are an ensemble, in which a document reaches one member alone: deep partition aggregation (Levine and Feizi 2021,
// arXiv:2006.14768). Deviation: the hash has a seed, so that an attacker who does not know it cannot choose the part.
import { z } from 'zod';
import { PARTITION } from '../config/budget.ts';
import type { Example } from '../tokens/example.ts';
import type { Defence } from './defence.ts';

const options = {
  parts: z
    .int()
    .min(1)
    .max(50)
    .default(5)
    .describe(
      'Parts of the data, 1 to 50, each of budget / epochs tokens: the data that poison is planted in are as many times larger. 1 leaves the run as it is.',
    ),
  part: z.int().min(1).max(50).default(1).describe('The part that this run trains on, 1 to `parts`.'),
};
const settingsSchema = z.object(options);

const FNV_PRIME = 0x01000193;
const FNV_BASIS = 0x811c9dc5;

/** 32-bit FNV-1a of 16-bit values, with the finaliser of MurmurHash3: all bits of the result depend on all values. */
function hash32(values: ArrayLike<number>, start: number): number {
  let hash = start;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    hash = Math.imul(hash ^ (value & 0xff), FNV_PRIME);
    hash = Math.imul(hash ^ (value >>> 8), FNV_PRIME);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The part of a document, from 0: a function of its tokens and the seed alone. */
export function partOf({ tokens }: Example, { parts, seed }: { parts: number; seed: string }): number {
  const salt = hash32(
    Array.from(seed, (character) => character.codePointAt(0) ?? 0),
    FNV_BASIS,
  );
  return hash32(tokens, salt) % parts;
}

/** The documents of one part stay. */
export const partition: Defence = {
  kind: PARTITION,
  summary:
    'Trains on one part of the documents, divided by what they are: one member of an ensemble (tinypoison ensemble).',
  options,
  bind(settings, { seed }) {
    const { parts, part } = settingsSchema.parse(settings);
    if (parts === 1) return {};
    return {
      filter: {
        name: PARTITION,
        divides: true,
        judge: (examples) => ({
          kept: examples.map((example) => partOf(example, { parts, seed }) === part - 1),
        }),
      },
    };
  },
};
