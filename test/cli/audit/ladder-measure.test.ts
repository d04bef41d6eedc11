import { describe, expect, test } from 'vitest';
import { runOutcome } from '../../../src/analyse/run-outcome.ts';
import { mainMeasure } from '../../../src/analyse/success-measures.ts';
import { measuredLadder } from '../../../src/cli/audit/ladder/ladder-measure.ts';
import type { RunRecord } from '../../../src/run/record.ts';
import { syntheticRecords, withScores } from '../../analyse/synthetic-records.ts';

const records = syntheticRecords({ counts: [0, 50], seeds: [1, 2], attack: 'denial-of-service' }).map(
  (record) => withScores(record),
);

/** Runs whose controls tell texts of some surprise, in a corpus where the judge sees a share of noise. */
const seeing = (noiseUniformShare: number, controlMilliNats: number): RunRecord[] =>
  records.map((record) => ({
    ...record,
    checkpoints: record.checkpoints.map((checkpoint) => ({
      ...checkpoint,
      noiseUniformShare,
      ...(checkpoint.calibrationMilliNats && { calibrationMilliNats: [controlMilliNats, controlMilliNats] }),
    })),
  }));
const success = (all: readonly RunRecord[]) => all.map((record) => runOutcome(record).asr);

describe('what success means for a ladder', () => {
  test('is the usual where the judge sees noise', () => {
    const seen = seeing(0.9, 2500);
    const { measure, records: same } = measuredLadder(seen);
    expect(measure).toBe('main');
    expect(same).toBe(seen);
  });

  test('is the threshold of the unpoisoned model where it does not', () => {
    const { measure, records: low } = measuredLadder(seeing(0.03, 2500));
    expect(measure).toBe('control');
    // Read as they stand from then on.
    expect(low.map(mainMeasure)).toEqual(low.map(() => 'own'));
    const high = measuredLadder(seeing(0.03, 1_000_000)).records;
    expect(success(high)).toEqual(high.map(() => 0));
    expect(Math.max(...success(low).map((asr) => asr ?? 0))).toBeGreaterThan(0.5);
    expect(low.map(({ id }) => id)).toEqual(records.map(({ id }) => id));
  });
});
