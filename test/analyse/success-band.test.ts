import { describe, expect, it } from 'vitest';
import { analyseExperiment } from '../../src/analyse/analyse-experiment.ts';
import { type DoseResponse, predictAsr } from '../../src/analyse/fits/dose-response.ts';
import { successBand } from '../../src/analyse/fits/success-band.ts';
import { seedQuantile } from '../../src/analyse/statistics/seed-bootstrap.ts';
import { type SyntheticOptions, syntheticRecords } from './synthetic-records.ts';

function curve(location: number, dilution = 0): DoseResponse {
  return { floor: 0, steepness: 4, location, dilution, logQuasiLikelihood: 0, atBound: false };
}

const cells = (tokens: readonly number[]) =>
  tokens.flatMap((D) => [10, 100].map((documents) => ({ documents, tokens: D })));

const bandOf = (options: SyntheticOptions) => {
  const experiment = { name: 'x', configText: '', records: syntheticRecords(options) };
  return analyseExperiment(experiment, { draws: 100 }).groups[0]?.comparison?.band ?? null;
};

describe('the band of a fitted curve', () => {
  it('is the interval of the prediction over draws, at counts from the smallest to the largest tried', () => {
    const [estimate, draw] = [curve(1.5), curve(1.6)];
    const band = successBand(cells([1e6]), { curve: estimate, draws: [draw, draw], seeds: 5 });
    expect(band[0]?.documents).toBeCloseTo(10, 9);
    expect(band.at(-1)?.documents).toBeCloseTo(100, 9);
    for (const { documents, mean, low, high } of band) {
      const dose = { documents, tokens: 1e6 };
      const reach =
        seedQuantile({ seeds: 5, level: 0.9 }) *
        Math.abs(predictAsr(draw, dose) - predictAsr(estimate, dose));
      expect(mean).toBeCloseTo(predictAsr(estimate, dose), 12);
      expect(low).toBeCloseTo(Math.max(0, mean - reach), 9);
      expect(high).toBeCloseTo(Math.min(1, mean + reach), 9);
    }
  });

  it('holds the curve of every size where they differ', () => {
    const estimate = curve(-1.5, 0.5); // half success at 10^1.5 documents at 10^6 tokens
    const band = successBand(cells([1e5, 1e6, 1e7]), { curve: estimate, draws: [estimate], seeds: 5 });
    for (const { documents, low, high } of band) {
      expect(low).toBeCloseTo(predictAsr(estimate, { documents, tokens: 1e7 }), 12);
      expect(high).toBeCloseTo(predictAsr(estimate, { documents, tokens: 1e5 }), 12);
    }
  });

  it('is part of the analysis from five seeds on, within 0 to 1, and holds the truth of synthetic runs', () => {
    const band = bandOf({}) ?? [];
    expect(band).toHaveLength(41);
    for (const { mean, low, high } of band) {
      expect(0 <= low && low <= mean && mean <= high && high <= 1).toBe(true);
    }
    expect(band[0]?.high).toBeLessThan(0.5);
    expect(band.at(-1)?.low).toBeGreaterThan(0.5);
    expect(bandOf({ seeds: [1, 2, 3, 4] })).toBeNull();
  });
});
