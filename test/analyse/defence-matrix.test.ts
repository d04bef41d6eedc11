import { describe, expect, test } from 'vitest';
import { analyseExperiment } from '../../src/analyse/analyse-experiment.ts';
import { isAdaptiveAttack } from '../../src/analyse/defences/adaptive-attacks.ts';
import type { RunConfig } from '../../src/config/schema/schema.ts';
import { cellLines } from '../../src/report/page/defence-words.ts';
import { defendedRecords, withSuccess } from './defended-records.ts';
import { syntheticRecords, withSetting } from './synthetic-records.ts';

const records = defendedRecords();
const analyse = (own: typeof records) =>
  analyseExperiment({ name: 'defences', configText: '', records: own }, { draws: 200 });
const matrix = analyse(records).defences;
const cell = (attack: string, defence: string) => {
  const found = matrix?.cells.find((own) => own.attack === attack && own.defence === defence);
  if (found === undefined) throw new Error(`no cell ${attack}, ${defence}`);
  return found;
};
const RARE = 'denial-of-service';
const COMMON = 'denial-of-service, trigger.cleanShare = 0.02';

describe('the matrix of defences', () => {
  test('has a row an attack and a column a defence, and does not exist without defended runs', () => {
    expect(matrix?.attacks.map(({ title }) => title)).toEqual([RARE, COMMON]);
    expect(matrix?.attacks.map(({ cleanShare }) => cleanShare)).toEqual([0, 0.02]);
    expect(matrix?.defences.map(({ title }) => title)).toEqual([
      ...['quality-rules', 'reference-perplexity', 'rare-sequences'],
    ]);
    expect(analyse(syntheticRecords({ counts: [0, 50, 100] }))).not.toHaveProperty('defences');
  });

  test('is the same from configs as written and as stored, whatever the order of their options', () => {
    const withOptions = (change: (options: object) => object) =>
      records.map((record) => {
        const phases = record.config.phases.map((phase) =>
          phase.defend === undefined ? phase : { ...phase, defend: phase.defend.map(change) },
        );
        return { ...record, config: { ...record.config, phases } as RunConfig };
      });
    const written = withOptions((options) => ({ ...options, window: 16, order: 3 }));
    const stored = withOptions((options) => ({ order: 3, ...options, window: 16 }));
    const cells = JSON.stringify(analyse(written).defences);
    expect(cells).toContain('"order":3');
    expect(JSON.stringify(analyse(stored).defences)).toBe(cells);
  });

  test('R is the ratio of P50 with its interval, beside the same attack undefended', () => {
    const { ratio } = cell(RARE, 'quality-rules').measured ?? {};
    expect(ratio?.state).toBe('estimated');
    expect(ratio?.factor).toBeCloseTo(2, 0);
    expect(ratio?.interval?.low).toBeGreaterThan(1.5);
    expect(ratio?.interval?.high).toBeLessThan(2.7);
    // the stealthy attack needs twice as many in any case: that is not what the defence did
    const stealthy = cell(COMMON, 'rare-sequences').measured;
    expect(stealthy?.ratio.factor).toBeCloseTo(1, 1);
  });

  test('a defence that leaves no P50 within the counts tried has a limit on one side', () => {
    const { ratio } = cell(RARE, 'reference-perplexity').measured ?? {};
    expect(ratio).toMatchObject({ state: 'one-sided', factor: null });
    expect(ratio?.interval?.low).toBeGreaterThan(3);
    expect(ratio?.interval?.high).toBeNull();
  });

  test('a curve that falls has no R, but the counts that pass and the largest success', () => {
    const found = cell(RARE, 'rare-sequences').measured;
    expect(found?.ratio).toEqual({ state: 'falling', factor: null, interval: null });
    expect(found?.passingCounts).toEqual([50]);
    expect(found?.largestSuccess).toEqual({ documents: 50, asr: 0.7 });
    expect(found?.falls).toBe(true);
    expect(cell(RARE, 'quality-rules').measured?.falls).toBe(false);
  });

  test('a defended model that has the effect without poison has no R, and no contrast', () => {
    const broken = records.map((record) => {
      const kind = record.config.phases[0]?.defend?.[0]?.kind;
      return kind === 'reference-perplexity' ? withSuccess(record, 0.99) : record;
    });
    const analysis = analyse(broken);
    const found = analysis.defences?.cells.find((own) => own.defence === 'reference-perplexity');
    const none = { state: 'without-poison', factor: null, interval: null };
    expect(found?.measured?.ratio).toEqual(none);
    const contrast = analysis.contrasts.find((own) => own.title.includes('reference-perplexity'));
    expect(contrast?.log2HalfSuccessRatio).toEqual({ estimate: null, interval: null });
    if (found) expect(cellLines(found)[0]).toBe('R means nothing: as much success without poison');
  });

  test('survivors, what filters caught, and the price in clean loss are those of the runs', () => {
    const found = cell(RARE, 'quality-rules').measured;
    expect(found?.byCount.map(({ documents, survivors }) => [documents, survivors])).toEqual([
      ...[
        [25, 12],
        [50, 25],
        [100, 50],
        [250, 125],
      ],
    ]);
    expect(found?.cleanLossPrice.estimate).toBeCloseTo(0.05, 10);
    const [filter] = found?.filters ?? [];
    expect(filter?.falsePositiveShare).toBeCloseTo(0.01, 10);
    expect(filter?.caughtShare).toBeCloseTo(0.505, 3);
    expect(filter?.roc?.caughtAtOneInHundred).toBeCloseTo(0.505, 3);
    const largest = filter?.byCount.find(({ documents }) => documents === 250);
    // half of the poison scores above all clean documents, the rest above nine tenths
    expect(largest?.curve).toEqual([0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 1, 1, 1, 1]);
  });

  test('what was not run is untested, and an attack written against the defence is marked', () => {
    expect(cell(COMMON, 'quality-rules')).toMatchObject({
      status: 'untested',
      measured: null,
      adaptive: false,
    });
    expect(cell(COMMON, 'rare-sequences')).toMatchObject({
      status: 'measured',
      adaptive: true,
      usesTruth: false,
    });
    expect(cell(RARE, 'rare-sequences').adaptive).toBe(false);
  });

  test('does not depend on the order of the runs', () => {
    // Groups are numbered, and runs listed, in their order; sums round in it.
    const rounded = (item: unknown) => (typeof item === 'number' ? Number(item.toPrecision(9)) : item);
    const inOrder = (own: typeof matrix) =>
      (own?.cells ?? [])
        .map(({ group: _, baseline: __, ...found }) => found)
        .sort((a, b) => (a.attack + a.defence < b.attack + b.defence ? -1 : 1));
    /** All that is no draw of the bootstrap, whose streams go by the number of a group. */
    const found = (own: typeof matrix) =>
      inOrder(own).map(({ measured, ...names }) => {
        if (measured === null) return { names };
        const { ratio, halfSuccess, runs, ...rest } = measured;
        const { defended, undefended } = halfSuccess;
        const points = [ratio.state, ratio.factor, defended?.documents, undefended?.documents];
        const ids = [runs.defended, runs.undefended].map((list) => [...list].sort());
        return JSON.parse(JSON.stringify({ names, points, ids, rest }, (__, item) => rounded(item)));
      });
    const bounds = (own: typeof matrix) =>
      inOrder(own).flatMap(({ measured }) => [
        measured?.ratio.interval?.low ?? 0,
        measured?.ratio.interval?.high ?? 0,
      ]);
    const turned = analyse([...records].reverse()).defences;
    expect(found(turned)).toEqual(found(matrix));
    expect(bounds(matrix).filter((bound) => bound > 0).length).toBeGreaterThan(4);
    for (const [place, bound] of bounds(matrix).entries())
      expect(Math.abs((bounds(turned)[place] ?? 0) - bound)).toBeLessThanOrEqual(0.1 * bound);
  });
});

