import { describe, expect, test } from 'vitest';
import { evaluationSteps } from '../../src/recipe/evaluation-steps.ts';

const steps = (optimizerSteps: number, evaluation: Parameters<typeof evaluationSteps>[0], phase = 'after') =>
  evaluationSteps(evaluation, { phase, optimizerSteps });

describe('a phase is evaluated', () => {
  test('at evenly spaced steps, its last among them', () => {
    expect(steps(100, { checkpoints: 4 })).toEqual([25, 50, 75, 100]);
    expect(steps(2, { checkpoints: 4 })).toEqual([1, 2]);
  });

  test('at the points that are stated for it, and at its end; other phases as before', () => {
    const evaluation = { checkpoints: 2, points: { after: [0.001, 0.02, 0.1] } };
    expect(steps(100, evaluation)).toEqual([1, 2, 10, 100]);
    expect(steps(10, evaluation)).toEqual([1, 10]);
    expect(steps(100, evaluation, 'before')).toEqual([50, 100]);
  });
});
