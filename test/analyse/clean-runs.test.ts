import { expect, test } from 'vitest';
import { analyseExperiment } from '../../src/analyse/analyse-experiment.ts';
import { cleanRows } from '../../src/report/page/clean-words.ts';
import { summaryMarkdown } from '../../src/report/page/summary-markdown.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { diverged, syntheticRecords, withSetting } from './synthetic-records.ts';

const RATE = 'phases.0.optimizer.learningRate';
const SEEDS = [1, 2, 3, 4, 5];

/** The controls of a synthetic experiment as runs of one that plants nothing, with a loss by seed. */
function cleanRecords(rate: number, loss: number): RunRecord[] {
  return syntheticRecords({ seeds: SEEDS, counts: [0] }).map((record) => {
    const config = {
      ...record.config,
      phases: record.config.phases.map(({ poison: _, ...phase }) => phase),
    } as RunRecord['config'];
    const checkpoints = record.checkpoints.map((own) => ({
      ...own,
      conditions: [],
      cleanLossNats: loss + 0.01 * record.config.seed,
    }));
    return {
      ...withSetting({ ...record, config, checkpoints, poison: [] }, RATE, rate),
      id: `${rate}${record.id}`,
    };
  });
}

const analyse = (records: RunRecord[]) =>
  analyseExperiment({ name: 'rates', records, configText: '' }, { draws: 20 });

test('an experiment without poison is its clean loss by setting and size', () => {
  const analysis = analyse([...cleanRecords(0.01, 0.5), ...cleanRecords(0.02, 0.4)]);
  const { cleanRuns = [], groups, verdict } = analysis;
  expect(verdict.headline).toMatch(/^None of these runs is poisoned/);
  expect(verdict.reasons[0]).toMatch(/lowest with .*learningRate = 0\.02, 0\.430 nats/);
  expect(cleanRuns).toHaveLength(groups.length * (groups[0]?.series.length ?? 0));
  const [first] = cleanRuns;
  expect(first).toMatchObject({ seeds: 5, lost: 0, lowest: false });
  expect(first?.estimate).toBeCloseTo(0.53, 12);
  // Standard deviation of 1 to 5 hundredths: sqrt(2.5) / 100; t(0.95, 4) = 2.1318.
  expect((first?.interval?.high ?? 0) - 0.53).toBeCloseTo((2.131847 * Math.sqrt(2.5 / 5)) / 100, 6);
  expect(cleanRows(cleanRuns, analysis).rows[1]?.[1]).toMatch(/^0\.430 \(0\.415 to 0\.445\), lowest$/);
  const summary = summaryMarkdown(analysis);
  expect(summary).not.toMatch(/n\/a|P50|Claims/);
});

test('runs without an outcome are named, and are in no mean', () => {
  const records = cleanRecords(0.01, 0.5).map((record, i) => (i % 5 === 0 ? diverged(record) : record));
  const { cleanRuns = [] } = analyse(records);
  expect(cleanRuns[0]).toMatchObject({ seeds: 4, lost: 1, interval: null });
});

test('a setting that lost a run is not the lowest, however low the rest', () => {
  const low = cleanRecords(0.02, 0.1).map((record, i) => (i === 0 ? diverged(record) : record));
  const { cleanRuns = [] } = analyse([...cleanRecords(0.01, 0.5), ...cleanRecords(0.03, 0.6), ...low]);
  const first = cleanRuns.filter(({ series }) => series === cleanRuns[0]?.series);
  expect(first.map(({ lowest }) => lowest)).toEqual([true, false, false]);
});

test('an attack of zero documents poisons nothing', () => {
  const controls = syntheticRecords({ seeds: [1, 2], counts: [0] });
  expect(controls.every(({ poison }) => poison.length > 0)).toBe(true);
  const { cleanRuns, verdict } = analyse(controls);
  expect(cleanRuns?.map(({ seeds }) => seeds)).toEqual([2, 2, 2]);
  expect(verdict.headline).toMatch(/^None of these runs is poisoned/);
});

test('one poisoned run makes it an experiment about poison', () => {
  const [poisoned] = syntheticRecords({ seeds: [1], counts: [50] });
  expect(analyse([...cleanRecords(0.01, 0.5), poisoned as RunRecord]).cleanRuns).toBeUndefined();
});
