import fc from 'fast-check';
import { expect, test } from 'vitest';
import { poisonPositions, uniformPosition } from '../../src/poison/placement.ts';

const placements = ['uniform', 'even', 'start', 'end'] as const;
const request = fc
  .record({
    placement: fc.constantFrom(...placements),
    count: fc.integer({ min: 0, max: 60 }),
    seed: fc.nat(1000),
    free: fc.nat(100),
  })
  .map(({ free, ...rest }) => ({ ...rest, slots: rest.count + free }));

test('positions are distinct, one a document, and inside the slots', () => {
  fc.assert(
    fc.property(request, (options) => {
      const positions = poisonPositions(options);
      expect(positions).toHaveLength(options.count);
      expect(new Set(positions).size).toBe(options.count);
      for (const position of positions) {
        expect(Number.isInteger(position) && position >= 0 && position < options.slots).toBe(true);
      }
    }),
  );
});

test('the positions of a smaller uniform count are those of a larger one', () => {
  const of = (count: number) => poisonPositions({ placement: 'uniform', count, seed: 3, slots: 500 });
  expect(of(50).slice(0, 20)).toEqual(of(20));
});

test('a uniform document keeps its relative position whatever the number of slots', () => {
  for (const slots of [1000, 100_000]) {
    const positions = poisonPositions({ placement: 'uniform', count: 20, seed: 3, slots });
    positions.forEach((position, index) => {
      expect(Math.abs(position / slots - uniformPosition(3, index))).toBeLessThan(2.5 / slots);
    });
  }
});

test('uniform positions fill every tenth of the slots about equally', () => {
  const positions = poisonPositions({ placement: 'uniform', count: 2000, seed: 5, slots: 1_000_000 });
  const counts = new Array<number>(10).fill(0);
  for (const position of positions) {
    const tenth = Math.floor(position / 100_000);
    counts[tenth] = (counts[tenth] ?? 0) + 1;
  }
  // six standard deviations of a binomial with 2000 draws at 0.1
  for (const count of counts) expect(Math.abs(count - 200)).toBeLessThan(81);
});

test('even, start and end stand where their names say', () => {
  const of = (placement: (typeof placements)[number]) =>
    poisonPositions({ placement, count: 4, seed: 1, slots: 40 });
  expect(of('even')).toEqual([5, 15, 25, 35]);
  expect(of('start')).toEqual([0, 1, 2, 3]);
  expect(of('end')).toEqual([36, 37, 38, 39]);
});

test('more documents than slots is an error', () => {
  expect(() => poisonPositions({ placement: 'uniform', count: 3, seed: 1, slots: 2 })).toThrow(
    /3 .* 2 places/,
  );
});

test('a window holds all its documents, nested in their count', () => {
  const of = (count: number, width = 0.2) =>
    poisonPositions({ placement: { centre: 0.7, width }, count, seed: 3, slots: 500 });
  for (const position of of(100)) expect(position >= 300 && position < 400).toBe(true);
  expect(new Set(of(100)).size).toBe(100);
  expect(of(60).slice(0, 20)).toEqual(of(20));
  expect(of(4, 1).some((position) => position < 300 || position >= 400)).toBe(true);
  expect(() => of(101)).toThrow(/101 poisoned documents do not fit the 100 places .*from 60 % to 80 %/);
});

test('a window at an end of the phase is cut there', () => {
  const of = (centre: number) =>
    poisonPositions({ placement: { centre, width: 0.2 }, count: 10, seed: 3, slots: 100 });
  expect(of(0).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(Math.min(...of(1))).toBe(90);
});

test('density and frequency: so many rows of every so many batches, from the first on', () => {
  const of = (sequences: number, every: number, count = 5) =>
    poisonPositions({ placement: { sequences, every }, count, seed: 3, slots: 80, batchSlots: 8 });
  expect(of(1, 1)).toEqual([0, 8, 16, 24, 32]);
  expect(of(2, 3)).toEqual([0, 1, 24, 25, 48]);
  expect(of(8, 5, 9)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 40]);
  expect(() => of(9, 1)).toThrow(/placement\.sequences is 9, but a batch has 8 rows/);
  expect(() => of(1, 3)).toThrow(/5 poisoned documents, 1 in every 3\. batch, need 13 batches, .* has 10/);
  expect(() =>
    poisonPositions({ placement: { sequences: 1, every: 1 }, count: 1, seed: 1, slots: 8 }),
  ).toThrow(/batch\.packing: rows/);
});
