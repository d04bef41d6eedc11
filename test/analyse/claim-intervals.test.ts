import { describe, expect, it } from 'vitest';
import { compareWithBounds } from '../../src/analyse/claims/claim.ts';
import { differenceInterval } from '../../src/analyse/claims/contrasts.ts';
import { curveDifference } from '../../src/analyse/fits/curve-difference.ts';
import { leastShareVariance, seedEstimate } from '../../src/analyse/statistics/student-interval.ts';
import { type RandomStream, randomStream } from '../../src/core/random.ts';
import { betaBinomial } from './synthetic-records.ts';

describe('distance between curves', () => {
  /** Differences of two curves by seed and place: noise in `directions` shapes (0: none shared), distance `truth`. */
  function world(stream: RandomStream, options: { seeds: number; directions: number; truth: number }) {
    const places = 24;
    const vector = (length: number) => Array.from({ length }, () => stream.normal());
    const scaled = (values: number[], to: number) => {
      const size = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
      return values.map((value) => (value * to) / size);
    };
    const shapes = Array.from({ length: options.directions }, () =>
      scaled(vector(places), 0.25 / Math.sqrt(options.directions)),
    );
    const mean = scaled(vector(places), options.truth);
    return Array.from({ length: options.seeds }, () => {
      const own = vector(options.directions);
      const noise = options.directions === 0 ? scaled(vector(places), 0.25) : null;
      return mean.map(
        (value, i) => value + (noise?.[i] ?? shapes.reduce((sum, shape, k) => sum + shape[i] * own[k], 0)),
      );
    });
  }

  const worlds = [5, 8].flatMap((seeds) =>
    [0, 1, 3].flatMap((directions) => [0, 0.1, 0.2, 0.4].map((truth) => ({ seeds, directions, truth }))),
  );

  it.each(
    worlds,
  )('is covered at least 85 times in 100: $seeds seeds, noise in $directions directions, distance $truth', (options) => {
    const stream = randomStream('curves', options.seeds, options.directions, options.truth);
    const outcomes = Array.from({ length: 300 }, () => {
      const { interval } = curveDifference(world(stream, options));
      const [low, high] = [interval?.low as number, interval?.high as number];
      return { covered: low <= options.truth && options.truth <= high, contradicted: low > 0.2 };
    });
    expect(outcomes.filter(({ covered }) => covered).length / 300).toBeGreaterThanOrEqual(0.85);
    const contradicted = outcomes.filter((outcome) => outcome.contradicted).length / 300;
    if (options.truth <= 0.2) expect(contradicted).toBeLessThanOrEqual(0.1);
    if (options.truth === 0.4) expect(contradicted).toBeGreaterThan(0.7);
  });

  it('is not taken for one where only the seeds differ: its square is 0 on average', () => {
    const stream = randomStream('curves', 'unbiased');
    const estimates = Array.from({ length: 200 }, () => {
      const { estimate } = curveDifference(world(stream, { seeds: 5, directions: 3, truth: 0 }));
      return estimate as number;
    });
    expect(estimates.filter((estimate) => estimate === 0).length).toBeGreaterThan(80);
  });

  it('is the plain distance where the seeds agree', () => {
    const { estimate, interval } = curveDifference(Array.from({ length: 5 }, () => [0.3, -0.1, 0]));
    expect(estimate).toBeCloseTo(Math.sqrt(0.1 / 3), 12);
    expect(interval?.high).toBeCloseTo(Math.sqrt(0.1 / 3), 12);
  });

  it('has no interval from fewer than five seeds, and no estimate from fewer than two', () => {
    expect(curveDifference([[1], [1], [1], [1]])).toMatchObject({ estimate: 1, interval: null });
    expect(curveDifference([[1]])).toMatchObject({ estimate: null, interval: null, seeds: 1 });
    expect(curveDifference([])).toMatchObject({ estimate: null, seeds: 0, places: 0 });
  });
});

