import { expect, test } from 'vitest';
import { percent, shortCount, wholePercent } from '../../src/core/format-number.ts';

test.each([
  [0, '0'],
  [950, '950'],
  [999.4, '999.4'],
  [1000, '1.00k'],
  [41_300, '41.3k'],
  [999_600, '1.00M'],
  [1_530_000, '1.53M'],
  [9_600_000_000_000, '9.60T'],
])('%d is %s', (value, text) => expect(shortCount(value)).toBe(text));

test.each([
  [0, '0'],
  [950.4, '950'],
  [1000, '1k'],
  [39_456, '39k'],
  [999_499, '999k'],
  [999_500, '1M'],
  [1_530_000, '1.5M'],
  [19_960_000, '20M'],
  [13e9, '13B'],
])('a label of %d is %s', (value, text) => expect(shortCount(value, 2)).toBe(text));

test('shares have two significant digits below 10 %', () => {
  expect([null, 0, 0.00000412, 0.00041, 0.0076, 0.054, 0.5, 1, -0.054].map(percent)).toEqual([
    'n/a',
    '0 %',
    '0.00041 %',
    '0.041 %',
    '0.76 %',
    '5.4 %',
    '50 %',
    '100 %',
    '-5.4 %',
  ]);
});

test('progress is 100 % only when all is done', () => {
  expect([0, 0.004, 0.9999, 1].map(wholePercent)).toEqual(['0 %', '0 %', '99 %', '100 %']);
});
