import { describe, expect, it } from 'vitest';
import { analyseExperiment } from '../../src/analyse/analyse-experiment.ts';
import type { Cell } from '../../src/analyse/cells.ts';
import { groupOutcomes } from '../../src/analyse/groups.ts';
import { runOutcome } from '../../src/analyse/run-outcome.ts';
import type { RunRecord } from '../../src/run/record.ts';
import {
  diverged,
  LONG_LADDER,
  SIZES,
  type SyntheticOptions,
  syntheticRecords,
  withSetting,
} from './synthetic-records.ts';

const FAST = { draws: 60 };

function analyse(options: SyntheticOptions) {
  return analyseExperiment({ name: 'test', configText: '', records: syntheticRecords(options) }, FAST);
}

/** Every number of a value, with its path. */
function numbers(value: unknown, path = ''): [string, number][] {
  if (typeof value === 'number') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => numbers(item, `${path}.${key}`));
}

describe('verdict', () => {
  it('supports the count law where the documents needed do not depend on size', () => {
    const { verdict, groups } = analyse({ sizes: LONG_LADDER });
    expect(verdict.status).toBe('supported');
    expect(groups[0].comparison?.dilutionInterval?.low).toBeLessThan(0);
    expect(groups[0].comparison?.dilutionInterval?.high).toBeGreaterThan(0);
  });

  it('contradicts it where only the share matters', () => {
    expect(analyse({ dilution: 1 }).verdict.status).toBe('contradicted');
  });

  it('is inconclusive half-way between', () => {
    const { status, reasons } = analyse({ dilution: 0.5 }).verdict;
    expect(status).toBe('inconclusive');
    expect(reasons.some((reason) => reason.includes('does not lie within'))).toBe(true);
  });

  const degenerate: readonly [string, SyntheticOptions, string][] = [
    ['one model size', { sizes: SIZES.slice(0, 1) }, 'Only one model size'],
    ['no success anywhere', { log10P50: 6 }, 'No count tried was enough'],
    ['success everywhere', { log10P50: -3 }, 'Every count tried was enough'],
    [
      'sizes with equal data',
      { sizes: SIZES.map((size) => ({ ...size, tokens: 1e6 })) },
      'All sizes were trained on the same amount',
    ],
    ['a flat curve', { log10P50: 6, floor: 0 }, 'No α: half success lies within the counts tried at none'],
    ['one seed', { seeds: [1] }, 'Only one seed'],
    ['four seeds', { seeds: [1, 2, 3, 4] }, 'Only 4 seeds'],
    ['one count', { counts: [0, 50] }, 'Only one count'],
    ['no poison', { counts: [0] }, ''],
    ['no runs', { sizes: [] }, ''],
  ];

  it.each(degenerate)('is an illustration, with the reason, for %s', (_, options, reason) => {
    const { status, reasons } = analyse(options).verdict;
    expect(status).toBe('illustration');
    expect(reason === '' || reasons.some((text) => text.startsWith(reason))).toBe(true);
  });
});

