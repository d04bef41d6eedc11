import { expect, test } from 'vitest';
import type { DefenceConfig, PhaseConfig } from '../../src/config/schema/schema.ts';
import { filterMilliseconds, pricedFilters } from '../../src/defend/filter-cost.ts';
import { bindDefences, listDefences } from '../../src/defend/registry.ts';

const priceOf = (defend: readonly DefenceConfig[], tokens = 1_000_000) =>
  filterMilliseconds({ name: 'a', tokens, epochs: 1, defend } as unknown as PhaseConfig, { meanTokens: 130 });

test('every filter has a price', () => {
  const context = { seed: 1, decode: () => '', vocabularySize: 1, separatorId: 0, trusted: () => [] };
  const acting: Readonly<Record<string, object>> = {
    'surprise-filter': { maximumNats: 1 },
    'random-removal': { share: 0.5 },
  };
  const filters = listDefences().filter(
    ({ kind }) => bindDefences([{ kind, ...acting[kind] }], context).filters.length > 0,
  );
  expect(pricedFilters).toEqual(expect.arrayContaining(filters.map(({ kind }) => kind)));
});

test('the price grows with the phase and the trusted text, adds up, and is nothing at strength zero', () => {
  const rare = { kind: 'rare-sequences' };
  expect(priceOf([])).toBe(0);
  expect(priceOf([{ kind: 'clip-sequences', norm: 1 }])).toBe(0);
  expect(priceOf([{ ...rare, falsePositiveShare: 0 }])).toBe(0);
  // 0.96 us for each of a million tokens, 0.94 us for each of 2,000 trusted documents of 130 tokens
  expect(priceOf([rare])).toBeCloseTo(960 + 244.4, 6);
  expect(priceOf([{ ...rare, trustedDocuments: 1000 }])).toBeCloseTo(960 + 122.2, 6);
  expect(priceOf([rare], 2_000_000)).toBeCloseTo(1920 + 244.4, 6);
  expect(priceOf([rare, { kind: 'near-duplicates' }])).toBeCloseTo(priceOf([rare]) + 450, 6);
});
