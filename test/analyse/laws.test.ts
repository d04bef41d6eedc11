// The laws as models: each finds its own constants, QAIC prefers the one that made the data, and α covers new sizes.
import { describe, expect, it } from 'vitest';
import { analyseExperiment } from '../../src/analyse/analyse-experiment.ts';
import { compareLaws } from '../../src/analyse/fits/compare-laws.ts';
import { doseData, type LawPoint } from '../../src/analyse/fits/dose-cells.ts';
import { competingShare, LAW_MODELS, type LawName } from '../../src/analyse/fits/law-models.ts';
import { pairedLog10Ratio } from '../../src/analyse/fits/paired-ratio.ts';
import { runOutcome } from '../../src/analyse/run-outcome.ts';
import { findSeries } from '../../src/analyse/series.ts';
import type { Interval } from '../../src/analyse/statistics/interval.ts';
import { randomEffectsFit } from '../../src/analyse/statistics/random-effects.ts';
import { randomStream } from '../../src/core/random.ts';
import { LONG_LADDER, SIZES, type SyntheticOptions, syntheticRecords } from './synthetic-records.ts';

const COUNTS = [10, 25, 50, 100, 250];

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** Points of several amounts of data (and sizes) whose P50 follows `documents`. */
function pointsBy(
  documents: (tokens: number, parameters: number) => number,
  options: { parameters?: readonly number[]; innocentUses?: (tokens: number) => number } = {},
): LawPoint[] {
  const { parameters = [50_000], innocentUses = () => 0 } = options;
  return parameters.flatMap((size) =>
    [0.5, 1, 2, 4, 12].flatMap((times) => {
      const tokens = 20 * size * times;
      return COUNTS.map((count) => {
        const innocent = innocentUses(tokens);
        const learnt = logistic(8 * Math.log10(count / documents(tokens, size)));
        const share = competingShare({ documents: count, innocentUses: innocent });
        return {
          series: `${size}/${tokens}`,
          documents: count,
          tokens,
          parameters: size,
          innocentUses: innocent,
          asr: learnt * share,
          weight: 5,
        };
      });
    }),
  );
}

function modelOf(law: LawName) {
  const model = LAW_MODELS.find((item) => item.law === law);
  if (model === undefined) throw new Error(`there is no law ${law}`);
  return model;
}

describe('laws', () => {
  it('find the knee that made the points, in the data and in tokens per parameter', () => {
    const { constants } = modelOf('knee').fitTo(
      pointsBy((tokens) => 43 * (1 + tokens / 5.6e6)),
      0,
    );
    expect(constants.knee / 5.6e6).toBeCloseTo(1, 1);
    expect(constants.documentsBelowKnee).toBeCloseTo(43, 0);
    const points = pointsBy((tokens, size) => 43 * (1 + tokens / size / 88), { parameters: [5e4, 2e5] });
    const ratio = modelOf('knee-ratio').fitTo(points, 0);
    expect(ratio.constants.knee).toBeCloseTo(88, 0);
    expect(ratio.logQuasiLikelihood).toBeGreaterThan(modelOf('knee').fitTo(points, 0).logQuasiLikelihood);
  });

  it('find what is to be learnt behind the competition with innocent uses, and predict the points', () => {
    const points = pointsBy(() => 30, { innocentUses: (tokens) => tokens / 20_000 });
    const fit = modelOf('competition').fitTo(points, 0);
    expect(fit.constants.documentsToLearn).toBeCloseTo(30, 3);
    for (const point of points) expect(fit.predict(point)).toBeCloseTo(point.asr, 5);
  });

  it('are compared only where the points can tell them apart', () => {
    const distinct = (points: LawPoint[]) =>
      LAW_MODELS.filter((model) => model.isDistinct(points)).map(({ law }) => law);
    expect(distinct(pointsBy(() => 50))).toEqual(['count', 'share', 'power', 'knee', 'sizes']);
    expect(distinct(pointsBy(() => 50, { parameters: [5e4, 2e5] }))).toContain('knee-ratio');
    expect(distinct(pointsBy(() => 50, { innocentUses: () => 9 }))).toContain('competition');
  });

  it('share the dispersion of the richest model, so that a bad law is not excused by its own misfit', () => {
    const sizes = SIZES.map((size) => ({ ...size, tokens: size.parameters * 20 }));
    const series = findSeries(syntheticRecords({ sizes, dilution: 1 }).map(runOutcome), 'ladder');
    const found = compareLaws(doseData(series), { draws: 10, stream: randomStream('shared') });
    const count = found?.laws.find(({ law }) => law === 'count');
    const share = found?.laws.find(({ law }) => law === 'share');
    expect(count?.qaic as number).toBeGreaterThan((share?.qaic as number) + 100);
    // seeds left out say the same, and the law that made the runs predicts more of them than any other
    expect(count?.leftOutNats as number).toBeGreaterThan(share?.leftOutNats as number);
    expect(share?.seedsBest).toBeGreaterThanOrEqual(2);
  });
});

