import { describe, expect, it } from 'vitest';
import { cos, exp, log, log10, pow, sin, tanh } from '../../src/core/math.ts';
import { randomStream } from '../../src/core/random.ts';

/** Distance of a value from the engine's own function in units of the last place. */
function ulps(actual: number, expected: number): number {
  if (actual === expected) return 0;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(expected));
  view.setBigUint64(0, view.getBigUint64(0) + 1n);
  return Math.abs(actual - expected) / (view.getFloat64(0) - Math.abs(expected));
}

function worst(own: (x: number) => number, engine: (x: number) => number, range: [number, number]): number {
  const random = randomStream('math', range[0], range[1]);
  let result = 0;
  for (let i = 0; i < 50_000; i++) {
    const x = range[0] + (range[1] - range[0]) * random.uniform();
    result = Math.max(result, ulps(own(x), engine(x)));
  }
  return result;
}

describe('core/math', () => {
  it.each([
    ['exp', exp, Math.exp, [-700, 700], 1.5],
    ['exp near 0', exp, Math.exp, [-1, 1], 1.5],
    ['log', log, Math.log, [1e-300, 1e3], 1.5],
    ['log near 1', log, Math.log, [0.9, 1.1], 1.5],
    ['sin', sin, Math.sin, [-0.78, 0.78], 1.5],
    ['cos', cos, Math.cos, [-0.78, 0.78], 1.5],
    ['tanh', tanh, Math.tanh, [0.1, 20], 4],
  ] as const)('%s stays within a few ulps of the engine', (_, own, engine, range, limit) => {
    expect(worst(own, engine, [...range])).toBeLessThanOrEqual(limit);
  });

  it('sin and cos keep an absolute error of 1e-15 over many periods', () => {
    const random = randomStream('math', 'periods');
    for (let i = 0; i < 20_000; i++) {
      const x = (random.uniform() - 0.5) * 20_000;
      expect(Math.abs(sin(x) - Math.sin(x))).toBeLessThan(1e-15);
      expect(Math.abs(cos(x) - Math.cos(x))).toBeLessThan(1e-15);
    }
  });

  it('handles the edges of the number line', () => {
    expect(exp(0)).toBe(1);
    expect(exp(710)).toBe(Infinity);
    expect(exp(-746)).toBe(0);
    expect(exp(Number.NaN)).toBeNaN();
    expect(log(0)).toBe(-Infinity);
    expect(log(-1)).toBeNaN();
    expect(log(1)).toBe(0);
    expect(log(5e-324)).toBeCloseTo(-744.4400719213812, 10);
    expect(log10(1000)).toBeCloseTo(3, 14);
    expect(tanh(-50)).toBe(-1);
    expect(tanh(1e-9)).toBe(1e-9);
    expect(() => sin(1e7)).toThrow(RangeError);
  });

  it('powers of integers are those of repeated multiplication', () => {
    expect(pow(3, 4)).toBe(81);
    expect(pow(2, -2)).toBe(0.25);
    expect(pow(0, 0.5)).toBe(0);
    expect(pow(2, 0.5)).toBeCloseTo(Math.SQRT2, 14);
    expect(pow(0.99, 1000)).toBeCloseTo(4.3171247410657e-5, 15);
  });
});
