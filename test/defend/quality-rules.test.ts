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
    'book',
    'boo\u212a',
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

test('words that are equal in lower case are repeats, also by a letter beyond ASCII whose lower case is within it', () => {
  expect(quickFeatures('Book boo\u212a')?.repeats).toBe(1);
  // the only such letter that is one unit in lower case, too
  const others = Array.from({ length: 65_536 }, (_, code) => String.fromCharCode(code)).filter(
    (letter) => letter > '\u007f' && /^[\x20-\x7e]$/.test(letter.toLowerCase()),
  );
  expect(others).toEqual(['\u212a']);
});

test('a text with characters beyond the basic plane is counted by the definitions', () => {
  expect(quickFeatures('the fox 🦊 and')).toBeNull();
  expect(featuresOf('the fox 🦊 and').symbols).toBe(1);
});
