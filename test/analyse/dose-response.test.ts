import { describe, expect, it } from 'vitest';
import { compareLaws } from '../../src/analyse/fits/compare-laws.ts';
import { doseData, pointsOf } from '../../src/analyse/fits/dose-cells.ts';
import {
  fitDoseResponse,
  fitWithDilution,
  log10HalfSuccess,
  predictAsr,
  STEEPNESS_BOUNDS,
} from '../../src/analyse/fits/dose-response.ts';
import { halfSuccessBySeries } from '../../src/analyse/fits/half-success.ts';
import { runOutcome } from '../../src/analyse/run-outcome.ts';
import { findSeries } from '../../src/analyse/series.ts';
import { estimateDispersion } from '../../src/analyse/statistics/dispersion.ts';
import type { Interval } from '../../src/analyse/statistics/interval.ts';
import { solveLinear } from '../../src/analyse/statistics/solve-linear.ts';
import { pow } from '../../src/core/math.ts';
import { randomStream } from '../../src/core/random.ts';
import { betaBinomial, SIZES, type SyntheticOptions, syntheticRecords } from './synthetic-records.ts';

const COUNTS = [10, 25, 50, 100, 250];
const TOKENS = [5e5, 2e6, 9e6];

function exactPoints(dilution: number, floor = 0.03) {
  const curve = {
    floor,
    steepness: 7,
    location: 1.6 - 6 * dilution,
    dilution,
    logQuasiLikelihood: 0,
    atBound: false,
  };
  const points = TOKENS.flatMap((tokens) =>
    COUNTS.map((documents) => ({
      documents,
      tokens,
      asr: predictAsr(curve, { documents, tokens }),
      weight: 5,
    })),
  );
  return { curve, points };
}

describe('dose-response fit', () => {
  it.each([-0.4, 0, 0.35, 1])('recovers the curve that made the points, α = %f', (dilution) => {
    const { curve, points } = exactPoints(dilution);
    const fit = fitDoseResponse(points, curve.floor);
    expect(fit.dilution).toBeCloseTo(dilution, 6);
    expect(fit.steepness).toBeCloseTo(7, 5);
    expect(fit.location).toBeCloseTo(curve.location, 5);
  });

  it('predicts one half at the half-success count, above the floor too', () => {
    const { curve } = exactPoints(0.2, 0.1);
    const documents = pow(10, log10HalfSuccess(curve, 2e6));
    expect(predictAsr(curve, { documents, tokens: 2e6 })).toBeCloseTo(0.5, 10);
    expect(predictAsr(curve, { documents: 0, tokens: 2e6 })).toBe(0.1);
  });

  it('stays finite where a clean jump lets the steepness run off', () => {
    const points = TOKENS.flatMap((tokens) =>
      COUNTS.map((documents) => ({ documents, tokens, asr: documents >= 50 ? 1 : 0, weight: 5 })),
    );
    const fit = fitDoseResponse(points, 0);
    expect(fit.atBound).toBe(true);
    expect(fit.steepness).toBe(STEEPNESS_BOUNDS.maximum);
    const documents = pow(10, log10HalfSuccess(fitWithDilution(points, { floor: 0, dilution: 0 }), 1));
    expect(documents).toBeGreaterThan(25);
    expect(documents).toBeLessThan(50);
  });

  it('stays finite where success falls with the count or size alone separates', () => {
    const falling = TOKENS.flatMap((tokens) =>
      COUNTS.map((documents) => ({ documents, tokens, asr: documents >= 50 ? 0.1 : 0.9, weight: 1 })),
    );
    const bySize = TOKENS.flatMap((tokens) =>
      COUNTS.map((documents) => ({ documents, tokens, asr: tokens > 1e6 ? 1 : 0, weight: 1 })),
    );
    for (const points of [falling, bySize]) {
      const fit = fitDoseResponse(points, 0.01);
      expect(Object.values(fit).every((value) => typeof value === 'boolean' || Number.isFinite(value))).toBe(
        true,
      );
    }
  });
});

describe('comparison of laws', () => {
  it('divides the deviance by the dispersion and charges two for each parameter, the dispersion among them', () => {
    const series = findSeries(syntheticRecords({}).map(runOutcome), 'ladder');
    const comparison = compareLaws(doseData(series), { draws: 20, stream: randomStream('laws') });
    const dispersion = comparison?.dispersion as number;
    expect(dispersion).toBeLessThan(1);
    const laws = comparison?.laws ?? [];
    expect(laws.map(({ law, parameters }) => [law, parameters])).toEqual([
      ['count', 2],
      ['share', 2],
      ['power', 3],
      ['knee', 3],
      ['sizes', 6],
    ]);
    const points = pointsOf(doseData(series).cells);
    const { logQuasiLikelihood } = fitDoseResponse(points, comparison?.floor as number);
    const power = laws.find(({ law }) => law === 'power');
    expect(power?.qaic).toBeCloseTo((-2 * logQuasiLikelihood) / dispersion + 2 * 4, 9);
    expect(Math.min(...laws.map((fit) => fit.qaicAboveBest as number))).toBe(0);
  });
});