describe('analysis', () => {
  it('says so where no seed was trained at every size', () => {
    const records = [1, 2].flatMap((seed) =>
      syntheticRecords({ seeds: [seed], sizes: SIZES.slice(seed - 1, seed) }),
    );
    const { verdict } = analyseExperiment({ name: 'test', configText: '', records }, FAST);
    expect(verdict.reasons.join(' ')).toContain('No seed was trained at every size');
  });

  it('gives no interval from fewer than five seeds, only the range', () => {
    const { groups } = analyse({ seeds: [1, 2, 3] });
    const text = JSON.stringify(groups);
    expect(text).not.toContain('"level"');
    expect(groups[0].cells[1].asr.maximum).not.toBeNull();
  });

  it('is plain JSON with finite numbers for every kind of grid', () => {
    const grids: SyntheticOptions[] = [
      {},
      { seeds: [1], sizes: SIZES.slice(0, 2) },
      { log10P50: 6 },
      { log10P50: -3 },
      { counts: [0] },
      { counts: [50] },
      { steepness: 200, dispersion: 0.001 },
      { sizes: [] },
    ];
    for (const options of grids) {
      const analysis = analyse(options);
      expect(numbers(analysis).filter(([, value]) => !Number.isFinite(value))).toEqual([]);
      expect(JSON.parse(JSON.stringify(analysis))).toEqual(analysis);
    }
  });

  it('is the same twice, and does not depend on the order of the records', () => {
    const records = syntheticRecords({ seeds: [1, 2, 3, 4, 5, 6] });
    const of = (list: RunRecord[]) =>
      analyseExperiment({ name: 'x', configText: '', records: list }, FAST).groups[0];
    expect(of(records)).toEqual(of(records));
    expect(of([...records].reverse()).comparison?.dilution).toBeCloseTo(
      of(records).comparison?.dilution as number,
      9,
    );
  });

  it('has clean loss and seeds of runs in which no attack is measured', () => {
    const records = syntheticRecords({}).map((record) => ({
      ...record,
      poison: [],
      checkpoints: record.checkpoints.map((checkpoint) => ({
        ...checkpoint,
        conditions: checkpoint.conditions.filter(({ condition }) => condition === 'clean'),
      })),
    }));
    const { groups } = analyseExperiment({ name: 'x', configText: '', records }, FAST);
    const cells = groups.flatMap((group) => group.cells);
    expect(cells.every(({ lost, n, asr }) => lost === 0 && n === 5 && asr.mean === null)).toBe(true);
    expect(cells.every(({ cleanLossNats }) => cleanLossNats !== null)).toBe(true);
  });

  it('counts a diverged run, and takes it into no mean', () => {
    const records = syntheticRecords({}).map((record, i) => (i === 12 ? diverged(record) : record));
    const { runs, groups } = analyseExperiment({ name: 'x', configText: '', records }, FAST);
    const cell = groups[0].cells.find((item) => item.lost > 0);
    expect(runs.diverged).toBe(1);
    expect(cell).toMatchObject({ n: 4, lost: 1 });
    expect(cell?.asr.interval).toBeNull();
    expect(groups[0].verdict.reasons.at(-1)).toContain('1 run diverged or failed');
  });

  it('lets the full evaluation at the end of the last phase decide', () => {
    const record = syntheticRecords({ counts: [250], seeds: [1], sizes: SIZES.slice(0, 1) })[0] as RunRecord;
    const last = record.checkpoints.at(-1);
    expect(runOutcome(record).final).toBe(last);
    const light = { ...record, checkpoints: record.checkpoints.slice(0, -1) };
    expect(runOutcome(light)).toMatchObject({ final: null, asr: null });
  });

  it('censors P50 outside the counts tried', () => {
    const none = analyse({ log10P50: 4, seedShift: 0 }).groups[0].halfSuccess[0];
    expect(none).toMatchObject({ state: 'above', documents: null, largestTried: 250 });
    expect(none.interval?.high ?? null).toBeNull();
    expect(analyse({ log10P50: 0 }).groups[0].halfSuccess[0]).toMatchObject({
      state: 'below',
      smallestTried: 10,
    });
  });

  it('pairs the clean loss with the control of the same size and seed', () => {
    const cells: readonly Cell[] = analyse({}).groups[0]?.cells ?? [];
    const cell = cells.find((item) => item.documents === 100);
    const control = cells.find((item) => item.documents === 0);
    expect(cell?.cleanLossChangeNats.n).toBe(5);
    const difference = (cell?.cleanLossNats as number) - (control?.cleanLossNats as number);
    expect(cell?.cleanLossChangeNats.mean).toBeCloseTo(difference, 10);
    expect(control?.cleanLossChangeNats.n).toBe(0);
  });

  it('tabulates near triggers by grade', () => {
    const row = analyse({}).groups[0].nearTriggers.find((item) => item.documents === 250);
    expect(row?.grades.map((grade) => grade.condition)).toEqual([
      'trigger',
      'near-shared-prefix',
      'near-one-edit',
      'near-permuted',
      'near-same-length',
      'near-random',
      'clean',
    ]);
    expect(row?.grades[0].success.mean).toBeGreaterThan(row?.grades[5].success.mean as number);
  });
});