describe('interval of a mean over seeds', () => {
  it("is Student's", () => {
    // scipy 1.17.1: stats.t.interval(0.9, 4, 3, stats.sem([3, 1, 4, 1, 6])) = (0.9776, 5.0224)
    const { mean, interval } = seedEstimate([3, 1, 4, 1, 6]);
    expect(mean).toBe(3);
    expect(interval?.low).toBeCloseTo(0.9776, 3);
    expect(interval?.high).toBeCloseTo(5.0224, 3);
    expect(seedEstimate([3, 1, 4, 1]).interval).toBeNull();
    expect(seedEstimate([])).toMatchObject({ mean: null, minimum: null, interval: null });
  });

  /** How often the interval of a mean share covers it: `runs` runs a seed, 200 prompts a run. */
  function shareCoverage(options: { share: number; dispersion: number; runs: number }): number {
    const { share, dispersion, runs } = options;
    const stream = randomStream('share coverage', share, dispersion, runs);
    let covered = 0;
    for (let trial = 0; trial < 300; trial++) {
      const values = Array.from({ length: 5 }, () => {
        let sum = 0;
        for (let i = 0; i < runs; i++)
          sum += betaBinomial(stream, { p: share, dispersion, prompts: 200 }) / 200;
        return sum / runs;
      });
      const mean = values.reduce((sum, value) => sum + value, 0) / 5;
      const leastVariance = leastShareVariance({ share: mean, prompts: 200, runs, seeds: 5 });
      const { interval } = seedEstimate(values, { leastVariance });
      if ((interval?.low as number) <= share && share <= (interval?.high as number)) covered += 1;
    }
    return covered / 300;
  }

  const scattered = [1, 3].flatMap((runs) => [
    ...[0.005, 0.02, 0.05, 0.5].map((share) => ({ share, dispersion: 0.01, runs })),
    ...[0.3, 0.5, 0.7].map((share) => ({ share, dispersion: 0.3, runs })),
  ]);
  it.each(
    scattered,
  )('covers a share of $share at least 85 times in 100: dispersion $dispersion, $runs runs a seed', (options) => {
    expect(shareCoverage(options)).toBeGreaterThanOrEqual(0.85);
  });

  it('does not where a rare seed succeeds on everything, which no interval of use could', () => {
    expect(shareCoverage({ share: 0.02, dispersion: 0.9, runs: 1 })).toBeLessThan(0.5);
  });

  it.each([
    [0.5, 0.5, 0.3],
    [0.05, 0.5, 0.3],
    [0.9, 0.9, 0.3],
    [0.5, 0.8, 0.6],
  ])('covers the difference of success %f and %f at least 85 times in 100 at dispersion %f', (p, q, dispersion) => {
    const stream = randomStream('difference coverage', p, q, dispersion);
    let covered = 0;
    for (let trial = 0; trial < 300; trial++) {
      const draw = (share: number) => betaBinomial(stream, { p: share, dispersion, prompts: 200 }) / 200;
      const { interval } = seedEstimate(
        Array.from({ length: 5 }, () => draw(p) - draw(q)),
        { leastVariance: 2 * leastShareVariance({ share: (p + q) / 2, prompts: 200, runs: 1, seeds: 5 }) },
      );
      if ((interval?.low as number) <= p - q && p - q <= (interval?.high as number)) covered += 1;
    }
    expect(covered / 300).toBeGreaterThanOrEqual(0.85);
  });
});

describe('interval of a difference from two intervals', () => {
  const of = (estimate: number | null, low: number | null, high: number | null) => ({
    estimate,
    interval: { low, high, level: 0.9 },
  });

  it('adds the reaches in quadrature', () => {
    expect(differenceInterval(of(5, 2, 9), of(1, -3, 5))).toEqual({
      low: -1,
      high: 4 + Math.sqrt(32),
      level: 0.9,
    });
  });

  it('is open where one of them is, and crosswise where an estimate is missing', () => {
    expect(differenceInterval(of(5, 2, null), of(1, 0, 2))).toMatchObject({ high: null });
    expect(differenceInterval(of(null, 6, null), of(1, 0, 2))).toEqual({ low: 4, high: null, level: 0.9 });
  });

  it('covers at least 85 times in 100 where both come from five seeds', () => {
    const stream = randomStream('mover');
    let covered = 0;
    for (let trial = 0; trial < 400; trial++) {
      const sample = (scale: number) =>
        seedEstimate(Array.from({ length: 5 }, () => scale * stream.normal()));
      const [a, b] = [sample(1), sample(0.4)];
      const { low, high } = differenceInterval(
        of(a.mean, a.interval?.low ?? null, a.interval?.high ?? null),
        of(b.mean, b.interval?.low ?? null, b.interval?.high ?? null),
      );
      if ((low as number) <= 0 && 0 <= (high as number)) covered += 1;
    }
    expect(covered / 400).toBeGreaterThanOrEqual(0.85);
  });
});

describe('a bound', () => {
  const inside = (low: number | null, high: number | null) =>
    compareWithBounds({ low, high, level: 0.9 }, { low: -1, high: 1 });

  it('supports with the whole interval inside, contradicts with none of it', () => {
    expect(inside(-0.5, 1)).toBe('supported');
    expect(inside(1.01, 3)).toBe('contradicted');
    expect(inside(-4, -1.01)).toBe('contradicted');
    expect(inside(0, 1.01)).toBe('inconclusive');
  });

  it('takes an open end for no limit', () => {
    expect(inside(null, 0)).toBe('inconclusive');
    expect(inside(2, null)).toBe('contradicted');
    expect(compareWithBounds({ low: null, high: 0, level: 0.9 }, { low: null, high: 0.05 })).toBe(
      'supported',
    );
  });
});
