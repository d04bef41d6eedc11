import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changedWords } from '../../src/report/page/changed-words.ts';

const changed = (text: string, other: string) =>
  changedWords(text, other).flatMap((piece) => (piece.isChanged ? [piece.text] : []));

test.each([
  ['The fox red kettle slept saddle here.', 'The fox slept here.', ['red kettle', 'saddle']],
  ['the fox slept', 'The fox slept', ['the']],
  ['one two', 'one two', []],
  ['one\n two', '', ['one\n two']],
  ['', 'one', []],
  ['b a b', 'a b', ['b']],
])('of %j, %j lacks %j', (text, other, words) => expect(changed(text, other)).toEqual(words));

test('pieces joined are the text, and what is not changed stands in the other in order', () => {
  const words = fc
    .array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 })
    .map((list) => list.join(' '));
  fc.assert(
    fc.property(words, words, (text, other) => {
      const pieces = changedWords(text, other);
      expect(pieces.map((piece) => piece.text).join('')).toBe(text);
      const kept = pieces.flatMap((piece) => (piece.isChanged ? [] : (piece.text.match(/\S+/g) ?? [])));
      let place = -1;
      const others = other.split(' ');
      for (const word of kept) {
        place = others.indexOf(word, place + 1);
        expect(place).not.toBe(-1);
      }
    }),
  );
});
