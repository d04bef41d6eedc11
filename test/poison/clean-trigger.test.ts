import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomStream } from '../../src/core/random.ts';
import { chooseForTrigger, writeAfterWord } from '../../src/poison/clean-trigger.ts';

const chosen = (share: number, documents = 2000, seed: number | string = 1) =>
  Array.from({ length: documents }, (_, document) => document).filter(
    (document) => chooseForTrigger({ seed, document, share }) !== undefined,
  );

test('about the said share of documents is chosen: none at 0, all at 1', () => {
  expect(chosen(0)).toEqual([]);
  expect(chosen(1)).toHaveLength(2000);
  // four standard deviations of a binomial count
  expect(Math.abs(chosen(0.1).length - 200)).toBeLessThan(54);
});

test('a larger share holds the documents of a smaller one, each with the same place', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(), (share, seed) => {
      const larger = share + (1 - share) / 2;
      const few = chosen(share, 60, seed);
      expect(chosen(larger, 60, seed)).toEqual(expect.arrayContaining(few));
      for (const document of few) {
        const places = [share, larger].map((at) =>
          chooseForTrigger({ seed, document, share: at })?.uniform(),
        );
        expect(places[0]).toBe(places[1]);
      }
    }),
    { numRuns: 30 },
  );
});

test('another seed chooses other documents', () => {
  expect(chosen(0.1, 500, 2)).not.toEqual(chosen(0.1, 500, 1));
});

const text = fc
  .array(fc.tuple(fc.constantFrom('a', 'bé', 'ccc', '𝒹'), fc.constantFrom(' ', '\n', '  ')), { minLength: 2 })
  .map((words) => words.flat().join(''));

test('the clean text goes on behind the trigger as before: without the trigger it is the text', () => {
  fc.assert(
    fc.property(text, fc.nat(), (clean, seed) => {
      const random = randomStream(seed);
      const { beginning, rest } = writeAfterWord(clean, { text: '<T> x', random });
      expect(beginning.endsWith(' <T> x')).toBe(true);
      expect(beginning.slice(0, -' <T> x'.length) + rest).toBe(clean);
      expect(beginning).toMatch(/\S <T> x$/u);
      expect(rest).toMatch(/^\s+\S/u);
    }),
  );
});

test('the trigger comes to stand behind every word but the last', () => {
  const beginnings = new Set(
    Array.from(
      { length: 100 },
      (_, seed) =>
        writeAfterWord('one two three four\n', { text: 'T', random: randomStream(seed) }).beginning,
    ),
  );
  expect([...beginnings].sort()).toEqual(['one T', 'one two T', 'one two three T']);
});

test('the trigger stays within reach, and comes first where no word ends there', () => {
  const at = (clean: string, reach?: number) =>
    writeAfterWord(clean, { text: 'T', random: randomStream(1), ...(reach === undefined ? {} : { reach }) });
  expect(at('one two three four', 4)).toEqual({ beginning: 'one T', rest: ' two three four' });
  expect(at('one two three four', 2)).toEqual({ beginning: 'T', rest: ' one two three four' });
  expect(at('one')).toEqual({ beginning: 'T', rest: ' one' });
  expect(at('')).toEqual({ beginning: 'T', rest: '' });
});
