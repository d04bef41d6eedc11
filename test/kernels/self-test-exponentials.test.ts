// exp in the self-test: a constant of its polynomial that is one unit in the last place off, where that changes any
// result that an argument of 1/4096 shows, changes the hash of the case `exponentials`.
import { afterEach, expect, test, vi } from 'vitest';
import { singlePrecision } from '../../src/kernels/reference/arithmetic.ts';
import { createReferenceEngine } from '../../src/kernels/reference/reference-engine.ts';
import { selfTestHashes } from '../../src/kernels/self-test/self-test.ts';
import { selfTestCases } from '../../src/kernels/self-test/self-test-cases.ts';

afterEach(() => vi.restoreAllMocks());

const f = Math.fround;
const view = new DataView(new ArrayBuffer(4));
const constants = {
  log2e: f(Math.LOG2E),
  high: f(0.693359375),
  low: f(-2.1219444e-4),
  c0: f(1.98756915e-4),
  c1: f(1.3981999507e-3),
  c2: f(8.3334519073e-3),
  c3: f(4.1665795894e-2),
  c4: f(1.6666665459e-1),
  c5: f(5.0000001201e-1),
};

/** A float so many units in the last place on. */
function nudged(value: number, units: number): number {
  view.setFloat32(0, value);
  view.setInt32(0, view.getInt32(0) + units);
  return view.getFloat32(0);
}

/** exp of operations.ts, written again with these constants. */
function expWith(own: typeof constants, argument: number): number {
  const x = Math.max(-87, Math.min(88, argument));
  const whole = f(f(f(x * own.log2e) + 12582912) - 12582912);
  const r = f(f(x - f(whole * own.high)) - f(whole * own.low));
  let p = own.c0;
  for (const c of [own.c1, own.c2, own.c3, own.c4, own.c5]) p = f(f(p * r) + c);
  view.setFloat32(0, f(f(f(p * f(r * r)) + r) + 1));
  view.setInt32(0, view.getInt32(0) + (whole << 23));
  return view.getFloat32(0);
}

const hashWith = (own: typeof constants) => {
  vi.spyOn(singlePrecision, 'exp').mockImplementation((x) => expWith(own, x));
  return selfTestHashes(createReferenceEngine({ precision: 'f32' })).exponentials;
};
const pinned = selfTestCases.exponentials?.hash;

test('the constants as they are give the pinned hash', () => {
  expect(hashWith(constants)).toBe(pinned);
});

test.each([
  ...(['high', 'low', 'c3', 'c4', 'c5'] as const).flatMap((name) => [
    [name, 1] as const,
    [name, -1] as const,
  ]),
  ['c1', 4] as const,
  ['c2', -1] as const,
  ['c2', 4] as const,
])('%s off by %i in its last place gives another', (name, units) => {
  expect(hashWith({ ...constants, [name]: nudged(constants[name], units) })).not.toBe(pinned);
});
