import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fitDoseResponse, fitWithDilution } from '../../src/analyse/fits/dose-response.ts';
import {
  incompleteBeta,
  normalCdf,
  normalQuantile,
  studentCdf,
  studentQuantile,
} from '../../src/analyse/statistics/distributions.ts';
import { wilsonInterval } from '../../src/analyse/statistics/wilson-interval.ts';
import { quantile } from '../../src/core/sample-statistics.ts';

interface Fit {
  readonly steepness: number;
  readonly location: number;
  readonly dilution: number;
  readonly logQuasiLikelihood: number;
}

// From SciPy; the tool and its version are in the file, the script beside it.
const golden = JSON.parse(readFileSync(new URL('./golden/golden.json', import.meta.url), 'utf8')) as {
  wilson: { k: number; n: number; level: number; plain: number[]; corrected: number[] }[];
  quantiles: { values: number[]; at: [number, number][] };
  normal: [number, number][];
  normalQuantiles: [number, number][];
  student: [number, number, number][];
  studentQuantiles: [number, number, number][];
  incompleteBeta: [number, number, number, number][];
  fits: { floor: number; points: number[][]; laws: Record<'count' | 'share' | 'free', Fit> }[];
};

describe('values of SciPy', () => {
  it('gives the same Wilson intervals, plain and corrected for continuity', () => {
    for (const { k, n, level, plain, corrected } of golden.wilson) {
      for (const [expected, continuity] of [
        [plain, false],
        [corrected, true],
      ] as const) {
        const interval = wilsonInterval({ successes: k, trials: n, level, continuity });
        expect(interval.low).toBeCloseTo(expected[0], 10);
        expect(interval.high).toBeCloseTo(expected[1], 10);
      }
    }
  });

  it('gives the same quantiles of a sample', () => {
    for (const [p, value] of golden.quantiles.at)
      expect(quantile(golden.quantiles.values, p)).toBeCloseTo(value, 12);
  });

  it('gives the same normal and Student probabilities and quantiles', () => {
    for (const [z, p] of golden.normal) expect(Math.abs(normalCdf(z) / p - 1)).toBeLessThan(1e-10);
    for (const [p, z] of golden.normalQuantiles) expect(normalQuantile(p)).toBeCloseTo(z, 9);
    for (const [t, df, p] of golden.student) expect(Math.abs(studentCdf(t, df) / p - 1)).toBeLessThan(1e-10);
    for (const [p, df, t] of golden.studentQuantiles) expect(studentQuantile(p, df)).toBeCloseTo(t, 8);
    for (const [x, a, b, p] of golden.incompleteBeta) {
      expect(Math.abs(incompleteBeta(x, a, b) / p - 1)).toBeLessThan(1e-10);
    }
  });

  it('finds the same maximum of the quasi-likelihood for count law, share law and free law', () => {
    for (const { floor, points: rows, laws } of golden.fits) {
      const points = rows.map(([documents, tokens, asr, weight]) => ({ documents, tokens, asr, weight }));
      const fits = {
        count: fitWithDilution(points, { floor, dilution: 0 }),
        share: fitWithDilution(points, { floor, dilution: 1 }),
        free: fitDoseResponse(points, floor),
      };
      for (const law of ['count', 'share', 'free'] as const) {
        expect(fits[law].logQuasiLikelihood).toBeCloseTo(laws[law].logQuasiLikelihood, 8);
        expect(fits[law].steepness).toBeCloseTo(laws[law].steepness, 4);
        expect(fits[law].location).toBeCloseTo(laws[law].location, 4);
        expect(fits[law].dilution).toBeCloseTo(laws[law].dilution, 5);
        expect(fits[law].atBound).toBe(false);
      }
    }
  });
});
