import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatBytes, formatDuration, formatNumber, plural } from '../../src/cli/format.ts';
import { bar, fitLine, table } from '../../src/cli/terminal.ts';
import { inert } from '../../src/core/inert-text.ts';

describe('text from data on a terminal', () => {
  test('holds nothing that a terminal would obey, whatever it was', () => {
    const text = fc
      .string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) })
      .map((value) => `${value}\u001b]0;title\u0007\r\n\u202e\u200b`);
    fc.assert(
      fc.property(text, (value) => {
        expect(inert(value)).not.toMatch(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069\u200b-\u200f]/u);
      }),
    );
  });

  test('shows what was there', () => {
    expect(inert('a\u001b[31mb\nc\td')).toBe('a␛[31mb⏎c d');
    expect(inert('Grüße, 世界 🙂')).toBe('Grüße, 世界 🙂');
  });

  test('is cut to its cells, wide characters counted twice', () => {
    expect(fitLine('abcdef', 6)).toBe('abcdef');
    expect(fitLine('abcdef', 5)).toBe('abcd…');
    expect(fitLine('世界世界', 5)).toBe('世…');
    expect(fitLine('', 5)).toBe('');
  });
});

describe('numbers on a terminal', () => {
  test.each([
    [3200, '3.2 s'],
    [9960, '10 s'],
    [59_400, '59 s'],
    [80_000, '1 min 20 s'],
    [3_599_600, '1 h 0 min'],
    [7_500_000, '2 h 5 min'],
  ])('%d ms are %s', (value, text) => expect(formatDuration(value)).toBe(text));

  test('bytes, missing values and plurals read well', () => {
    expect(formatBytes(12 * 1048576)).toBe('12 MiB');
    expect(formatBytes(1.5 * 1073741824)).toBe('1.5 GiB');
    expect([formatNumber(null), formatNumber(0.256)]).toEqual(['-', '0.26']);
    expect([plural(1, 'run'), plural(0, 'run')]).toEqual(['1 run', '0 runs']);
  });

  test('a bar fills with its share and never beyond', () => {
    expect([0, 0.5, 1, 2].map((share) => bar(share, 4))).toEqual(['░░░░', '██░░', '████', '████']);
  });

  test('a table aligns its columns', () => {
    expect(
      table(
        [
          ['a', 'number'],
          ['longer', '7'],
        ],
        [1],
      ),
    ).toEqual(['a       number', 'longer       7']);
  });
});
