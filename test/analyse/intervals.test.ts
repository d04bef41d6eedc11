import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundedMeanInterval } from '../../src/analyse/statistics/bounded-mean-interval.ts';
import { intervalHull } from '../../src/analyse/statistics/interval.ts';
import { meanSuccessInterval } from '../../src/analyse/statistics/mean-success-interval.ts';
import { profileInterval } from '../../src/analyse/statistics/profile-interval.ts';
import { drawSeedWeights, seedInterval, seedQuantile } from '../../src/analyse/statistics/seed-bootstrap.ts';
import { wilsonInterval } from '../../src/analyse/statistics/wilson-interval.ts';
import { type RandomStream, randomStream } from '../../src/core/random.ts';
import { mean, quantile } from '../../src/core/sample-statistics.ts';
import { betaBinomial } from './synthetic-records.ts';

/** Coverage of an interval for a share, by summing over all outcomes: no simulation. */
function exactCoverage(options: { trials: number; probability: number; continuity: boolean }): number {
  const { trials, probability: p, continuity } = options;
  let mass = (1 - p) ** trials;
  let covered = 0;
  for (let k = 0; k <= trials; k++) {
    const { low, high } = wilsonInterval({ successes: k, trials, level: 0.9, continuity });
    if ((low ?? 0) <= p && p <= (high ?? 1)) covered += mass;
    mass *= (((trials - k) / (k + 1)) * p) / (1 - p);
  }
  return covered;
}

describe('Wilson interval', () => {
  const probabilities = Array.from({ length: 499 }, (_, i) => (i + 0.5) / 499);

  it('covers at least 90 % everywhere when corrected for continuity, by exact enumeration', () => {
    for (const trials of [5, 6, 8, 10, 15]) {
      const worst = Math.min(
        ...probabilities.map((probability) => exactCoverage({ trials, probability, continuity: true })),
      );
      expect(worst).toBeGreaterThanOrEqual(0.9);
    }
  });

  it('would fall below 85 % without the correction', () => {
    const worst = Math.min(
      ...probabilities.map((probability) => exactCoverage({ trials: 5, probability, continuity: false })),
    );
    expect(worst).toBeLessThan(0.85);
  });

  it('mirrors when successes and failures swap, and holds the observed share', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(60), fc.boolean(), (trials, some, continuity) => {
        const successes = Math.min(some, trials);
        const own = wilsonInterval({ successes, trials, level: 0.9, continuity });
        const other = wilsonInterval({ successes: trials - successes, trials, level: 0.9, continuity });
        expect(own.low).toBeCloseTo(1 - (other.high as number), 12);
        expect(own.low).toBeLessThanOrEqual(successes / trials + 1e-12);
        expect(own.high).toBeGreaterThanOrEqual(successes / trials - 1e-12);
      }),
    );
  });

  it('refuses more successes than trials', () => {
    expect(() => wilsonInterval({ successes: 3, trials: 2, level: 0.9, continuity: true })).toThrow(
      RangeError,
    );
  });
});

describe('interval for a mean success rate', () => {
  /** Distributions on [0, 1] with their means: all or nothing, nearly so, and hardly varying. */
  const worlds: readonly [string, number, (stream: RandomStream) => number][] = [
    ['all or nothing and rare', 0.05, (s) => (s.uniform() < 0.05 ? 1 : 0)],
    ['all or nothing and even', 0.5, (s) => (s.uniform() < 0.5 ? 1 : 0)],
    [
      'two humps',
      0.3 * 0.85 + 0.7 * 0.05,
      (s) => (s.uniform() < 0.3 ? 0.7 + 0.3 * s.uniform() : 0.1 * s.uniform()),
    ],
    ['uniform near 0', 0.02, (s) => 0.04 * s.uniform()],
    ['uniform', 0.5, (s) => s.uniform()],
  ];

  it.each(worlds)('covers at least 85 times in 100 for values %s', (name, truth, draw) => {
    for (const seeds of [5, 12]) {
      const stream = randomStream('coverage', name, seeds);
      let covered = 0;
      for (let trial = 0; trial < 200; trial++) {
        const values = Array.from({ length: seeds }, () => draw(stream));
        const { low, high } = boundedMeanInterval({ values, level: 0.9, draws: 200, stream });
        if ((low as number) <= truth && truth <= (high as number)) covered += 1;
      }
      expect(covered / 200).toBeGreaterThanOrEqual(0.85);
    }
  });

  it('is the Clopper-Pearson interval for all-or-nothing runs', () => {
    // scipy 1.17.1, binomtest(3, 5).proportion_ci(0.9, "exact")
    const interval = boundedMeanInterval({
      values: [1, 0, 1, 0, 1],
      level: 0.9,
      draws: 20000,
      stream: randomStream('clopper'),
    });
    expect(interval.low).toBeCloseTo(0.189256, 2);
    expect(interval.high).toBeCloseTo(0.92356, 2);
  });

  it('has some width although all seeds agree', () => {
    const options = { level: 0.9, draws: 500, stream: randomStream('agree') };
    expect(boundedMeanInterval({ values: [0, 0, 0, 0, 0], ...options })).toMatchObject({ low: 0 });
    expect(boundedMeanInterval({ values: [0, 0, 0, 0, 0], ...options }).high).toBeGreaterThan(0.3);
    expect(boundedMeanInterval({ values: [1, 1, 1, 1, 1], ...options }).low).toBeLessThan(0.7);
  });

  it('is the same for the same stream and another for another', () => {
    const at = (seed: string) =>
      boundedMeanInterval({ values: [0.2, 0.9, 0.4], level: 0.9, draws: 100, stream: randomStream(seed) });
    expect(at('a')).toEqual(at('a'));
    expect(at('a')).not.toEqual(at('b'));
  });
});

