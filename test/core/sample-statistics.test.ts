import { expect, test } from 'vitest';
import { mean, quantile } from '../../src/core/sample-statistics.ts';

test('quantiles interpolate between order statistics (numpy.quantile, default method, NumPy 2)', () => {
  const values = [3, 1, 4, 1, 5, 9, 2, 6];
  expect(quantile(values, 0.99)).toBeCloseTo(8.79, 12);
  expect(quantile(values, 0.25)).toBeCloseTo(1.75, 12);
  expect(quantile(values, 0.99, (low, high) => low + high)).toBe(15);
  expect(() => quantile([], 0.9)).toThrow('an empty list has no quantiles');
});

test('a list is not sorted by its quantile', () => {
  const values = [10, 9, 100];
  expect(quantile(values, 0.5)).toBe(10);
  expect(values).toEqual([10, 9, 100]);
});

test('the mean of nothing is null, never NaN', () => {
  expect([mean([]), mean([1, 2, 6])]).toEqual([null, 3]);
});