test('an attack is adaptive only if it was written against every defence of the phase', () => {
  const [record] = syntheticRecords({ counts: [50], seeds: [1] });
  const config = record?.config as RunConfig;
  const short = withSetting(record as NonNullable<typeof record>, 'phases.0.poison.gibberishTokens', {
    minimum: 4,
    maximum: 8,
  }).config;
  const window = (windowTokens: number) => [{ kind: 'reference-perplexity', windowTokens }];
  expect(isAdaptiveAttack(config, window(16))).toBe(false);
  expect(isAdaptiveAttack(short, window(16))).toBe(true);
  expect(isAdaptiveAttack(short, [{ kind: 'reference-perplexity' }])).toBe(true);
  expect(isAdaptiveAttack(short, [...window(16), { kind: 'quality-rules' }])).toBe(false);
  expect(isAdaptiveAttack(short, [])).toBe(false);
  // what fills a window of the defence was not written to slip through it
  expect(isAdaptiveAttack(short, window(8))).toBe(false);
  expect(isAdaptiveAttack(short, window(9))).toBe(true);
});

test('an attack on isolation by loss is adaptive if it comes after the last reading', () => {
  const [record] = syntheticRecords({ counts: [50], seeds: [1] });
  const late = (placement: unknown, untilShare?: number) => {
    const { config } = withSetting(
      record as NonNullable<typeof record>,
      'phases.0.poison.placement',
      placement,
    );
    return isAdaptiveAttack(config, [{ kind: 'loss-isolation', ...(untilShare && { untilShare }) }]);
  };
  expect(late('uniform')).toBe(false);
  expect(late('end', 0.9)).toBe(true);
  expect(late({ centre: 0.7, width: 0.5 })).toBe(true);
  expect(late({ centre: 0.7, width: 0.5 }, 0.4)).toBe(true);
  expect(late({ centre: 0.7, width: 0.5 }, 0.6)).toBe(false);
  expect(late({ sequences: 1, every: 4 })).toBe(false);
});