describe('bootstrap over seeds', () => {
  it('draws positive weights of mean 1', () => {
    const weights = drawSeedWeights(randomStream('weights'), 7);
    expect(weights.every((weight) => weight > 0)).toBe(true);
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(7, 12);
  });

  it('covers at least 85 % for the mean of few normal values', () => {
    for (const seeds of [5, 9]) {
      const stream = randomStream('normal coverage', seeds);
      let covered = 0;
      for (let trial = 0; trial < 250; trial++) {
        const values = Array.from({ length: seeds }, () => stream.normal());
        const draws = Array.from({ length: 120 }, () => {
          const weights = drawSeedWeights(stream, seeds);
          return values.reduce((sum, value, i) => sum + value * weights[i], 0) / seeds;
        });
        const { low, high } = seedInterval({ estimate: mean(values) as number, draws, seeds, level: 0.9 });
        if ((low as number) <= 0 && 0 <= (high as number)) covered += 1;
      }
      expect(covered / 250).toBeGreaterThanOrEqual(0.85);
    }
  });

  it("is Student's interval for a mean", () => {
    const values = [3, 1, 4, 1, 6];
    const stream = randomStream('student');
    const draws = Array.from({ length: 20000 }, () => {
      const weights = drawSeedWeights(stream, values.length);
      return values.reduce((sum, value, i) => sum + value * weights[i], 0) / values.length;
    });
    const interval = seedInterval({ estimate: 3, draws, seeds: 5, level: 0.9 });
    // scipy 1.17.1: stats.t.interval(0.9, 4, 3, stats.sem([3, 1, 4, 1, 6])) = (0.9776, 5.0224)
    expect((interval.high as number) - (interval.low as number)).toBeCloseTo(4.0449, 1);
  });

  it('reaches further the fewer seeds there are', () => {
    expect(seedQuantile({ seeds: 5, level: 0.9 })).toBeGreaterThan(seedQuantile({ seeds: 6, level: 0.9 }));
    expect(seedQuantile({ seeds: 5000, level: 0.9 })).toBeCloseTo(1.645, 2);
  });

  it('is open where estimates are infinite', () => {
    const draws = [1, 2, Infinity, Infinity, Infinity];
    expect(seedInterval({ estimate: 1.5, draws, seeds: 5, level: 0.9 }).high).toBeNull();
  });
});

describe('profile interval', () => {
  it('finds where a parabola exceeds the allowance', () => {
    const options = { loss: (v: number) => (v - 1) * (v - 1), estimate: 1, level: 0.9 };
    const interval = profileInterval({ ...options, allowance: 0.25, bounds: { minimum: -5, maximum: 5 } });
    expect(interval.low).toBeCloseTo(0.5, 6);
    expect(interval.high).toBeCloseTo(1.5, 6);
    expect(
      profileInterval({ ...options, allowance: 100, bounds: { minimum: -5, maximum: 5 } }),
    ).toMatchObject({
      low: null,
      high: null,
    });
  });

  it('joins with another to the wider, open ends winning', () => {
    const a = { low: 0, high: 1, level: 0.9 };
    expect(intervalHull(a, { low: -1, high: 0.5, level: 0.9 })).toEqual({ low: -1, high: 1, level: 0.9 });
    expect(intervalHull(a, { low: null, high: 0.5, level: 0.9 }).low).toBeNull();
  });
});

describe('quantile', () => {
  it('lies between the extremes and rises with the probability', () => {
    const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 });
    const p = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(values, p, p, (sample, a, b) => {
        const [low, high] = [quantile(sample, Math.min(a, b)), quantile(sample, Math.max(a, b))];
        expect(low).toBeLessThanOrEqual(high + 1e-9 * Math.abs(high));
        expect(low).toBeGreaterThanOrEqual(Math.min(...sample) - 1e-9);
        expect(high).toBeLessThanOrEqual(Math.max(...sample) + 1e-9);
      }),
    );
  });

  it('does not exist for an empty list', () => {
    expect(() => quantile([], 0.5)).toThrow(RangeError);
  });
});

describe('the interval about the mean of a cell', () => {
  it.each([
    [0.02, 0.05],
    [0.056, 0.02],
    [0.056, 0.5],
    [0.3, 0.1],
    [0.6, 0.35],
  ])('covers what it promises at dispersion %s and mean %s, five seeds', (dispersion, p) => {
    const stream = randomStream('mean-success', String(dispersion), String(p));
    const repeats = 1500;
    let held = 0;
    for (let i = 0; i < repeats; i++) {
      const values = Array.from(
        { length: 5 },
        () => betaBinomial(stream, { p, dispersion, prompts: 200 }) / 200,
      );
      const mean = values.reduce((sum, value) => sum + value, 0) / 5;
      const { low, high } = meanSuccessInterval({ mean, seeds: 5, dispersion, level: 0.9 });
      if ((low ?? 0) <= p && p <= (high ?? 1)) held += 1;
    }
    expect(held / repeats).toBeGreaterThan(0.84);
  });

  it('is narrow where five runs that hardly differ agree on nothing, and never leaves 0 to 1', () => {
    const none = meanSuccessInterval({ mean: 0, seeds: 5, dispersion: 0.056, level: 0.9 });
    expect(none.low).toBe(0);
    expect(none.high).toBeLessThan(0.035);
    expect(meanSuccessInterval({ mean: 1, seeds: 5, dispersion: 0.056, level: 0.9 }).high).toBe(1);
    // All or nothing, five of five: Wilson's own.
    expect(meanSuccessInterval({ mean: 1, seeds: 5, dispersion: 1, level: 0.9 }).low).toBeCloseTo(0.649, 3);
  });
});
