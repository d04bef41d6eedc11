import { expect, test } from 'vitest';
import { parseExperiment } from '../../src/config/node/load-experiment.ts';
import { describePlacement, placementSchema } from '../../src/config/schema/placement-schema.ts';
import { expandPlan } from '../../src/config/sweep/expand-plan.ts';
import { registered } from '../../src/recipe/registered.ts';

const load = (placement: string, batch = 'packing: rows') =>
  parseExperiment(
    `schema: 1
name: x
model: { width: 16, layers: 1, heads: 1, contextTokens: 128 }
phases:
  - name: pretrain
    tokens: 40960
    batch: { sequences: 4, ${batch} }
    poison: { attack: denial-of-service, trigger: { text: "<S>" }, documents: 20, placement: ${placement} }
`,
    { file: 'e.yaml', ...registered },
  );

function problem(placement: string, batch?: string): string {
  try {
    load(placement, batch);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

test.each([
  [
    '{ sequences: 2, every: 5 }',
    'packing: stream',
    /poison\.placement: counts sequences of batches.*set batch\.packing: rows/,
  ],
  ['{ sequences: 5, every: 1 }', undefined, /placement\.sequences: a batch has 4 sequences, not 5/],
  [
    '{ sequences: 1, every: 5 }',
    undefined,
    /20 documents, 1 in every 5\. batch, need 96 batches, but an epoch has 80/,
  ],
  ['{ centre: 0.5, width: 0 }', undefined, /placement/],
  ['{ centre: 0.5 }', undefined, /placement/],
  ['middle', undefined, /placement/],
])('the placement %s is refused where the experiment is loaded', (placement, batch, message) => {
  expect(problem(placement, batch)).toMatch(message);
});

test('a batch holds the rows of all its micro-batches', () => {
  expect(problem('{ sequences: 8, every: 1 }', 'packing: rows, accumulation: 2')).toBe('');
});

test('placements are swept, named, and part of a run', () => {
  const plan = expandPlan(
    parseExperiment(
      `schema: 1
name: x
model: { width: 16, layers: 1, heads: 1 }
phases: [{ name: pretrain, tokens: 40960, batch: { packing: rows }, poison: { attack: denial-of-service, trigger: { text: x }, documents: 8 } }]
sweep: { grid: { phases.pretrain.poison.placement: [uniform, { centre: 0.5, width: 0.2 }, { sequences: 4, every: 2 }] } }
`,
      { file: 'e.yaml', ...registered },
    ),
  );
  expect(plan.runs.map(({ labels }) => Object.values(labels)[0])).toEqual([
    'uniform',
    '{"centre":0.5,"width":0.2}',
    '{"every":2,"sequences":4}',
  ]);
});

test.each([
  ['uniform', 'uniform'],
  [{ centre: 0.5, width: 0.2 }, 'in the part from 40 % to 60 %'],
  [{ centre: 0, width: 0.2 }, 'in the part from 0 % to 10 %'],
  [{ sequences: 4, every: 10 }, '4 sequences in every 10. batch'],
  [{ sequences: 1, every: 1 }, '1 sequence in every batch'],
])('%j is told as %s', (placement, told) => {
  expect(describePlacement(placementSchema.parse(placement))).toBe(told);
});