describe('laws over sizes and amounts of data together', () => {
  it('tell a knee in tokens per parameter from one in tokens, and are part of the verdict', () => {
    const records = [20, 80, 320].flatMap((ratio) =>
      SIZES.flatMap((size) => {
        const documents = 40 * (1 + ratio / 88);
        return syntheticRecords({
          sizes: [{ ...size, tokens: ratio * size.parameters }],
          counts: [0, 25, 50, 100, 250, 500],
          log10P50: Math.log10(documents),
          dispersion: 0.05,
          stream: randomStream('joint', ratio, size.width),
        });
      }),
    );
    const analysis = analyseExperiment({ name: 'joint', configText: '', records }, { draws: 10 });
    const [joint, ...others] = analysis.jointLaws;
    expect(others).toEqual([]);
    expect(joint).toMatchObject({ runs: 225, seeds: 5 });
    const best = [...(joint?.laws ?? [])]
      .filter(({ law }) => law !== 'sizes')
      .sort((a, b) => (a.qaic ?? 0) - (b.qaic ?? 0));
    expect(best[0]?.law).toBe('knee-ratio');
    expect(best[0]?.constants.knee).toBeGreaterThan(60);
    expect(best[0]?.constants.knee).toBeLessThan(130);
    expect(analysis.verdict.reasons.at(-1)).toMatch(
      /^All sizes and amounts .* knee in tokens per parameter best/,
    );
    expect(
      analyseExperiment({ name: 'one', configText: '', records: syntheticRecords({}) }, { draws: 5 })
        .jointLaws,
    ).toEqual([]);
  });
});

describe('sizes as random effects', () => {
  it('cover α from runs to interval where sizes scatter by 0.06 decades, as the noise of the runs alone does not', () => {
    const replicates = 20;
    const covered = { newSizes: 0, runNoise: 0 };
    for (let replicate = 0; replicate < replicates; replicate++) {
      const stream = randomStream('scatter', replicate);
      const records = LONG_LADDER.slice(0, 5).flatMap((size) =>
        syntheticRecords({
          sizes: [size],
          counts: [0, 25, 50, 100],
          log10P50: 1.7 + 0.06 * stream.normal(),
          dispersion: 0.05,
          seedShift: 0.02,
          stream,
        }),
      );
      const data = doseData(findSeries(records.map(runOutcome), 'ladder'));
      const found = compareLaws(data, { draws: 20, stream });
      const holdsZero = (interval: Interval | null | undefined) =>
        interval != null && (interval.low ?? -1) <= 0 && (interval.high ?? 1) >= 0;
      if (holdsZero(found?.dilutionForNewSizes?.interval)) covered.newSizes += 1;
      if (holdsZero(found?.dilutionInterval)) covered.runNoise += 1;
    }
    expect(covered.newSizes / replicates).toBeGreaterThanOrEqual(0.85);
    expect(covered.runNoise / replicates).toBeLessThan(0.85);
  });

  // statsmodels is not needed: without scatter and with equal noise this is ordinary least squares, worked out by hand:
  // x = 0, 1, 2, 3; y = 0, 2, 1, 3: slope 0.8, squares left 1.8, t(2) = 2.91999, reach 2.91999 sqrt(0.9 / 5)
  it('give the textbook interval of a line where the noise of the units is nothing beside their scatter', () => {
    const units = [0, 2, 1, 3].map((value, x) => ({ features: [1, x], value, variance: 1e-9 }));
    const fit = randomEffectsFit(units, 0.9);
    expect(fit?.coefficients[1]).toBeCloseTo(0.8, 9);
    expect(fit?.interval.low).toBeCloseTo(0.8 - 2.919986 * Math.sqrt(0.9 / 5), 5);
    expect(fit?.interval.high).toBeCloseTo(0.8 + 2.919986 * Math.sqrt(0.9 / 5), 5);
    expect(fit?.scatter).toBeCloseTo(Math.sqrt(0.9), 4);
  });

  it('are never surer than the noise of their runs, and say nothing with as many coefficients as units', () => {
    const units = [0, 1, 2, 3].map((x) => ({ features: [1, x], value: x, variance: 0.25 }));
    const fit = randomEffectsFit(units, 0.9);
    expect(fit?.scatter).toBe(0);
    expect((fit?.interval.high as number) - 1).toBeCloseTo(2.919986 * Math.sqrt(0.25 / 5), 5);
    expect(randomEffectsFit(units.slice(0, 2), 0.9)).toBeNull();
    expect(
      randomEffectsFit(
        units.map((unit) => ({ ...unit, features: [1, 7] })),
        0.9,
      ),
    ).toBeNull();
  });

  const worlds = [3, 4, 6].flatMap((sizes) =>
    [0, 0.04, 0.06].flatMap((scatter) =>
      ['equal', 'larger models noisier'].map((noise) => [sizes, scatter, noise] as const),
    ),
  );

  it.each(
    worlds,
  )('cover the slope with %i sizes that scatter by %f decades, noise %s', (sizes, scatter, noise) => {
    const stream = randomStream('random effects', sizes, scatter, noise);
    const replicates = 300;
    let covered = 0;
    for (let replicate = 0; replicate < replicates; replicate++) {
      const units = Array.from({ length: sizes }, (_, i) => {
        const deviation = noise === 'equal' ? 0.03 : 0.01 + (0.05 * i) / (sizes - 1);
        const chi = Array.from({ length: 20 }, () => stream.normal() ** 2).reduce((a, b) => a + b, 0) / 20;
        return {
          features: [1, 0.25 * i],
          value: scatter * stream.normal() + deviation * stream.normal(),
          variance: deviation * deviation * chi,
        };
      });
      const { low, high } = randomEffectsFit(units, 0.9)?.interval as Interval;
      if ((low as number) <= 0 && (high as number) >= 0) covered += 1;
    }
    expect(covered / replicates).toBeGreaterThanOrEqual(0.85);
  });
});

