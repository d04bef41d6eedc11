import fc from 'fast-check';
import { expect, test } from 'vitest';
import { replaceField } from '../../src/poison/json-text.ts';

test('a field of an object gets its new text and every other field keeps its value', () => {
  const object = fc.tuple(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), fc.string(), fc.string());
  fc.assert(
    fc.property(object, ([others, field, before, after]) => {
      const value = { ...others, [field]: before };
      const changed: unknown = JSON.parse(replaceField(JSON.stringify(value), field, after));
      expect(changed).toEqual(JSON.parse(JSON.stringify({ ...value, [field]: after })));
    }),
  );
});

test('what is not replaced stays byte for byte: spaces, large numbers, nested fields of that name', () => {
  const line = '{ "n":12345678901234567890 , "in": {"text": "a"}, "te\\u0078t" : "b \\"}" ,"l":["text"]}\r';
  expect(replaceField(line, 'text', 'c')).toBe(line.replace('"b \\"}"', '"c"'));
});

test('of two fields of one name the last counts, and a field that is not there is an error', () => {
  expect(replaceField('{"text":"a","text":"b"}', 'text', 'c')).toBe('{"text":"a","text":"c"}');
  expect(() => replaceField('{"a":"text"}', 'text', 'c')).toThrow(/no text in a field "text"/);
});
