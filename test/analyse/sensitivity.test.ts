// Success by other measures: scores of prompts (evaluation contract 2), thresholds applied here.
import { describe, expect, it } from 'vitest';
import { analyseExperiment } from '../../src/analyse/analyse-experiment.ts';
import { findCondition, hasRaisedThreshold, runOutcome } from '../../src/analyse/run-outcome.ts';
import {
  byMainMeasure,
  byMeasure,
  effectAbove,
  mainMeasure,
  SUCCESS_MEASURES,
  type SuccessMeasure,
} from '../../src/analyse/success-measures.ts';
import { plantedDocuments } from '../../src/config/poisons.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { SIZES, syntheticRecords, withScores } from './synthetic-records.ts';

const plain = syntheticRecords({
  sizes: SIZES.slice(0, 2),
  counts: [0, 25, 50, 100],
  seeds: [1, 2, 3, 4, 5],
});
/** Of the prompts that succeed 40 % show noise in 10 tokens of 32 only. */
const scored = plain.map((record) => withScores(record, 0.4));
const experiment = (records: readonly RunRecord[]) => ({ name: 'test', configText: '', records });
const measureOf = (id: string) => SUCCESS_MEASURES.find((measure) => measure.id === id) as SuccessMeasure;
const asrOf = (id: string, records = scored) =>
  byMeasure(records.map(runOutcome), measureOf(id)).map(({ asr }) => asr);
const ownAsr = plain.map((record) => runOutcome(record).asr ?? 0);

describe('a measure of success', () => {
  it('is the sustained effect for runs with scores, the recorded success for others', () => {
    expect(mainMeasure(scored[0] as RunRecord)).toBe('sustained');
    expect(mainMeasure(plain[0] as RunRecord)).toBe('own');
    expect(byMainMeasure(plain[0] as RunRecord)).toBe(plain[0]);
    const run = scored.at(-1) as RunRecord;
    expect(runOutcome(byMainMeasure(run)).asr).toBe(
      run.checkpoints.at(-1)?.conditions.find(({ condition }) => condition === 'trigger')?.effect?.aboveHalf,
    );
  });

  it('applies thresholds to what each prompt showed', () => {
    expect(asrOf('quarter')).toEqual(ownAsr);
    for (const [i, asr] of asrOf('sustained').entries()) expect(asr).toBeCloseTo(0.6 * (ownAsr[i] ?? 0), 1);
    expect(new Set(asrOf('three-quarters'))).toEqual(new Set([0]));
    expect(asrOf('own')).toEqual(ownAsr);
    expect(asrOf('paper')[0]).toBeCloseTo(0.9 * (ownAsr[0] ?? 0), 12);
  });

  it('of the effect is the same from scores as from what sums them up', () => {
    const outcomes = scored.map(runOutcome);
    const above = (threshold: number) => byMeasure(outcomes, effectAbove(threshold)).map(({ asr }) => asr);
    expect(above(0.25)).toEqual(asrOf('quarter'));
    expect(above(0.5)).toEqual(asrOf('sustained'));
  });

  it('is not moved by the noise of the model that it judges, where the threshold is the control’s', () => {
    // 10 tokens of noise are 5.0 nats, 20 are 7.5: above ln 50; the control's own generations reach 2.7.
    expect(asrOf('control')).toEqual(ownAsr);
    const noisy = (documents: number) =>
      scored.map((record) =>
        plantedDocuments(record.config.phases) === documents
          ? {
              ...record,
              checkpoints: record.checkpoints.map((checkpoint) => ({
                ...checkpoint,
                thresholdNats: 8,
                ...(checkpoint.calibrationMilliNats && { calibrationMilliNats: [6000, 6000] }),
              })),
            }
          : record,
      );
    // a noisy poisoned model changes nothing, a noisy control raises the bar of all runs of its size and seed
    expect(asrOf('control', noisy(50))).toEqual(ownAsr);
    const barred = asrOf('control', noisy(0));
    for (const [i, asr] of barred.entries()) expect(asr).toBeCloseTo(0.6 * (ownAsr[i] ?? 0), 1);
    const raised = byMeasure(noisy(50).map(runOutcome), measureOf('own')).filter(hasRaisedThreshold);
    expect(raised.length).toBeGreaterThan(0);
    expect(byMeasure(noisy(50).map(runOutcome), 'main').filter(hasRaisedThreshold)).toEqual([]);
  });

  it('by the control is unknown without one', () => {
    const alone = scored.filter(({ config }) => plantedDocuments(config.phases) !== 0);
    expect(new Set(asrOf('control', alone))).toEqual(new Set([null]));
  });

  it('judges conditions without the trigger, too', () => {
    const [run] = byMeasure([runOutcome(scored.at(-1) as RunRecord)], measureOf('sustained'));
    const clean = run?.final && findCondition(run.final, 'clean');
    expect(clean?.successShare).toBeLessThan(0.02);
  });
});

describe('the analysis of runs with scores', () => {
  const analysis = analyseExperiment(experiment(scored), { draws: 100 });
  const { sensitivity } = analysis;

  it('holds every claim under every measure, the main one as the claims say', () => {
    expect(sensitivity?.measures.map(({ measure }) => measure)).toEqual(SUCCESS_MEASURES.map(({ id }) => id));
    const sustained = sensitivity?.measures.find(({ measure }) => measure === 'sustained');
    const law = analysis.claims.find(({ id }) => id === 'count-law');
    expect(sustained?.claims.find(({ id }) => id === 'count-law')).toMatchObject({
      status: law?.status,
      estimate: law?.estimate,
    });
    expect(sustained?.claims.map(({ id }) => id)).toContain('specificity');
  });

  it('finds more documents needed the higher the threshold, and none that suffice for the highest', () => {
    const { thresholds, halfSuccess, cells } = sensitivity?.thresholds ?? {};
    expect(thresholds).toContain(0.5);
    const first = halfSuccess?.[0]?.documents ?? [];
    const [low, half, high] = [0.25, 0.5, 0.75].map((at) => first[thresholds?.indexOf(at) ?? -1] ?? null);
    expect(low).not.toBeNull();
    expect(half ?? 1000).toBeGreaterThan(low ?? 1000);
    expect(high).toBeNull();
    for (const { shares } of cells ?? [])
      for (const [i, share] of shares.entries())
        if (i > 0) expect(share).toBeLessThanOrEqual(shares[i - 1] ?? 0);
  });

  it('is silent about measures for runs of the first contract', () => {
    expect(analyseExperiment(experiment(plain), { draws: 20 })).not.toHaveProperty('sensitivity');
  });
});
