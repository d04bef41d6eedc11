import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { InputError } from '../../src/core/errors.ts';
import { parseJson, parseJsonLines } from '../../src/core/read-json.ts';

const schema = z.strictObject({ b: z.int(), a: z.array(z.strictObject({ x: z.string() })).default([]) });
const source = { file: 'f.json', what: 'thing', remedy: 'make it again' };

describe('JSON from disk', () => {
  test('comes back as it was read: order of fields kept, no default filled in', () => {
    const read = parseJson('{"b": 1}', schema, source);
    expect(JSON.stringify(read)).toBe('{"b":1}');
    expect(JSON.stringify(parseJson('{"b":1,"a":[]}', schema, source))).toBe('{"b":1,"a":[]}');
  });

  test.each([
    ['{', /^f\.json is not a valid thing: it is not JSON \(.+\); make it again$/],
    ['null', /it is null: expected object/],
    ['{"b": 1.5}', /b is 1\.5: expected int/],
    ['{"b": 1, "a": [{"x": "y"}, {"x": [1]}]}', /a\.1\.x is \[1\]: expected string, received array; make it/],
    ['{"b": 1, "c": 2}', /Unrecognized key: "c"/],
    ['{"b": 1e999}', /b is Infinity: expected/],
    ['{"__proto__": {"b": 1}}', /b is nothing/],
  ])('%s is refused with its field and what to do', (text, message) => {
    expect(() => parseJson(text, schema, source)).toThrow(InputError);
    expect(() => parseJson(text, schema, source)).toThrow(message);
  });

  test('is named with its line where it has lines', () => {
    expect(parseJsonLines('{"b":1}\n{"b":2}\n', schema, source)).toHaveLength(2);
    expect(() => parseJsonLines('{"b":1}\n\n', schema, source)).toThrow(/^f\.json:2 is not a valid thing/);
  });

  test('a text that is not JSON is not repeated in the message', () => {
    expect(() => parseJson(`"${'secret'.repeat(9)}`, schema, source)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secretsecret') }),
    );
  });
});
