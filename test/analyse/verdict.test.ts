// The verdict's rule, straight from the numbers that decide.
import { describe, expect, it } from 'vitest';
import type { Cell } from '../../src/analyse/cells.ts';
import { judgeGroup } from '../../src/analyse/claims/verdict.ts';
import type { LawComparison } from '../../src/analyse/fits/compare-laws.ts';
import type { Interval } from '../../src/analyse/statistics/interval.ts';

const between = (low: number, high: number): Interval => ({ low, high, level: 0.9 });

const COMPARISON: LawComparison = {
  runs: 100,
  cells: 20,
  seeds: 5,
  dataRatio: 24,
  floor: 0.01,
  controls: 25,
  dispersion: 0.05,
  laws: [],
  sizes: 5,
  sizesWithHalfSuccess: 5,
  dilution: 0.02,
  dilutionInterval: between(-0.05, 0.09),
  dilutionBootstrap: between(-0.05, 0.09),
  dilutionProfile: between(-0.04, 0.08),
  dilutionForNewSizes: { estimate: 0.02, interval: between(-0.12, 0.16), scatter: 0.04, sizes: 5 },
  curvature: {
    perSquaredDecade: 0,
    interval: between(-0.2, 0.2),
    slopeAtLeast: 0,
    slopeAtMost: 0,
    isClear: false,
  },
  endRatio: { dataRatio: 24, estimate: 1.1, interval: between(0.9, 1.3) },
  farthestFromMean: 1.2,
  band: null,
};

function cell(series: string, tokens: number, documents: number, mean: number): Cell {
  const none = { n: 5, minimum: mean, maximum: mean, interval: null };
  return {
    series,
    parameters: tokens / 20,
    tokens,
    documents,
    tokenShare: 0.001,
    n: 5,
    lost: 0,
    asr: { ...none, mean },
    meanAsrInterval: null,
    seedsSucceeded: 0,
    seedsSucceededInterval: null,
    cleanAccuracy: null,
    paperAsr: null,
    cleanLossNats: null,
    cleanLossChangeNats: { ...none, mean: 0 },
    seeds: [],
  };
}

function judge(change: Partial<LawComparison>, kind: 'ladder' | 'dilution' = 'ladder', sharedSeeds = 5) {
  const cells = [
    cell('a', 1e6, 10, 0.1),
    cell('a', 1e6, 100, 0.9),
    cell('b', 24e6, 10, 0.1),
    cell('b', 24e6, 100, 0.9),
  ];
  const verdict = judgeGroup({ kind, cells, comparison: { ...COMPARISON, ...change }, sharedSeeds });
  return { ...verdict, text: [verdict.headline, ...verdict.reasons].join(' ') };
}

describe('verdict', () => {
  it('supports the count law within its bounds, on a ladder and over amounts of data', () => {
    expect(judge({})).toMatchObject({ status: 'supported' });
    expect(judge({}, 'dilution').headline).toBe(
      'The number of documents needed stays about the same as clean data grow around them.',
    );
  });

  it('asks α for new sizes, and names the number of sizes where that is the limit', () => {
    const found = judge({
      dilutionForNewSizes: { estimate: -0.1, interval: between(-0.41, 0.22), scatter: 0.055, sizes: 4 },
      sizes: 4,
    });
    expect(found.status).toBe('inconclusive');
    expect(found.text).toContain('the number of sizes (4) is the limit, not the runs');
    const loose = judge({
      dilutionInterval: between(-0.5, 0.5),
      dilutionForNewSizes: { estimate: 0, interval: between(-0.6, 0.6), scatter: 0, sizes: 5 },
    });
    expect(loose.text).not.toContain('is the limit');
  });

  it('contradicts in either direction by α for new sizes', () => {
    const by = (low: number, high: number) =>
      judge({
        dilutionForNewSizes: {
          estimate: (low + high) / 2,
          interval: between(low, high),
          scatter: 0,
          sizes: 5,
        },
      });
    expect(by(0.35, 0.9).headline).toContain('need more poisoned documents');
    expect(by(-0.9, -0.35).headline).toContain('need fewer poisoned documents');
    expect(by(0.25, 0.9).status).toBe('inconclusive');
  });

  it('contradicts where P50 is shown to grow beyond 2.25 times, whatever α, and never writes that it hardly changes', () => {
    const trebled = judge(
      { endRatio: { dataRatio: 24, estimate: 3.1, interval: between(2.5, 3.8) } },
      'dilution',
    );
    expect(trebled.status).toBe('contradicted');
    expect(trebled.headline).toBe(
      'Diluting the poison in more clean data raises the number of documents needed.',
    );
    expect(trebled.text).toContain(
      'With 24 times the data P50 is 3.10 times as high (90 % interval 2.50 to 3.80).',
    );
    expect(trebled.text).not.toMatch(/hardly/);
    const unsure = judge({
      endRatio: { dataRatio: 24, estimate: 3.1, interval: between(2, 4.8) },
      farthestFromMean: 1.8,
    });
    expect(unsure).toMatchObject({ status: 'inconclusive' });
    const third = judge({ endRatio: { dataRatio: 24, estimate: 0.32, interval: between(0.25, 0.4) } });
    expect(third.headline).toContain('fewer');
  });

  it('is not supported by one size far from the rest, nor by a line that is clearly bent out of the bounds', () => {
    expect(judge({ farthestFromMean: 1.6 }).text).toContain('1.6 times away from their mean');
    const bend = { perSquaredDecade: 0.4, interval: between(0.2, 0.6), slopeAtLeast: -0.3, slopeAtMost: 0.5 };
    expect(judge({ curvature: { ...bend, isClear: true } }).text).toContain('do not follow a power law');
    expect(judge({ curvature: { ...bend, isClear: false } }).status).toBe('supported');
    expect(judge({ curvature: { ...bend, slopeAtMost: 0.25, isClear: true } }).status).toBe('supported');
  });

  it('tells a slope that is clearly not zero, without taking support away for it', () => {
    const found = judge({ dilution: 0.1, dilutionInterval: between(0.05, 0.15) });
    expect(found.status).toBe('supported');
    expect(found.text).toContain('the slope is clearly not zero');
    expect(judge({}).text).not.toContain('clearly not zero');
  });

  it('gives no α, and no ranking of laws, where nothing can be estimated', () => {
    const found = judge({
      dilution: null,
      dilutionInterval: null,
      dilutionForNewSizes: null,
      sizesWithHalfSuccess: 1,
    });
    expect(found.status).toBe('inconclusive');
    expect(found.text).toContain('No α: half success lies within the counts tried at one of 5 sizes');
    expect(found.text).not.toMatch(/α = -?\d|QAIC/);
  });

  it('needs a third size, and five seeds at every size', () => {
    expect(judge({ sizes: 2, dilutionForNewSizes: null }).text).toContain('a third is needed');
    expect(judge({}, 'ladder', 4)).toMatchObject({ status: 'illustration' });
  });
});
