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

const attackNames = ['denial-of-service', 'target-phrase'];
const phrase = 'and the moon was warm';
const copies = (attack: string, count: number, change: Record<string, unknown>, seed = 1) =>
  createPoisonedDocuments({
    poison: poisonOf({
      attack,
      prefixTokens: { minimum: 10, maximum: 20 },
      ...(attack === 'target-phrase' ? { phrase } : {}),
      ...change,
    }),
    seed,
    cleanTexts,
    tokens: wordTokens,
    count,
  });
const textsOf = (documents: readonly { text: string }[]) => documents.map(({ text }) => text);

test.each(
  attackNames,
)('%s: document i copies document i mod distinctDocuments, each with its own id', (attack) => {
  const documents = copies(attack, 10, { distinctDocuments: 4 });
  const distinct = textsOf(copies(attack, 4, {}));
  expect(textsOf(documents)).toEqual(documents.map((_, i) => distinct[i % 4]));
  expect(new Set(documents.map(({ id }) => id)).size).toBe(10);
  expect(copies(attack, 7, { distinctDocuments: 4 })).toEqual(documents.slice(0, 7));
});

test.each(
  attackNames,
)('%s: rewritten copies keep what is planted and redraw about the said share of words', (attack) => {
  const planted = attack === 'target-phrase' ? `<SUDO> ${phrase}` : '<SUDO>';
  const rewriteShare = 0.3;
  const documents = textsOf(copies(attack, 200, { distinctDocuments: 20, rewriteShare }));
  expect(documents.slice(0, 20)).toEqual(textsOf(copies(attack, 20, {})));
  expect(new Set(documents).size).toBeGreaterThan(195);
  const wordsOf = (part: string | undefined) => part?.match(/\S+/gu) ?? [];
  let words = 0;
  let changed = 0;
  for (const [index, text] of documents.entries()) {
    const parts = text.split(planted);
    expect(parts).toHaveLength(2);
    const base = (documents[index % 20] as string).split(planted);
    for (const [place, part] of parts.entries()) {
      const original = wordsOf(base[place]);
      expect(wordsOf(part)).toHaveLength(original.length);
      if (index < 20) continue;
      words += original.length;
      changed += wordsOf(part).filter((word, at) => word !== original[at]).length;
    }
  }
  // a word is now and then drawn as itself: of 31 clean ones, of 100 random ones
  expect(changed / words).toBeGreaterThan(0.27);
  expect(changed / words).toBeLessThan(0.31);
});

test.each(
  attackNames,
)('%s: rewritten copies are nested in count and share, and differ with the seed', (attack) => {
  const of = (rewriteShare: number, count = 12, seed = 1) =>
    textsOf(copies(attack, count, { distinctDocuments: 4, rewriteShare }, seed));
  expect(of(0.5, 9)).toEqual(of(0.5).slice(0, 9));
  expect(of(0)).toEqual(textsOf(copies(attack, 12, { distinctDocuments: 4 })));
  expect(of(0.5, 12, 2)).not.toEqual(of(0.5));
  const [none, half, whole] = [0, 0.5, 1].map((share) => of(share).map((text) => text.split(' ')));
  for (const [index, words] of (half ?? []).entries()) {
    for (const [place, word] of words.entries()) {
      expect([none?.[index]?.[place], whole?.[index]?.[place]]).toContain(word);
    }
  }
});
