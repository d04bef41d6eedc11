import { expect, test } from 'vitest';
import { analyseExperiment } from '../../src/analyse/analyse-experiment.ts';
import { replacedDocuments } from '../../src/analyse/replaced-documents.ts';
import { plantedDocuments } from '../../src/config/poisons.ts';
import { summaryMarkdown } from '../../src/report/page/summary-markdown.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { syntheticRecords, withSetting } from './synthetic-records.ts';

const sizes = [{ width: 32, parameters: 39_232 }];
const SEEDS = [1, 2, 3, 4, 5];

/** A record whose triggered success at the end is this share. */
function withSuccess(record: RunRecord, share: number): RunRecord {
  const checkpoints = record.checkpoints.map((checkpoint) => ({
    ...checkpoint,
    conditions: checkpoint.conditions.map((own) =>
      own.condition === 'trigger' ? { ...own, successShare: share } : own,
    ),
  }));
  return { ...record, checkpoints };
}

const whole = syntheticRecords({ sizes, counts: [0, 30], seeds: SEEDS });
const poisoned = whole.filter(({ config }) => plantedDocuments(config.phases) > 0);

/** What keeping each of three parts adds: of documents 0 to 9, 10 to 14 and 15 to 29. */
const ADDS = [0.02, 0.1, 0.5];

/** Unbalanced on purpose: the last part is kept where the first is replaced, more often than not. */
const PATTERNS = [
  { documents: ['0-9'], kept: [0, 1, 1] },
  { documents: ['0-14'], kept: [0, 0, 1] },
  { documents: ['15-29'], kept: [1, 1, 0] },
  { documents: ['10-29'], kept: [1, 0, 0] },
  { documents: ['0-9', '15-29'], kept: [0, 1, 0] },
];

const replaced = poisoned.flatMap((record) =>
  PATTERNS.map(({ documents, kept }) => {
    const added = kept.reduce((sum, isKept, i) => sum + isKept * (ADDS[i] as number), 0);
    const share = 0.1 + added + 0.01 * record.config.seed;
    return withSuccess(withSetting(record, 'phases.0.poison.filler', { documents }), share);
  }),
);

const groups = [{ title: 'of these settings', outcomes: poisoned.map((record) => ({ record })) }] as never;

test('finds what each part adds, where the patterns mix them', () => {
  const [found, ...others] = replacedDocuments([...whole, ...replaced], groups);
  expect(others).toEqual([]);
  expect(found).toMatchObject({ title: 'of these settings', documents: 30, runs: 25, patterns: 5 });
  expect(found?.parts.map(({ first, last }) => [first, last])).toEqual([
    [0, 9],
    [10, 14],
    [15, 29],
  ]);
  expect(found?.parts.map((part) => [part.patternsKept, part.patternsReplaced])).toEqual([
    [2, 3],
    [3, 2],
    [2, 3],
  ]);
  for (const [i, part] of (found?.parts ?? []).entries()) {
    expect(part.own?.difference.mean).toBeCloseTo(ADDS[i] as number, 10);
    expect(part.own?.difference.seeds).toBe(5);
    // Seeds agree to the last digit here: the noise of the prompts alone keeps the interval from having no width.
    const interval = part.own?.difference.interval;
    expect((interval?.high ?? 0) - (interval?.low ?? 0)).toBeGreaterThan(0.02);
  }
  // The plain means of the runs that keep the first part, and that replace it, say the opposite.
  const first = found?.parts[0]?.own;
  expect((first?.kept ?? 0) < (first?.replaced ?? 0)).toBe(true);
});

test('says of no part what it adds where patterns do not tell parts apart', () => {
  const some = replaced.filter(({ config }) => {
    const { poison } = config.phases[0] as { poison: { filler: { documents: string[] } } };
    return ['0-9', '15-29'].includes(poison.filler.documents.join());
  });
  const [found] = replacedDocuments(some, groups);
  expect(found?.parts.map(({ main }) => main)).toEqual([null, null]);
});

test('documents that all patterns treat alike are in no part', () => {
  const one = replaced.filter(({ config }) => JSON.stringify(config).includes('"0-14"'));
  expect(replacedDocuments(one, groups)[0]?.parts).toEqual([]);
});

test('stand on the page by themselves, and the headline says that no claim judges them', () => {
  const analysis = analyseExperiment({ name: 'replaced', records: [...whole, ...replaced] } as never, {
    draws: 20,
  });
  expect(analysis.runs.total).toBe(35);
  expect(analysis.groups[0]?.runIds).toHaveLength(10);
  const text = summaryMarkdown(analysis);
  expect(text).toContain('25 runs with replaced documents are judged by no claim.');
  expect(text).toMatch(/of 30 documents, counted from 0, documents 15 to 29 do most: .* they add 50 points/);
  expect(text).toContain('## Replaced documents');
});

test('an experiment without such runs says nothing of them', () => {
  const analysis = analyseExperiment({ name: 'whole', records: whole } as never, { draws: 20 });
  expect(analysis).not.toHaveProperty('replacedDocuments');
  expect(summaryMarkdown(analysis)).not.toContain('eplaced');
});