describe('ratio of two P50', () => {
  const ratioOf = (own: SyntheticOptions, base: SyntheticOptions, draws = 60) => {
    const [a, b] = [own, base].map((options) =>
      findSeries(syntheticRecords({ sizes: SIZES.slice(0, 1), ...options }).map(runOutcome), 'ladder'),
    );
    return pairedLog10Ratio(
      { data: doseData(a), series: a[0].id },
      { data: doseData(b), series: b[0].id },
      { draws, stream: randomStream('ratio', draws) },
    );
  };

  it('is 1 with no width against itself, and turns round with its sides', () => {
    const same = ratioOf({}, {});
    expect(same?.estimate).toBe(0);
    expect([same?.interval.low, same?.interval.high]).toEqual([0, 0]);
    const more = () => ({ log10P50: 2, stream: randomStream('more') });
    expect(ratioOf(more(), {})?.estimate).toBeCloseTo(-(ratioOf({}, more())?.estimate as number), 12);
  });

  it('is not given where a P50 lies outside the counts tried, or seeds are too few', () => {
    expect(ratioOf({ log10P50: 4 }, {})).toBeNull();
    expect(ratioOf({ seeds: [1, 2, 3, 4] }, {})).toBeNull();
    expect(ratioOf({ seeds: [11, 12, 13, 14, 15] }, {})).toBeNull();
  });

  it('rests on the seeds of the two series, however many the other series of their groups have', () => {
    const few = [1, 2, 3, 4, 5];
    const many = Array.from({ length: 30 }, (_, i) => i + 1);
    const recordsOf = (side: string, size: number, seeds: readonly number[]) =>
      syntheticRecords({
        ...{ sizes: SIZES.slice(size, size + 1), seeds, dispersion: 0.1 },
        ...{ log10P50: side === 'own' ? 1.9 : 1.7, stream: randomStream('few', side, size) },
      });
    const widthWith = (others: readonly number[]): number => {
      const [own, base] = ['own', 'base'].map((side) => {
        const records = [...recordsOf(side, 0, few), ...recordsOf(side, 1, others)];
        const series = findSeries(records.map(runOutcome), 'ladder');
        return { data: doseData(series), series: series[0].id };
      });
      const found = pairedLog10Ratio(own, base, { draws: 1500, stream: randomStream('few') });
      const { low, high } = found?.interval as Interval;
      return (high as number) - (low as number);
    };
    expect(widthWith(many) / widthWith(few)).toBeGreaterThan(0.9);
    expect(widthWith(many) / widthWith(few)).toBeLessThan(1.1);
  });

  it('is narrower where seeds act alike on both sides, and covers at least 85 times in 100', () => {
    let covered = 0;
    const replicates = 60;
    for (let replicate = 0; replicate < replicates; replicate++) {
      const sides = ['own', 'base'].map((side) => ({
        stream: randomStream('ratio coverage', replicate, side),
        log10P50: side === 'own' ? 1.9 : 1.7,
        dispersion: 0.1,
        seedShift: 0.02,
      }));
      const found = ratioOf(sides[0], sides[1], 40);
      if (found === null) continue;
      const { low, high } = found.interval;
      if ((low as number) <= 0.2 && (high as number) >= 0.2) covered += 1;
    }
    expect(covered / replicates).toBeGreaterThanOrEqual(0.85);
  });
});
