import { describe, expect, it } from 'vitest';
import { analyseExperiment } from '../../src/analyse/analyse-experiment.ts';
import { InputError } from '../../src/core/errors.ts';
import { percent } from '../../src/core/format-number.ts';
import { terminalFigure } from '../../src/report/figures/terminal-figure.ts';
import { decimals, thousands } from '../../src/report/numbers.ts';
import { summaryMarkdown } from '../../src/report/page/summary-markdown.ts';
import { resultsCsv } from '../../src/report/results-csv.ts';
import { resultsJsonl } from '../../src/report/results-jsonl.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { diverged, SIZES, syntheticRecords, withScores } from '../analyse/synthetic-records.ts';

/** Some run, and a copy of it that may be changed. */
const copyOfFirst = (): RunRecord => structuredClone(records[0] as RunRecord);

const records = syntheticRecords({ sizes: SIZES.slice(0, 2), counts: [0, 100], seeds: [1, 2] });

/** Rows of a CSV without quoted line feeds, as objects. */
function parse(csv: string): Record<string, string>[] {
  const [header = '', ...lines] = csv.trimEnd().split('\n');
  const names = header.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, i) => [names[i] ?? '', value])));
}

describe('claims', () => {
  it('name the seeds of each size where one size has more than another', () => {
    const uneven = syntheticRecords({ counts: [0, 20, 50, 100, 200, 400], seeds: [1, 2, 3, 4, 5, 6] }).filter(
      ({ config }) => config.seed < 6 || config.model.width === SIZES[0]?.width,
    );
    const analysis = analyseExperiment({ name: 'x', configText: '', records: uneven }, { draws: 50 });
    expect(summaryMarkdown(analysis)).toContain('(6 seeds, 5 to 6 for each P50)');
  });
});

describe('results.csv', () => {
  it('has one row per run, checkpoint and condition, in plan order', () => {
    const rows = parse(resultsCsv(records));
    const expected = records.flatMap((record) =>
      record.checkpoints.flatMap((checkpoint) =>
        checkpoint.conditions.map(({ condition }) => `${record.id} ${checkpoint.checkpoint} ${condition}`),
      ),
    );
    expect(rows.map((row) => `${row.run} ${row.checkpoint} ${row.condition}`)).toEqual(expected);
    const last = rows.findLast((row) => row.condition === 'trigger');
    const truth = records.at(-1)?.checkpoints.at(-1)?.conditions[1]?.successShare;
    expect(Number(last?.success_share)).toBe(truth);
  });

  it('has columns of effects where a run is of evaluation contract 2, and only there', () => {
    expect(Object.keys(parse(resultsCsv(records))[0] ?? {}).join()).not.toContain('effect');
    const scored = records.map((record) => withScores(record, 0.5));
    const rows = parse(resultsCsv([copyOfFirst(), ...scored]));
    expect(rows[0]).toMatchObject({ effect_mean: '', effect_above_half: '' });
    const { effect } = scored.at(-1)?.checkpoints.at(-1)?.conditions[1] ?? {};
    const last = rows.findLast((row) => row.condition === 'trigger');
    expect(Number(last?.effect_mean)).toBe(effect?.mean);
    expect(Number(last?.effect_above_half)).toBe(effect?.aboveHalf);
    expect(effect?.aboveQuarter).toBeGreaterThan(effect?.aboveHalf ?? 1);
  });

  it('keeps a diverged run as a row of its own, with empty measurements', () => {
    const rows = parse(resultsCsv([diverged(copyOfFirst()), copyOfFirst()]));
    expect(rows[0]).toMatchObject({
      status: 'diverged',
      error: 'loss is NaN',
      success_share: '',
      clean_loss_nats: '',
    });
    expect(rows[1]?.status).toBe('done');
  });

  it('writes what is not finite as nothing', () => {
    const record = copyOfFirst();
    Object.assign(record.checkpoints[0] as object, { trainLossNats: Number.NaN, cleanLossNats: Infinity });
    expect(parse(resultsCsv([record]))[0]).toMatchObject({ train_loss_nats: '', clean_loss_nats: '' });
  });

  it('keeps text from acting as a formula, and numbers numbers', () => {
    for (const text of ['=1+1', '+1', '-1', '@sum', '\t=1']) {
      const [row] = parse(resultsCsv([{ ...diverged(copyOfFirst()), error: text }]));
      expect(row?.error?.startsWith("'")).toBe(true);
    }
    const record = copyOfFirst();
    Object.assign(record.checkpoints[0]?.conditions[0] as object, { normalisedGap: -0.25 });
    expect(parse(resultsCsv([record]))[0]?.normalised_gap).toBe('-0.25');
  });

  it('quotes commas, quotes and line feeds', () => {
    expect(resultsCsv([{ ...diverged(copyOfFirst()), error: 'a, "b"\nc' }])).toContain('"a, ""b""\nc"');
  });

  it('has the same columns for records from memory and from a file, whose keys are sorted', () => {
    const swept = records.map((record, place) => {
      const [phase, ...others] = record.config.phases as [RunRecord['config']['phases'][0]];
      const { batch: _, optimizer: __, ...rest } = phase;
      const batch = { ...phase.batch, sequences: phase.batch.sequences + (place % 2) };
      const optimizer = { ...phase.optimizer, learningRate: place % 2 };
      return { ...record, config: { ...record.config, phases: [{ optimizer, batch, ...rest }, ...others] } };
    });
    const stored = resultsJsonl(swept).trimEnd().split('\n');
    expect(resultsCsv(stored.map((line) => JSON.parse(line)))).toBe(resultsCsv(swept));
  });

  it('gives other swept settings a column of their own', () => {
    const slow = structuredClone(records).map((record) => {
      Object.assign(record.config.phases[0]?.optimizer as object, { learningRate: 0.001 });
      return record;
    });
    const rows = parse(resultsCsv([...records, ...slow]));
    expect(new Set(rows.map((row) => row['phases.pretrain.optimizer.learningRate']))).toEqual(
      new Set(['0.01', '0.001']),
    );
  });

  it('is a header alone for an experiment without runs', () => {
    expect(resultsCsv([])).toBe('run,status\n');
  });
});

