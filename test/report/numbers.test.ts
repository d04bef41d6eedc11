import { expect, test } from 'vitest';
import { halfSuccessIntervalInWords } from '../../src/report/numbers.ts';

const half = (low: number | null, high: number | null) =>
  ({
    state: 'above',
    documents: null,
    interval: { low, high, level: 0.9 },
    smallestTried: 10,
    largestTried: 2000,
  }) as const;

test('an interval of P50 beyond the counts tried is said by its one end', () => {
  expect(halfSuccessIntervalInWords(half(2000, null))).toBe('> 2000');
  expect(halfSuccessIntervalInWords(half(null, 10))).toBe('< 10');
});

test('one that reaches beyond them has both ends', () => {
  expect(halfSuccessIntervalInWords(half(1500, null))).toBe('1500 to > 2000');
  expect(halfSuccessIntervalInWords(half(null, 25))).toBe('< 10 to 25');
  expect(halfSuccessIntervalInWords(half(20, 25))).toBe('20 to 25');
});
