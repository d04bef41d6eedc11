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

test('lists and mappings are words, not JSON', () => {
  const of = (value: string) =>
    plannedTitle({ labels: { 'phases.pretrain.defend': value }, config: { seed: 1 } }, 1);
  expect(of('[]')).toBe('defend none');
  expect(of('[{"kind":"quality-rules"},{"kind":"random-removal","share":0.5}]')).toBe(
    'defend quality-rules + random-removal (share 0.5)',
  );
  expect(of('{"centre":0.7,"width":0.5}')).toBe('defend (centre 0.7, width 0.5)');
  expect(of('[a text')).toBe('defend [a text');
});