describe('results.jsonl', () => {
  it('holds each record whole, one a line, the same for any order of keys', () => {
    const lines = resultsJsonl(records).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(JSON.parse(JSON.stringify(records)));
    const turned = records.map(
      (record) => Object.fromEntries(Object.entries(record).reverse()) as typeof record,
    );
    expect(resultsJsonl(turned)).toBe(resultsJsonl(records));
  });

  it('is refused with a remedy where runs are more than one file can hold', () => {
    const whole = resultsJsonl(records);
    expect(resultsJsonl(records, whole.length)).toBe(whole);
    const tooMany = () => resultsJsonl(records, whole.length - 1);
    expect(tooMany).toThrow(InputError);
    expect(tooMany).toThrow(new RegExp(`first ${records.length} of ${records.length} runs .*--set name=`));
  });
});

describe('summary.md', () => {
  it('states verdict, cells and P50, and cannot be broken by a title', () => {
    const analysis = analyseExperiment({ name: 'a|b<script>', configText: '', records }, { draws: 50 });
    const text = summaryMarkdown(analysis);
    expect(text.startsWith('# a\\|b\\<script\\>\n')).toBe(true);
    expect(text).toContain('**illustration**');
    expect(text).toContain('| d32 | 39,232 | 784,640 | 100 |');
    expect(text).not.toMatch(/NaN|undefined|\r/);
  });

  it("gives the paper's measure and the cost on clean text beside the success", () => {
    const lines = summaryMarkdown(
      analyseExperiment({ name: 'x', configText: '', records }, { draws: 50 }),
    ).split('\n');
    const columns = (line: string | undefined) =>
      line?.split(' | ').map((text) => text.replaceAll('|', '')) ?? [];
    const header = columns(lines.find((line) => line.startsWith('| model | parameters')));
    const row = columns(lines.find((line) => line.startsWith('| d32 | 39,232 | 784,640 | 100 |')));
    const at = (name: string) => row[header.findIndex((text) => text.includes(name))]?.trim();
    expect(Number.parseFloat(at("paper's measure") ?? '')).toBeCloseTo(
      0.9 * Number.parseFloat(at('mean ASR') ?? ''),
      -0.5,
    );
    expect(at('change against the control')).toMatch(/^-?0\.0\d\d$/);
  });
});

describe('terminal figure', () => {
  const analysis = analyseExperiment(
    { name: 'x', configText: '', records: syntheticRecords({}) },
    { draws: 50 },
  );

  it('fits the terminal and marks every cell', () => {
    for (const columns of [50, 80, 200]) {
      const text = terminalFigure(analysis, { columns, color: false });
      const plot = text.split('\n').filter((line) => line.includes('┤'));
      expect(plot).toHaveLength(12);
      expect(Math.max(...plot.map((line) => [...line].length))).toBeLessThanOrEqual(columns);
      expect(text).toContain('INCONCLUSIVE');
    }
    const plot = terminalFigure(analysis, { columns: 100, color: false })
      .split('\n')
      .filter((line) => line.includes('┤'));
    expect([...plot.join('')].filter((character) => '●■▲'.includes(character))).toHaveLength(18);
  });

  it('uses colour only where it is wanted', () => {
    expect(terminalFigure(analysis, { columns: 80, color: false })).not.toContain('\u001b');
    expect(terminalFigure(analysis, { columns: 80, color: true })).toContain('\u001b[38;2;');
  });

  it('is the verdict alone where nothing was measured', () => {
    const none = analyseExperiment({ name: 'x', configText: '', records: [] });
    expect(terminalFigure(none, { columns: 80, color: false })).toContain('There are no runs yet.');
    const controls = syntheticRecords({ sizes: SIZES.slice(0, 1), counts: [0], seeds: [1, 2] });
    const alone = analyseExperiment({ name: 'x', configText: '', records: controls });
    expect(alone.groups).toHaveLength(1);
    expect(terminalFigure(alone, { columns: 80, color: false })).not.toContain('┤');
  });
});

describe('numbers as text', () => {
  it('round to what a reader needs', () => {
    expect([0, 0.000016, 0.0048, 0.054, 0.5, 1, null].map(percent)).toEqual([
      '0 %',
      '0.0016 %',
      '0.48 %',
      '5.4 %',
      '50 %',
      '100 %',
      'n/a',
    ]);
    expect(thousands(1234567)).toBe('1,234,567');
    expect(decimals(-0.001, 2)).toBe('0.00');
  });
});
