import { expect, test } from 'vitest';
import { exp } from '../../src/core/math.ts';
import { doublePrecision, gelu, singlePrecision, sum16 } from '../../src/kernels/reference/arithmetic.ts';

test('exp in single precision is within 1.2e-7 of e^x on [-87, 88]', () => {
  let largest = 0;
  for (let i = 0; i <= 200_000; i++) {
    const x = Math.fround(-87 + (175 * i) / 200_000);
    largest = Math.max(largest, Math.abs(singlePrecision.exp(x) / exp(x) - 1));
  }
  expect(largest).toBeLessThan(1.2e-7);
  expect(singlePrecision.exp(0)).toBe(1);
});

test('exp clamps beyond its range and lets NaN pass', () => {
  expect(singlePrecision.exp(-1000)).toBe(singlePrecision.exp(-87));
  expect(singlePrecision.exp(Infinity)).toBe(singlePrecision.exp(88));
  expect(singlePrecision.exp(Number.NaN)).toBeNaN();
});

test('GELU and its derivative are within 3e-6 of those in double precision, relative to |x| above 1', () => {
  let largest = 0;
  for (let i = 0; i <= 20_000; i++) {
    const x = Math.fround(-12 + (24 * i) / 20_000);
    const single = gelu(singlePrecision, x);
    const double = gelu(doublePrecision, x);
    const difference = Math.abs(single.value - double.value) / Math.max(1, Math.abs(x));
    largest = Math.max(largest, difference, Math.abs(single.derivative - double.derivative));
  }
  expect(largest).toBeLessThan(3e-6);
});

test('GELU lets nothing through of what it would let less than 2^-80 through, and NaN', () => {
  for (let i = 0; i <= 20_000; i++) {
    const { value, derivative } = gelu(singlePrecision, Math.fround(-20 + i / 1000));
    for (const number of [value, derivative])
      expect(number === 0 || Math.abs(number) > 2 ** -77, `${number}`).toBe(true);
  }
  expect(gelu(singlePrecision, -8.3).value).toBeLessThan(0);
  expect(gelu(singlePrecision, -8.5)).toEqual({ value: -0, derivative: 0 });
  expect(gelu(singlePrecision, Number.NaN)).toEqual({ value: Number.NaN, derivative: Number.NaN });
});

test('sum16 adds through its tree: 16 lanes first, then lanes 8, 4, 2 and 1 apart', () => {
  const large = 2 ** 24;
  // large + 1 is not representable: a one survives only where it meets another before it meets the large number
  const at = (place: number) => (i: number) => (i === 0 ? large : i === place ? 1 : 0);
  expect(sum16(singlePrecision, 32, at(16))).toBe(large);
  const pair = (i: number) => (i === 0 ? large : i === 1 || i === 17 ? 1 : 0);
  expect(sum16(singlePrecision, 32, pair)).toBe(large + 2);
  const apart = (i: number) => (i === 0 ? large : i === 1 || i === 4 ? 1 : 0);
  expect(sum16(singlePrecision, 32, apart)).toBe(large);
});
