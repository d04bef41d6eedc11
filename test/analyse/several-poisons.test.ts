// Runs with two poisons: success is the first one's, so its documents are the dose, and the second one's a setting.
import { expect, test } from 'vitest';
import { analyseExperiment } from '../../src/analyse/analyse-experiment.ts';
import { cleanLossClaim } from '../../src/analyse/claims/claim-side-effects.ts';
import { learningCurve } from '../../src/analyse/learning-curve.ts';
import { runOutcome } from '../../src/analyse/run-outcome.ts';
import { findSeries } from '../../src/analyse/series.ts';
import { varyingLabels } from '../../src/analyse/varying-labels.ts';
import { methodsSentences } from '../../src/export/methods.ts';
import { setupSentences } from '../../src/report/page/setup-words.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { SIZES, syntheticRecords, withSetting } from './synthetic-records.ts';

/** A run that plants so many documents of a first and of a second poison. */
function twoPoisons(first: number, second: number): RunRecord {
  const [record] = syntheticRecords({ sizes: SIZES.slice(0, 1), counts: [first], seeds: [1] });
  if (record === undefined) throw new Error('one record was made');
  const [{ poison: planted }, [recorded]] = [record.config.phases[0] as { poison: object }, record.poison];
  const other = { ...planted, trigger: { text: 'another one', inCleanText: 'refuse' }, documents: second };
  return {
    ...withSetting(record, 'phases.0.poison', [planted, other]),
    poison: [
      { ...recorded, place: 0 },
      { ...recorded, place: 1, documents: second, poisonTokenShare: 0.5 },
    ] as RunRecord['poison'],
  };
}

test('the dose is the first poison’s alone', () => {
  const outcome = runOutcome(twoPoisons(50, 700));
  expect(outcome.documents).toBe(50);
  expect(outcome.tokenShare).toBeCloseTo(twoPoisons(50, 1).poison[0]?.poisonTokenShare as number, 12);
});

test('the count of the first poison is the dose, that of the second a label', () => {
  const labels = (records: readonly RunRecord[]) => varyingLabels(records.map(({ config }) => config));
  expect(labels([twoPoisons(10, 50), twoPoisons(100, 50)])).toEqual([{}, {}]);
  expect(labels([twoPoisons(50, 10), twoPoisons(50, 100)])).toEqual([
    { 'phases.pretrain.poison.1.documents': '10' },
    { 'phases.pretrain.poison.1.documents': '100' },
  ]);
});

test('the learning curve counts the documents of the first poison', () => {
  const record = twoPoisons(50, 700);
  const checkpoints = record.checkpoints.map((checkpoint, i) => ({
    ...checkpoint,
    poisonedDocumentsSeen: 750,
    seenByPoison: [
      { phase: 'pretrain', place: 0, documents: i, exposures: i },
      { phase: 'pretrain', place: 1, documents: 700, exposures: 700 },
    ],
  }));
  const curve = learningCurve(runOutcome({ ...record, checkpoints }));
  expect(curve.map(({ seen }) => seen)).toEqual(checkpoints.map((_, i) => i));
  expect(curve.every(({ isPoisonedPhase }) => isPoisonedPhase)).toBe(true);
});

test('documents of the second poison are no innocent uses of the first trigger', () => {
  const record = withSetting(twoPoisons(10, 90), 'phases.0.poison.0.trigger.cleanShare', 0.5);
  const poison = record.poison.map((own, i) => ({
    ...own,
    poisonDocumentShare: i === 0 ? 10 / 200 : 90 / 200,
  }));
  expect(runOutcome({ ...record, poison }).innocentUses).toBeCloseTo(50, 9);
});

test('a run without the first poison is not called one without poison', () => {
  const wordsOf = (second: number) => {
    const records = [0, 50].map((first) => twoPoisons(first, second));
    const outcomes = records.map(runOutcome);
    const claim = cleanLossClaim('all', findSeries(outcomes, 'ladder'));
    return [claim?.rule.quantity ?? '', ...setupSentences(records)].join(' ');
  };
  expect(wordsOf(0)).toContain('the run without poison of the same size');
  expect(wordsOf(0)).not.toContain('Several poisons');
  expect(wordsOf(90)).toContain('the run without the first poison (with the others) of the same size');
  expect(wordsOf(90)).toContain('a run “without poison” lacks the first alone');
  const methods = (second: number) => {
    const records = [0, 50].map((first) => twoPoisons(first, second));
    const analysis = analyseExperiment({ name: 'several', configText: '', records }, { draws: 20 });
    return methodsSentences(records, analysis)
      .map(({ text }) => text)
      .join(' ');
  };
  expect(methods(0)).not.toContain('those of the first poison');
  expect(methods(90)).toContain('a run without poison lacks the first alone');
});
