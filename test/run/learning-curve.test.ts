import { expect, test } from 'vitest';
import { learningCurve } from '../../src/run/execute/learning-curve.ts';

test('a learning curve has a row a step', () => {
  expect(learningCurve([3, 2.5, Number.NaN])).toBe('optimizerStep,trainLossNats\n1,3.00000\n2,2.50000\n3,\n');
  expect(learningCurve([])).toBe('optimizerStep,trainLossNats\n');
});

test('a long one has rows of several steps each, with their mean', () => {
  const lines = learningCurve(Array.from({ length: 2500 }, (_, step) => step))
    .trimEnd()
    .split('\n');
  expect(lines).toHaveLength(1 + 834);
  expect(lines.slice(1, 3)).toEqual(['3,1.00000', '6,4.00000']);
  expect(lines.at(-1)).toBe('2500,2499.00000');
});
