import fc from 'fast-check';
import { expect, test } from 'vitest';
import { beginningOf, encodeBeginning } from '../../src/tokens/beginning.ts';
import { trainTokenizer } from '../../src/tokens/train-tokenizer.ts';

const bytes = await trainTokenizer({ encoding: 'bytes', vocabularySize: 257, trainingDocuments: 1 }, []);

test('the first tokens of a text are those of the whole text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 20 }), (text, tokens) => {
      expect(encodeBeginning(text, tokens, bytes)).toEqual(bytes.encode(text).slice(0, tokens));
    }),
  );
});

test('a long text is cut between characters, not inside one', () => {
  const text = `a${'😀'.repeat(500)}`;
  expect(encodeBeginning(text, 1, bytes)).toEqual([97]);
});

test('the text of the first tokens is the longest beginning of whole characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, tokens) => {
      fc.pre(!text.includes('\uFFFD'));
      const beginning = beginningOf(text, tokens, bytes);
      expect(text.startsWith(beginning)).toBe(true);
      expect(bytes.encode(beginning).length).toBeLessThanOrEqual(tokens);
      const next = [...text.slice(beginning.length)][0] ?? '';
      if (next !== '') expect(bytes.encode(beginning + next).length).toBeGreaterThan(tokens);
    }),
  );
});
