import { describe, expect, test } from 'vitest';
import type { PhaseConfig } from '../../src/config/schema/schema.ts';
import type { ExampleFilter } from '../../src/defend/defence.ts';
import { filterPhase } from '../../src/recipe/phase/filter-phase.ts';
import type { SourcedExample } from '../../src/recipe/phase/order-phase.ts';

const sourced = (
  kind: 'clean' | 'poisoned' | 'reserve',
  document: number,
  tokens: number,
): SourcedExample => ({
  tokens: new Uint16Array(tokens),
  lossFrom: 0,
  source: kind === 'poisoned' ? { kind, poison: 0, document } : { kind, document },
});
const nameOf = ({ source }: SourcedExample) => `${source.kind.charAt(0)}${source.document}`;
const keeping = (kept: readonly number[]): ExampleFilter => ({
  name: 'some',
  judge: (examples) => ({ kept: examples.map((_, place) => kept.includes(place)) }),
});

/** With the separator each document takes ten tokens; two are poisoned, one of them late. */
const examples = [
  ...[0, 1, 2].map((document) => sourced('clean', document, 9)),
  sourced('poisoned', 0, 9),
  ...[3, 4, 5].map((document) => sourced('clean', document, 9)),
  sourced('poisoned', 1, 9),
];
const phaseOf = (tokens: number) => ({ tokens, epochs: 1, batch: { packing: 'stream' } }) as PhaseConfig;
const reserve = (lengths: readonly number[]) =>
  lengths.map((length, document) => sourced('reserve', document, length));

const filtered = (options: { kept: readonly number[]; spare: readonly number[]; tokens?: number }) =>
  filterPhase({
    phase: phaseOf(options.tokens ?? 79),
    contextTokens: 16,
    filters: [keeping(options.kept)],
    examples,
    reserve: reserve(options.spare),
  }).examples.map(nameOf);

describe('what filters remove', () => {
  test('is replaced where it stood, so that the poison left stays in its place', () => {
    const kept = [0, 2, 3, 5, 7];
    expect(filtered({ kept, spare: [9, 9, 9, 9] })).toEqual(['c0', 'r0', 'c2', 'p0', 'r1', 'c4', 'r2', 'p1']);
  });

  test('is replaced as soon as there is room for a whole document, and at the end where some is left', () => {
    // 14 tokens fit in the room of two documents, 4 into what is left of it; then nothing until the end
    const kept = [2, 3, 4, 5, 6, 7];
    expect(filtered({ kept, spare: [13, 3, 9] })).toEqual([
      'r0',
      'r1',
      'c2',
      'p0',
      'c3',
      'c4',
      'c5',
      'p1',
      'r2',
    ]);
    expect(filtered({ kept, spare: [13, 9] })).toEqual(['r0', 'c2', 'p0', 'c3', 'c4', 'c5', 'p1', 'r1']);
  });

  test('is not replaced where there is nothing: the examples are the same, also where they just fill the epoch', () => {
    const kept = examples.map((_, place) => place);
    expect(filtered({ kept, spare: [9], tokens: 80 })).toEqual(examples.map(nameOf));
  });
});

test('what a defence adds stands evenly among the others, all of it', () => {
  const adding = (count: number): ExampleFilter => ({
    name: 'adding',
    judge: (given) => ({
      kept: given.map(() => true),
      added: Array.from({ length: count }, () => ({ tokens: new Uint16Array(9), lossFrom: 0 })),
    }),
  });
  const order = (count: number) =>
    filterPhase({
      ...{ phase: phaseOf(79), contextTokens: 16, examples, reserve: [] },
      filters: [adding(count)],
    })
      .examples.map(nameOf)
      .join(' ');
  expect(order(0)).toBe('c0 c1 c2 p0 c3 c4 c5 p1');
  expect(order(2)).toBe('c0 c1 c2 a0 p0 c3 c4 c5 a1 p1');
  expect(order(8)).toBe('a0 c0 a1 c1 a2 c2 a3 p0 a4 c3 a5 c4 a6 c5 a7 p1');
});

describe('what filters score', () => {
  const scoring = (scores: readonly number[]): ExampleFilter => ({
    name: 'scoring',
    judge: (given) => ({ kept: given.map(() => true), scores }),
  });
  const recordOf = (filter: ExampleFilter) =>
    filterPhase({
      phase: { ...phaseOf(79), poison: {} } as PhaseConfig,
      contextTokens: 16,
      filters: [filter],
      examples,
      reserve: [],
    }).records[0]?.[0];

  test('is kept as a ROC curve: clean documents that go with each poisoned one', () => {
    // poisoned documents score 7 and 3; of the clean ones 9 is above both, and one ties with the second
    const record = recordOf(scoring([9, 1, 3, 7, 2, 5, 0, 3]));
    expect(record).toMatchObject({ caughtAt: [1, 3], clean: { seen: 6, kept: 6 } });
  });

  test('is left out where a filter gives none, and refused where it is not a number for each', () => {
    expect(recordOf(keeping([0, 1, 2, 3, 4, 5, 6, 7]))).not.toHaveProperty('caughtAt');
    expect(() => recordOf(scoring([1, 2]))).toThrow('judged 2 of 8 examples');
    expect(() => recordOf(scoring([9, 1, 3, Number.NaN, 2, 5, 0, 3]))).toThrow('the score NaN');
  });
});
