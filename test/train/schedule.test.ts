import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scheduleLearningRate, warmupSteps } from '../../src/train/schedule.ts';

const schedule = { kind: 'cosine' as const, warmupShare: 0.05, finalShare: 0.1 };
const kinds = ['cosine', 'linear', 'constant'] as const;

describe('the learning rate', () => {
  it('rises in equal steps to the peak at the end of the warm-up', () => {
    const rates = [0, 1, 2, 3, 4].map((step) =>
      scheduleLearningRate({ schedule, learningRate: 0.01, step, optimizerSteps: 100 }),
    );
    const expected = [0.002, 0.004, 0.006, 0.008, 0.01];
    for (const [i, rate] of rates.entries()) expect(rate).toBeCloseTo(expected[i] as number, 15);
  });

  it('follows half a cosine, or a line, to the final share', () => {
    const at = (kind: 'cosine' | 'linear' | 'constant', step: number): number =>
      scheduleLearningRate({ schedule: { ...schedule, kind }, learningRate: 1, step, optimizerSteps: 100 });
    // 19 of the 95 steps after the warm-up: a fifth of the way
    expect(at('cosine', 23)).toBeCloseTo(0.1 + 0.9 * 0.5 * (1 + Math.cos(Math.PI / 5)), 14);
    expect(at('linear', 23)).toBeCloseTo(0.1 + 0.9 * 0.8, 14);
    expect(at('constant', 23)).toBe(1);
    expect(at('cosine', 99)).toBeCloseTo(0.1, 15);
    expect(at('linear', 99)).toBeCloseTo(0.1, 15);
  });

  it('never leaves (0, peak], never rises after the warm-up, and needs no warm-up', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const steps = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        share,
        share,
        steps,
        (kind, warmupShare, finalShare, optimizerSteps) => {
          const one = { kind, warmupShare, finalShare };
          const rates = Array.from({ length: optimizerSteps }, (_, step) =>
            scheduleLearningRate({ schedule: one, learningRate: 0.5, step, optimizerSteps }),
          );
          const warmup = warmupSteps(one, optimizerSteps);
          for (const [step, rate] of rates.entries()) {
            expect(rate).toBeGreaterThanOrEqual(0);
            expect(rate).toBeLessThanOrEqual(0.5 + 1e-15);
            if (step > warmup) expect(rate).toBeLessThanOrEqual((rates[step - 1] as number) + 1e-15);
          }
          if (warmup > 0) expect(rates[warmup - 1]).toBe(0.5);
        },
      ),
      { seed: 1 },
    );
  });
});
