import { describe, expect, test } from 'vitest';
import { analyseExperiment } from '../../src/analyse/analyse-experiment.ts';
import { replacedDocuments } from '../../src/analyse/replaced-documents.ts';
import { invertMatrix } from '../../src/analyse/statistics/invert-matrix.ts';
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

const isPoisoned = ({ config }: RunRecord) => plantedDocuments(config.phases) > 0;
const synthetic = syntheticRecords({ sizes, counts: [0, 30], seeds: SEEDS });

/** What keeping each of three parts adds: of documents 0 to 9, 10 to 14 and 15 to 29. */
const ADDS = [0.02, 0.1, 0.5];
const ALL = 0.1 + 0.02 + 0.1 + 0.5;

const whole = synthetic.map((record) =>
  isPoisoned(record) ? withSuccess(record, ALL + 0.01 * record.config.seed) : record,
);

/** Unbalanced on purpose: the last part is kept where the first is replaced, more often than not. */
const PATTERNS = [
  { documents: ['0-9'], kept: [0, 1, 1] },
  { documents: ['0-14'], kept: [0, 0, 1] },
  { documents: ['15-29'], kept: [1, 1, 0] },
  { documents: ['10-29'], kept: [1, 0, 0] },
  { documents: ['0-9', '15-29'], kept: [0, 1, 0] },
];

function replacedRuns(records: readonly RunRecord[]): RunRecord[] {
  return records.filter(isPoisoned).flatMap((record) =>
    PATTERNS.map(({ documents, kept }) => {
      const added = kept.reduce((sum, isKept, i) => sum + isKept * (ADDS[i] as number), 0);
      const share = 0.1 + added + 0.01 * record.config.seed;
      return withSuccess(withSetting(record, 'phases.0.poison.filler', { documents }), share);
    }),
  );
}

const replaced = replacedRuns(whole);

/** Each tenth replaced in turn. */
function inTurn(parts: number): RunRecord[] {
  return whole.filter(isPoisoned).flatMap((record) =>
    Array.from({ length: parts }, (_, i) => {
      const size = 30 / parts;
      const documents = [`${i * size}-${(i + 1) * size - 1}`];
      const share = ALL - (i === 0 ? 0.3 : 0.05) + 0.01 * record.config.seed;
      return withSuccess(withSetting(record, 'phases.0.poison.filler', { documents }), share);
    }),
  );
}

describe('what each part of the poison adds', () => {
  const [found, ...others] = replacedDocuments([...whole, ...replaced]);

  test('is found where the patterns mix parts', () => {
    expect(others).toEqual([]);
    expect(found).toMatchObject({ title: '', documents: 30, runs: 25, lost: 0, patterns: 5, most: 2 });
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
    for (const [i, part] of (found?.parts ?? []).entries())
      expect(part.own?.mean).toBeCloseTo(ADDS[i] as number, 10);
  });

  test('has an interval of the noise of prompts and runs at least', () => {
    // Seeds agree to the last digit here.
    for (const { own } of found?.parts ?? [])
      expect((own?.interval?.high ?? 0) - (own?.interval?.low ?? 0)).toBeGreaterThan(0.05);
  });

  test('adds up to the success of all documents, or the page shows that it does not', () => {
    expect(found?.whole?.predicted).toBeCloseTo(ALL + 0.03, 10);
    expect(found?.whole?.measured).toBeCloseTo(ALL + 0.03, 10);
  });

  test.each([
    3, 5, 6, 10, 15, 30,
  ])('is not given where %i parts are replaced in turn and no run keeps all', (parts) => {
    const [own] = replacedDocuments(inTurn(parts));
    expect(own?.parts).toHaveLength(parts);
    expect(own?.parts.every(({ main }) => main === null)).toBe(true);
    expect(own?.most).toBeNull();
  });

  test.each([3, 10, 30])('is given where %i parts are replaced in turn and other runs keep all', (parts) => {
    const [own] = replacedDocuments([...whole, ...inTurn(parts)]);
    expect(own?.parts[0]?.main?.mean).toBeCloseTo(0.3, 10);
    expect(own?.parts[1]?.main?.mean).toBeCloseTo(0.05, 10);
    expect(own).toMatchObject({ most: 0, whole: null });
  });

  test('of none is the most where they do alike', () => {
    const alike = inTurn(3).map((record) => withSuccess(record, 0.5 + 0.01 * record.config.seed));
    expect(replacedDocuments([...whole, ...alike])[0]?.most).toBeNull();
  });

  test('says nothing of documents that all patterns treat alike', () => {
    const one = replaced.filter(({ config }) => JSON.stringify(config).includes('"0-14"'));
    expect(replacedDocuments(one)[0]?.parts).toEqual([]);
  });

  test('counts lost runs', () => {
    const [first, ...rest] = replaced;
    const lost = { ...(first as RunRecord), status: 'diverged' as const };
    expect(replacedDocuments([...whole, lost, ...rest])[0]).toMatchObject({ runs: 25, lost: 1 });
  });

  test('is told by size', () => {
    const two = syntheticRecords({
      sizes: [...sizes, { width: 64, parameters: 127_360 }],
      counts: [30],
      seeds: SEEDS,
    });
    expect(replacedDocuments(replacedRuns(two)).map(({ title }) => title)).toEqual(['d32', 'd64']);
  });
});

