import fc from 'fast-check';
import { expect, test } from 'vitest';
import { filterRoc } from '../../src/analyse/filter-outcomes.ts';
import { filtersCsv } from '../../src/report/filters-csv.ts';
import type { RunRecord } from '../../src/run/record.ts';

test('a perfect filter has areas of 1, one that scores all alike none', () => {
  expect(filterRoc([0, 0, 0], 1000)).toEqual({
    ...{ auroc: 1, auprc: 1, caughtAtOneInThousand: 1, caughtAtOneInHundred: 1 },
  });
  // all are caught together with all clean ones: precision is the share of poison
  expect(filterRoc([9, 9, 9], 9)).toEqual({
    ...{ auroc: 0, auprc: 0.25, caughtAtOneInThousand: 0, caughtAtOneInHundred: 0 },
  });
  expect(filterRoc([], 10)).toBeNull();
  expect(filterRoc([0], 0)).toBeNull();
});

test('thresholds that cost one clean document in a thousand, and in a hundred, catch what lies above them', () => {
  const roc = filterRoc([0, 1, 2, 10, 11, 900], 1000);
  expect(roc?.caughtAtOneInThousand).toBeCloseTo(2 / 6, 12);
  expect(roc?.caughtAtOneInHundred).toBeCloseTo(4 / 6, 12);
});

test('areas are those of their definitions over all thresholds', () => {
  const score = fc.integer({ min: 0, max: 12 });
  fc.assert(
    fc.property(
      fc.array(score, { minLength: 1, maxLength: 12 }),
      fc.array(score, { minLength: 1, maxLength: 30 }),
      (poisoned, clean) => {
        const above = (value: number, list: readonly number[]) => list.filter((own) => own >= value).length;
        const caughtAt = poisoned.map((own) => above(own, clean)).sort((a, b) => a - b);
        const roc = filterRoc(caughtAt, clean.length);
        const wins = poisoned.flatMap((own) => clean.filter((other) => own > other)).length;
        expect(roc?.auroc).toBeCloseTo(wins / (poisoned.length * clean.length), 12);
        // between two clean scores all poison counts as one: a threshold just above the next clean document
        const precision = poisoned.map((own) => {
          const below = Math.max(-1, ...clean.filter((other) => other < own));
          const caught = poisoned.filter((other) => other > below).length;
          return caught / (caught + above(own, clean));
        });
        expect(roc?.auprc).toBeCloseTo(precision.reduce((sum, own) => sum + own, 0) / poisoned.length, 12);
      },
    ),
  );
});

test('filters.csv has a row for each filter of each poison, and does not exist without filters', () => {
  const filters = [
    { filter: 'quality-rules', poisoned: { seen: 4, kept: 3 }, clean: { seen: 100, kept: 99 } },
    { filter: 'onion', poisoned: { seen: 3, kept: 1 }, clean: { seen: 99, kept: 98 }, caughtAt: [0, 0, 50] },
  ];
  const filtered = { filters, planted: 4, kept: 1, trained: 1, exposures: 1 };
  const record = (poison: object) =>
    ({
      id: 'a',
      config: { seed: 7 },
      parameters: 5,
      poison: [{ phase: 'pretrain', ...poison }],
    }) as unknown as RunRecord;
  expect(filtersCsv([record({})])).toBeNull();
  const lines = filtersCsv([record({}), record({ filtered })])?.split('\n') ?? [];
  expect(lines).toHaveLength(4);
  expect(lines[1]).toBe('a,7,5,pretrain,0,0,quality-rules,4,4,3,100,99,0.01,0.25,,,,,1');
  expect(lines[2]).toMatch(/^a,7,5,pretrain,0,1,onion,4,3,1,99,98,0\.0101\d*,0\.6666\d*,0\.83\d*,/);
});
