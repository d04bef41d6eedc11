// Titles of planned runs: what tells them apart, equal neighbours once.
import { expect, test } from 'vitest';
import { plannedTitle } from '../../src/run/run-title.ts';

const titleOf = (documents: readonly number[]) =>
  plannedTitle(
    {
      labels: Object.fromEntries(
        documents.map((count, i) => [`phases.pretrain.poison.${i}.documents`, count]),
      ),
      config: { seed: 2 },
    },
    5,
  );

test('equal neighbours are counted, so that different runs keep different titles', () => {
  expect(titleOf([50])).toBe('50 documents, seed 2');
  expect(titleOf([16, 16, 16])).toBe('16 documents × 3, seed 2');
  expect(titleOf([8, 8, 16])).toBe('8 documents × 2, 16 documents, seed 2');
  expect(titleOf([8, 16, 8])).toBe('8 documents, 16 documents, 8 documents, seed 2');
  expect(titleOf([])).toBe('seed 2');
});
