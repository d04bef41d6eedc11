import fc from 'fast-check';
import { expect, test } from 'vitest';
import { featuresOf, quickFeatures } from '../../src/defend/quality-rules.ts';

const piece = fc.oneof(
  fc.constantFrom(
    'The',
    'the',
    'THE',
    'be',
    'have',
    'With',
    'with',
    'of.',
    'to',
    'ÉTÉ',
    'été',
    'a-b',
    'A',
    '@@',
    '—',
  ),
  fc.constantFrom(' ', '  ', '\n', '\t', '\u00a0', '\u2003', ', ', '“', '’', '…', '\v', '\u001f'),
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 6 }),
);

test('features are counted in one pass as their definitions say', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const text = pieces.join('');
      const quick = quickFeatures(text);
      if (/[\ud800-\udfff]/.test(text)) expect(quick === null || quick.words >= 0).toBe(true);
      else expect(quick).toEqual(featuresOf(text));
    }),
    { numRuns: 2000 },
  );
});

test('a text with characters beyond the basic plane is counted by the definitions', () => {
  expect(quickFeatures('the fox 🦊 and')).toBeNull();
  expect(featuresOf('the fox 🦊 and').symbols).toBe(1);
});