describe('in an analysis', () => {
  const analyse = (records: readonly RunRecord[]) =>
    analyseExperiment({ name: 'parts', records } as never, { draws: 20 });

  test('they stand by themselves, and the headline says that no claim judges them', () => {
    const analysis = analyse([...whole, ...replaced]);
    expect(analysis.runs.total).toBe(35);
    expect(analysis.groups[0]?.runIds).toHaveLength(10);
    const text = summaryMarkdown(analysis);
    expect(text).toContain('25 runs with replaced documents are judged by no claim.');
    expect(text).toMatch(
      /of 30 documents, counted from 0, documents 15 to 29 do most: .* they add 50 points/,
    );
    expect(text).toContain(
      'success with all documents by their sum, beside what was measured, is 75 % beside 75 %',
    );
  });

  test('no part is said to do most where none stands out', () => {
    const text = summaryMarkdown(analyse([...whole, ...inTurn(3).map((record) => withSuccess(record, 0.5))]));
    expect(text).toContain('no part of the 30 documents stands out from the others');
  });

  test('they are poisoned runs beside controls alone', () => {
    const controls = whole.filter((record) => !isPoisoned(record));
    const { cleanRuns, verdict } = analyse([...controls, ...replaced]);
    expect(cleanRuns).toBeUndefined();
    expect(verdict.headline).not.toContain('None of these runs is poisoned');
    expect(verdict.headline).toContain('25 runs with replaced documents');
  });

  test('an experiment without such runs says nothing of them', () => {
    const analysis = analyse(whole);
    expect(analysis).not.toHaveProperty('replacedDocuments');
    expect(summaryMarkdown(analysis)).not.toContain('eplaced');
  });
});

describe('invertMatrix', () => {
  test('inverts', () => {
    // By hand: 1 / (2 × 3 − 1) of the adjugate.
    const found = invertMatrix([
      [2, 1],
      [1, 3],
    ]);
    const expected = [
      [0.6, -0.2],
      [-0.2, 0.4],
    ];
    for (const [i, row] of (found ?? []).entries())
      for (const [j, value] of row.entries()) expect(value).toBeCloseTo(expected[i]?.[j] as number, 12);
    expect(found).toHaveLength(2);
  });

  test('takes rounding for what it is', () => {
    const tenth = [0.1, 0.2, 0.3];
    expect(invertMatrix(tenth.map((a) => tenth.map((b) => a * b)))).toBeNull();
  });
});