describe('groups', () => {
  const groupsOf = (records: readonly RunRecord[]) => groupOutcomes(records.map(runOutcome));

  it('are one ladder where size, count and seed vary', () => {
    expect(groupsOf(syntheticRecords({})).map(({ kind, title }) => ({ kind, title }))).toEqual([
      { kind: 'ladder', title: '' },
    ]);
  });

  it('divide by attack, its own options not dividing again', () => {
    const records = ['denial-of-service', 'target-phrase'].flatMap((attack) => syntheticRecords({ attack }));
    const withOption = records.map((record) =>
      withSetting(record, 'phases.0.poison.gibberish', record.poison[0].attack === 'target-phrase' ? 1 : 2),
    );
    const groups = groupsOf(withOption);
    expect(groups.map((group) => group.labels)).toEqual([
      { 'phases.pretrain.poison.attack': 'denial-of-service' },
      { 'phases.pretrain.poison.attack': 'target-phrase' },
    ]);
    expect(groups.every((group) => group.outcomes.length === records.length / 2)).toBe(true);
  });

  it('share the controls that have no poison at all', () => {
    const records = ['denial-of-service', 'target-phrase']
      .flatMap((attack) => syntheticRecords({ attack, counts: [50, 100] }))
      .concat(
        syntheticRecords({ counts: [0] }).map((record) => withSetting(record, 'phases.0.poison', undefined)),
      );
    expect(
      groupsOf(records).map((group) => group.outcomes.filter((run) => run.documents === 0).length),
    ).toEqual([15, 15]);
  });

  it('keep controls apart by the share of clean documents with the trigger, which is 0 where it is left out', () => {
    const path = 'phases.0.poison.trigger.cleanShare';
    const plain = syntheticRecords({ counts: [0, 50] });
    const records = [...plain, ...plain.map((record) => withSetting(record, path, 0.02))];
    expect(groupsOf(records).map(({ title, outcomes }) => [title, outcomes.length])).toEqual([
      ['poison.trigger.cleanShare = 0', plain.length],
      ['poison.trigger.cleanShare = 0.02', plain.length],
    ]);
  });

  it('share controls among numbers of different documents, which are all where none is said', () => {
    const controls = syntheticRecords({ counts: [0] });
    const plain = syntheticRecords({ counts: [50] });
    const copied = plain.map((record) => withSetting(record, 'phases.0.poison.distinctDocuments', 25));
    const rewritten = copied.map((record) => withSetting(record, 'phases.0.poison.rewriteShare', 0.3));
    const groups = groupsOf([...controls, ...plain, ...copied, ...rewritten]);
    expect(groups.map(({ labels }) => Object.values(labels))).toEqual([
      ['all', '0'],
      ['25', '0'],
      ['25', '0.3'],
    ]);
    expect(groups.map(({ outcomes }) => outcomes.length)).toEqual(
      groups.map(() => controls.length + plain.length),
    );
  });

  it('divide by any other setting, but not by one that follows from the size', () => {
    const records = syntheticRecords({}).map((record, i) =>
      withSetting(
        withSetting(record, 'phases.0.optimizer.learningRate', 1 / record.config.model.width),
        'model.positions',
        i % 2 === 0 ? 'rope' : 'learned',
      ),
    );
    expect(groupsOf(records).map((group) => group.labels)).toEqual([
      { 'model.positions': 'rope' },
      { 'model.positions': 'learned' },
    ]);
  });

  it('keep apart models of one size whose heads differ', () => {
    const records = [2, 4].flatMap((heads) =>
      syntheticRecords({ sizes: SIZES.slice(0, 1) }).map((record) =>
        withSetting(record, 'model.heads', heads),
      ),
    );
    expect(groupsOf(records).map((group) => [group.labels, group.outcomes.length])).toEqual([
      [{ 'model.heads': '2' }, 30],
      [{ 'model.heads': '4' }, 30],
    ]);
  });

  it('keep apart runs that divide the same count differently between two phases', () => {
    const planted = (first: number, second: number) =>
      syntheticRecords({ sizes: SIZES.slice(0, 1), counts: [10] }).map((record) => {
        const [phase] = record.config.phases;
        const poison = (documents: number) => ({ ...phase.poison, documents });
        return withSetting(record, 'phases', [
          { ...phase, poison: poison(first) },
          { ...phase, name: 'after', poison: poison(second) },
        ]);
      });
    expect(groupsOf([...planted(10, 0), ...planted(0, 10)])).toHaveLength(2);
  });

  it('tell a ladder from a dilution series at one size, where both were run', () => {
    const pair = SIZES.slice(0, 2);
    const records = [1, 4].flatMap((times) =>
      syntheticRecords({
        sizes: pair.map((size) => ({ ...size, tokens: 20 * times * size.parameters })),
      }),
    );
    expect(groupsOf(records).map((group) => group.kind)).toEqual([
      'ladder',
      'ladder',
      'dilution',
      'dilution',
    ]);
  });

  it('measure dilution at a fixed size', () => {
    const sizes = [1, 4, 12].map((times) => ({ width: 32, parameters: 39_232, tokens: 784_640 * times }));
    const [group] = analyse({ sizes, dilution: 0.9 }).groups;
    expect(group.kind).toBe('dilution');
    expect(group.comparison?.dilution).toBeGreaterThan(0.6);
    expect(group.series.map((series) => series.label)).toEqual(['785k tokens', '3.1M tokens', '9.4M tokens']);
  });
});
