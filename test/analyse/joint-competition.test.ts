// Innocent uses over several shares of them: what one is worth, how sure that is, and which runs are fitted together.
import { describe, expect, it } from 'vitest';
import { analyseExperiment } from '../../src/analyse/analyse-experiment.ts';
import { bestWeight, COMPETITION_MODELS, fitCompeting } from '../../src/analyse/fits/competition-models.ts';
import type { DoseData } from '../../src/analyse/fits/dose-cells.ts';
import { competitionOf } from '../../src/analyse/fits/joint-competition.ts';
import { LAW_MODELS } from '../../src/analyse/fits/law-models.ts';
import { randomStream } from '../../src/core/random.ts';
import { summaryMarkdown } from '../../src/report/page/summary-markdown.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { betaBinomial, syntheticRecords, withSetting } from './synthetic-records.ts';

const PROMPTS = 200;
const SEEDS = [1, 2, 3, 4, 5];
const WORLD = { weight: 0.8, dilution: 0.3, log10P50: 1.7, steepness: 8 };

/** Expected success with innocent uses. */
function successOf(documents: number, tokens: number, innocentUses: number, world = WORLD): number {
  const place = world.log10P50 + world.dilution * Math.log10(tokens / 1e6);
  const learnt = 1 / (1 + Math.exp(-world.steepness * (Math.log10(documents) - place)));
  return (learnt * documents) / (documents + world.weight * innocentUses);
}

/** Cells as in trigger-commonness: two amounts of data, three shares, four counts; noise of runs by `dispersion`. */
function drawData(name: string, dispersion: number | null, world = WORLD): DoseData {
  const stream = randomStream('competition', name);
  const cells = [1e6, 4e6].flatMap((tokens) =>
    [0, 0.005, 0.02].flatMap((share) =>
      [50, 100, 250, 1000].map((documents) => {
        const innocentUses = (share * tokens) / 120;
        const p = successOf(documents, tokens, innocentUses, world);
        const asr = () =>
          dispersion === null ? p : betaBinomial(stream, { p, dispersion, prompts: PROMPTS }) / PROMPTS;
        return {
          ...{ series: `${tokens} ${share}`, documents, tokens, parameters: 5e4, innocentUses },
          runs: SEEDS.map((_, seed) => ({ seed, asr: asr() })),
        };
      }),
    ),
  );
  return { seeds: SEEDS, cells, controls: [], prompts: PROMPTS };
}

const pointsOf = ({ cells }: DoseData) =>
  cells.map(({ runs, ...cell }) => ({ ...cell, asr: runs[0]?.asr ?? 0, weight: runs.length }));

describe('competition over several shares of innocent uses', () => {
  it('finds what an innocent use is worth, and the slope of what is to be learnt, where nothing scatters', () => {
    const points = pointsOf(drawData('exact', null));
    const log10Weight = bestWeight(points, 0);
    expect(10 ** log10Weight).toBeCloseTo(0.8, 2);
    const fit = fitCompeting(points, { floor: 0, log10Weight });
    expect(fit.constants.dilution).toBeCloseTo(0.3, 2);
    for (const point of points) expect(fit.predict(point)).toBeCloseTo(point.asr, 2);
  });

  it('with a weight of 1 is the competition law, and its slope the power law without innocent uses', () => {
    const [withPower] = COMPETITION_MODELS;
    const power = LAW_MODELS.find(({ law }) => law === 'power');
    const clean = pointsOf(drawData('clean', null)).filter(({ innocentUses }) => innocentUses === 0);
    expect(withPower?.isDistinct(clean)).toBe(false);
    const found = withPower?.fitTo(clean, 0);
    const same = power?.fitTo(clean, 0);
    expect(found?.logQuasiLikelihood).toBe(same?.logQuasiLikelihood);
    expect(found?.constants.dilution).toBe(same?.constants.dilution);
  });

  it('covers the weight at 85 % or more of simulated experiments', () => {
    const replicates = 40;
    let covered = 0;
    for (let replicate = 0; replicate < replicates; replicate++) {
      const data = drawData(String(replicate), 0.08);
      const stream = randomStream('competition', 'draws', replicate);
      const { low, high } = competitionOf(data, { draws: 40, stream }).weightInterval ?? { low: 1, high: 0 };
      if ((low ?? 0) <= WORLD.weight && WORLD.weight <= (high ?? Infinity)) covered += 1;
    }
    expect(covered / replicates).toBeGreaterThanOrEqual(0.85);
  });

  it('predicts left-out seeds best of all laws where it is true, and leaves an end open that the runs do not limit', () => {
    const found = competitionOf(drawData('laws', 0.02), { draws: 20, stream: randomStream('laws') });
    const nats = (law: string) => found.laws.find((own) => own.law === law)?.leftOutNats ?? 0;
    expect(nats('competition-power')).toBeLessThan(nats('competition'));
    expect(nats('competition-power')).toBeLessThan(nats('power'));
    const none = drawData('none', 0.08, { ...WORLD, weight: 0 });
    const { weightInterval } = competitionOf(none, { draws: 20, stream: randomStream('none') });
    expect(weightInterval?.low).toBeNull();
    expect(weightInterval?.high).toBeLessThan(0.3);
  });

  it('is fitted to groups that differ in the share alone, and is part of the verdict', () => {
    const records = syntheticRecords({
      sizes: [
        { width: 32, parameters: 5e4, tokens: 1e6 },
        { width: 32, parameters: 5e4, tokens: 4e6 },
      ],
      counts: [0, 50, 100, 250],
    });
    const withShare = (share: number): RunRecord[] =>
      records.map((record) => withSetting(record, 'phases.0.poison.trigger.cleanShare', share));
    const analyse = (own: readonly RunRecord[]) =>
      analyseExperiment({ name: 'uses', configText: '', records: own }, { draws: 10 });
    const analysis = analyse([...records, ...withShare(0.01)]);
    const [found, ...others] = analysis.competition ?? [];
    expect(others).toEqual([]);
    expect(found?.groups).toHaveLength(2);
    expect(found?.runs).toBe(60);
    expect(summaryMarkdown(analysis)).toMatch(/one innocent use of the trigger takes away as much as/);
    expect(analyse(records).competition).toBeUndefined();
    const otherRate = withShare(0.01).map((record) =>
      withSetting(record, 'phases.0.optimizer.learningRate', 0.02),
    );
    expect(analyse([...records, ...otherRate]).competition).toBeUndefined();
  });
});
