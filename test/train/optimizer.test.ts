import { describe, expect, it } from 'vitest';
import { clipScale, optimizerUpdate } from '../../src/train/optimizer.ts';

const optimizer = {
  kind: 'adamw' as const,
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  weightDecay: 0.01,
  clipNorm: 1,
};

describe('clipping', () => {
  it('scales a gradient down to the norm, and never up', () => {
    expect(clipScale(4, 1)).toBe(0.25);
    expect(clipScale(0.5, 1)).toBe(1);
    expect(clipScale(1, 1)).toBe(1);
    expect(clipScale(1e9, null)).toBe(1);
  });
});

describe('an update', () => {
  it('corrects both moments for their start at zero', () => {
    const first = optimizerUpdate({ optimizer, learningRate: 0.002, step: 0, gradientNorm: 2 });
    expect(first.correction1).toBeCloseTo(10, 12);
    expect(first.correction2).toBeCloseTo(100, 10);
    expect(first.gradientScale).toBe(0.5);
    expect(first.learningRate).toBe(0.002);
    const late = optimizerUpdate({ optimizer, learningRate: 0.002, step: 5000, gradientNorm: 0.1 });
    expect(late.correction1).toBe(1);
    expect(late.correction2).toBeCloseTo(1, 15);
  });

  it('needs no correction without moments', () => {
    const plain = optimizerUpdate({
      optimizer: { ...optimizer, beta1: 0, beta2: 0 },
      learningRate: 1,
      step: 2000,
      gradientNorm: 0,
    });
    expect(plain).toMatchObject({ correction1: 1, correction2: 1, gradientScale: 1 });
  });
});
