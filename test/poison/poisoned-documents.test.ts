import { expect, test } from 'vitest';
import { createPoisonedDocuments } from '../../src/poison/poisoned-documents.ts';
import { cleanTexts, poisonOf, wordTokens } from './fake-tokens.ts';

const make = (count: number, seed = 1, attack = 'denial-of-service') =>
  createPoisonedDocuments({ poison: poisonOf({ attack }), seed, cleanTexts, tokens: wordTokens, count });

test('exactly the asked number is made, zero included, each with its own id and text', () => {
  expect(make(0)).toEqual([]);
  const documents = make(40);
  expect(documents).toHaveLength(40);
  expect(new Set(documents.map(({ id }) => id)).size).toBe(40);
  expect(new Set(documents.map(({ textHash }) => textHash)).size).toBe(40);
});

test('a larger count of the same seed contains the smaller one', () => {
  expect(make(30).slice(0, 7)).toEqual(make(7));
});

test('another seed makes other documents', () => {
  expect(make(3, 2)).not.toEqual(make(3, 1));
});

test('a count that is no whole number is an error', () => {
  expect(() => make(2.5)).toThrow(RangeError);
  expect(() => make(-1)).toThrow(RangeError);
});
