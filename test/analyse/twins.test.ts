import { describe, expect, test } from 'vitest';
import { analyseExperiment } from '../../src/analyse/analyse-experiment.ts';
import { pooledCorrelation } from '../../src/analyse/statistics/pooled-correlation.ts';
import { twinAnalysis } from '../../src/analyse/twins.ts';
import { plantedDocuments } from '../../src/config/poisons.ts';
import { randomStream } from '../../src/core/random.ts';
import { summaryMarkdown } from '../../src/report/page/summary-markdown.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { syntheticRecords, withSetting } from './synthetic-records.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const sizes = [
  { width: 32, parameters: 39_232 },
  { width: 64, parameters: 127_360 },
];

/** A record with another clean loss at every checkpoint. */
function withLoss(record: RunRecord, loss: number): RunRecord {
  return { ...record, checkpoints: record.checkpoints.map((own) => ({ ...own, cleanLossNats: loss })) };
}

const lossOf = (record: RunRecord) => record.checkpoints.at(-1)?.cleanLossNats ?? 0;

/** Records with a twin for each poisoned run, whose clean loss is its own but for some noise. */
function pairedRecords(noise: number): RunRecord[] {
  const records = syntheticRecords({ sizes, counts: [0, 50], seeds: SEEDS });
  const random = randomStream('twins', 'test');
  const twins = records
    .filter(({ config }) => plantedDocuments(config.phases) > 0)
    .map((record) =>
      withLoss(
        withSetting(record, 'phases.0.poison.filler', 'clean'),
        lossOf(record) + noise * random.normal(),
      ),
    );
  return [...records, ...twins];
}

describe('pooledCorrelation', () => {
  // By hand: 8 / sqrt(10 × 10), and tanh(artanh 0.8 ∓ 1.6448536 / √2).
  test("is Pearson's with Fisher's interval in one cell", () => {
    const y = [2, 1, 4, 3, 5];
    const found = pooledCorrelation([1, 2, 3, 4, 5].map((x, i) => ({ cell: 'a', x, y: y[i] as number })));
    expect(found.correlation).toBeCloseTo(0.8, 12);
    expect(found.interval?.low).toBeCloseTo(-0.0643857, 6);
    expect(found.interval?.high).toBeCloseTo(0.9785289, 6);
    expect(found.differenceDeviation).toBeCloseTo(1, 12);
    expect(found.independentDeviation).toBeCloseTo(Math.sqrt(5), 12);
  });

  test('leaves out what differs between cells', () => {
    const pairs = [1, 2, 3, 4].flatMap((x) => [
      { cell: 'low', x, y: [1, -1, -1, 1][x - 1] as number },
      { cell: 'high', x: 100 + x, y: 100 + ([1, -1, -1, 1][x - 1] as number) },
    ]);
    expect(pooledCorrelation(pairs).correlation).toBeCloseTo(0, 12);
  });

  test('is not given for one pair, nor for values that are all the same', () => {
    expect(pooledCorrelation([{ cell: 'a', x: 1, y: 2 }])).toMatchObject({
      correlation: null,
      interval: null,
    });
    const same = [1, 2, 3, 4, 5, 6].map((y) => ({ cell: 'a', x: 1, y }));
    expect(pooledCorrelation(same).correlation).toBeNull();
  });
});

describe('twins in an analysis', () => {
  test('gain where they correlate, and the controls of the same seeds do not', () => {
    const found = twinAnalysis(pairedRecords(0.002));
    expect(found?.pairs).toBe(20);
    expect(found?.withControl).toBe(20);
    expect(found?.gains).toBe(true);
    const [loss] = found?.measures ?? [];
    expect(loss?.twin.correlation).toBeGreaterThan(0.95);
    expect(Math.abs(loss?.control.correlation ?? 1)).toBeLessThan(0.6);
  });

  test('are said to gain nothing where they do not', () => {
    const records = pairedRecords(0.3);
    const analysis = analyseExperiment({ name: 'twins', configText: '', records }, { draws: 20 });
    expect(analysis.twins?.gains).toBe(false);
    expect(summaryMarkdown(analysis)).toMatch(/Twins gain nothing: by clean loss/);
  });

  test('are in nothing else of the analysis: without them it is the same', () => {
    const all = pairedRecords(0.1);
    const poisonedOnly = all.filter(({ config }) => !JSON.stringify(config).includes('filler'));
    const analyse = (records: readonly RunRecord[]) =>
      analyseExperiment({ name: 'twins', configText: '', records }, { draws: 20 });
    const { twins: _, runs, ...rest } = analyse(all);
    const { runs: fewer, ...other } = analyse(poisonedOnly);
    expect(rest).toEqual(other);
    expect(runs.total - fewer.total).toBe(20);
  });

  test('are not those runs of which some documents are replaced, which are in no curve either', () => {
    const records = syntheticRecords({ sizes, counts: [0, 50], seeds: SEEDS });
    const partial = records
      .filter(({ config }) => plantedDocuments(config.phases) > 0)
      .map((record) => withSetting(record, 'phases.0.poison.filler', { documents: ['0-9'] }));
    const analyse = (own: readonly RunRecord[]) =>
      analyseExperiment({ name: 'twins', configText: '', records: own }, { draws: 20 });
    const { runs: _, verdict, replacedDocuments, ...rest } = analyse([...records, ...partial]);
    const { runs: __, verdict: ofOthers, ...other } = analyse(records);
    expect(rest).toEqual(other);
    expect(verdict.reasons).toEqual(ofOthers.reasons);
    expect(replacedDocuments).toMatchObject([{ runs: partial.length / 2 }, { runs: partial.length / 2 }]);
    expect(rest.twins).toBeUndefined();
  });

  test('are not there in an experiment without', () => {
    expect(twinAnalysis(syntheticRecords({ sizes, counts: [0, 50] }))).toBeNull();
  });
});
