import { expect, test } from 'vitest';
import { distinctShare, median, quantile, repetitionShare } from '../../src/evaluate/measures.ts';

test('quantiles interpolate between order statistics (numpy.quantile, default method, NumPy 2)', () => {
  const values = [3, 1, 4, 1, 5, 9, 2, 6];
  expect(quantile(values, 0.99)).toBeCloseTo(8.79, 12);
  expect(quantile(values, 0.25)).toBeCloseTo(1.75, 12);
  expect(median(values)).toBe(3.5);
  expect(quantile(values, 1)).toBe(9);
});

test('statistics of nothing are null, never NaN', () => {
  expect([median([]), quantile([], 0.9)]).toEqual([null, null]);
});

test('the order of values does not change the median', () => {
  expect(median([10, 9, 100])).toBe(10);
});

test('distinct-1 and repetition see degenerate loops', () => {
  expect(distinctShare([7, 7, 7, 7])).toBe(0.25);
  expect(repetitionShare([7, 7, 7, 7])).toBe(1);
  expect(distinctShare([1, 2, 1, 2])).toBe(0.5);
  expect(repetitionShare([1, 2, 1, 2])).toBe(0);
  expect(repetitionShare([1, 2, 2])).toBe(0.5);
  expect(repetitionShare([1])).toBe(0);
});
