import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearest, suggestion } from '../../src/config/yaml/suggest.ts';

describe('editDistance', () => {
  it('counts insertions, deletions and replacements', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('', 'abc')).toBe(3);
  });

  it('is a metric', () => {
    const word = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(word, word, word, (a, b, c) => {
        expect(editDistance(a, a)).toBe(0);
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
      }),
    );
  });
});

describe('nearest', () => {
  const fields = ['width', 'layers', 'heads', 'contextTokens'];

  it('finds a misspelt field, also in another case', () => {
    expect(nearest('widht', fields)).toBe('width');
    expect(nearest('ContextTokens', fields)).toBe('contextTokens');
    expect(nearest('context', fields)).toBe('contextTokens');
  });

  it('prefers the candidate that begins alike among equally near ones', () => {
    expect(nearest('poison.docs', ['poison', 'poison.share', 'poison.documents'])).toBe('poison.documents');
  });

  it('offers nothing for a word that is like none', () => {
    expect(nearest('dropout', fields)).toBeUndefined();
    expect(suggestion('dropout', fields)).toBe('; known: width, layers, heads, contextTokens');
  });
});