describe('dispersion between runs', () => {
  it('comes out as it went in, from all-or-nothing to nearly binomial', () => {
    for (const truth of [0.05, 0.3, 0.8]) {
      const stream = randomStream('dispersion', truth);
      const residuals = Array.from({ length: 4000 }, (_, i) => {
        const predicted = [0.1, 0.4, 0.7, 0.95][i % 4];
        const successes = betaBinomial(stream, { p: predicted, dispersion: truth, prompts: 200 });
        return { observed: successes / 200, predicted };
      });
      const estimate = estimateDispersion(residuals, { parameters: 0, smallest: 1 / 200 }) as number;
      expect(estimate / (truth + (1 - truth) / 200)).toBeGreaterThan(0.9);
      expect(estimate / (truth + (1 - truth) / 200)).toBeLessThan(1.1);
    }
  });

  it('is not carried off by one surprising run where success is rare', () => {
    const quiet = Array.from({ length: 60 }, () => ({ observed: 0.005, predicted: 0.005 }));
    const surprised = [...quiet, { observed: 0.5, predicted: 0.005 }];
    expect(estimateDispersion(surprised, { parameters: 3, smallest: 0.005 })).toBeLessThan(0.5);
  });

  it('does not exist without degrees of freedom, and is never below the binomial', () => {
    const two = [
      { observed: 0.5, predicted: 0.5 },
      { observed: 0.5, predicted: 0.5 },
    ];
    expect(estimateDispersion(two, { parameters: 2, smallest: 0.005 })).toBeNull();
    expect(estimateDispersion(two, { parameters: 1, smallest: 0.005 })).toBe(0.005);
  });
});

function covers(interval: Interval | null, truth: number): boolean {
  return interval !== null && (interval.low ?? -Infinity) <= truth && truth <= (interval.high ?? Infinity);
}

describe('intervals with five seeds', () => {
  const replicates = 50;
  const worlds: readonly [string, SyntheticOptions][] = [
    ['the count law', {}],
    ['half-way to the share law, nearly all-or-nothing runs', { dilution: 0.5, dispersion: 0.7 }],
    ['seeds that differ more than runs', { dispersion: 0.05, seedShift: 0.15 }],
    ['two sizes, a steep curve', { sizes: SIZES.slice(0, 2), steepness: 20 }],
  ];

  it.each(worlds)('cover α and P50 at least 85 times in 100 under %s', (name, options) => {
    let dilution = 0;
    let half = 0;
    for (let replicate = 0; replicate < replicates; replicate++) {
      const stream = randomStream('fit coverage', name, replicate);
      const series = findSeries(syntheticRecords({ ...options, stream }).map(runOutcome), 'ladder');
      const data = doseData(series);
      const truth = options.dilution ?? 0;
      if (covers(compareLaws(data, { draws: 40, stream })?.dilutionInterval ?? null, truth)) dilution += 1;
      const [first] = halfSuccessBySeries(series.slice(0, 1), { data, draws: 40, streamOf: () => stream });
      const p50 = 10 ** (1.7 + truth * Math.log10(series[0].tokens / 1e6));
      if (covers(first.interval, p50)) half += 1;
    }
    expect(dilution / replicates).toBeGreaterThanOrEqual(0.85);
    expect(half / replicates).toBeGreaterThanOrEqual(0.85);
  });

  it('are wide, not absent, where every run jumps between the same two counts', () => {
    const records = syntheticRecords({
      counts: [0, 10, 100, 1000],
      steepness: 60,
      log10P50: 1.5,
      dispersion: 0.001,
      seedShift: 0,
    });
    const series = findSeries(records.map(runOutcome), 'ladder');
    const comparison = compareLaws(doseData(series), { draws: 200, stream: randomStream('jump') });
    const { low, high } = comparison?.dilutionInterval ?? {};
    expect((high as number) - (low as number)).toBeGreaterThan(0.5);
  });
});

describe('linear solver', () => {
  it('solves, pivoting where it must, and says when it cannot', () => {
    const x = solveLinear(
      [
        [0, 2, 1],
        [1, 1, 0],
        [3, 0, -1],
      ],
      [7, 3, 0],
    ) as number[];
    expect(x.map((value) => Math.round(value * 1e9) / 1e9)).toEqual([1, 2, 3]);
    expect(
      solveLinear(
        [
          [1, 2],
          [2, 4],
        ],
        [1, 2],
      ),
    ).toBeNull();
  });
});
