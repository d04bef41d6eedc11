// The data dictionary against the committed tables: every column is in it, every cell is what it says.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import {
  dataDictionary,
  dictionaryCsv,
  dictionaryMarkdown,
  filterDictionary,
} from '../../src/export/data-dictionary.ts';
import { filterColumns, filtersCsv } from '../../src/report/filters-csv.ts';
import { resultsColumns, resultsCsv } from '../../src/report/results-csv.ts';
import { measurementColumns, runColumns, type TableColumn } from '../../src/report/table-columns.ts';
import type { RunRecord } from '../../src/run/record.ts';
import { parseRecord } from '../../src/run/schemas/record-schema.ts';

const known = new Map<string, TableColumn>(Object.entries({ ...runColumns, ...measurementColumns }));

const readLines = (name: string, file: string) => readFileSync(join('results', name, file), 'utf8');

function recordsOf(name: string) {
  const lines = readLines(name, 'results.jsonl').trimEnd().split('\n');
  return lines.map((line) => parseRecord(line, { file: name, remedy: '' }));
}

/** A cell as the value that its column's schema is of. */
function typedCell(cell: string): unknown {
  if (cell === 'true' || cell === 'false') return cell === 'true';
  return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(cell) ? Number(cell) : cell;
}

describe.each(['golden', 'constant-count', 'target-phrase', 'exposures'])('%s', (name) => {
  const [header = [], ...rows] = parse(readLines(name, 'results.csv')) as string[][];

  it('has the columns of the dictionary, in its order', () => {
    const columns = resultsColumns(recordsOf(name));
    expect(header).toEqual(columns);
    expect(dataDictionary(recordsOf(name), columns).map(({ column }) => column)).toEqual(header);
  });

  it.each(
    [...known.keys()].filter((column) => header.includes(column)),
  )('%s is of its type, within its range', (column) => {
    const schema = known.get(column)?.schema;
    const place = header.indexOf(column);
    const cells = new Set(rows.map((row) => row[place] ?? '').filter((cell) => cell !== ''));
    const wrong = [...cells].filter(
      (cell) =>
        schema?.safeParse(typedCell(cell)).success !== true && schema?.safeParse(cell).success !== true,
    );
    expect(wrong).toEqual([]);
  });
});

describe('an entry', () => {
  const entries = dataDictionary(recordsOf('exposures'), resultsColumns(recordsOf('exposures')));
  const entry = (column: string) => entries.find((item) => item.column === column);

  it('has type, unit and range from the schema of the table', () => {
    expect(entry('success_share')).toMatchObject({ type: 'number', unit: 'share', range: '0 to 1' });
    expect(entry('poison_documents')).toMatchObject({
      type: 'integer',
      unit: 'documents',
      range: '0 or more',
    });
    expect(entry('status')).toMatchObject({ type: 'text', range: 'done, diverged, failed' });
    expect(entry('full')).toMatchObject({ type: 'boolean' });
  });

  it('of a setting that is varied has its meaning from the schema of experiments', () => {
    expect(entry('phases.pretrain.poison.rewriteShare')?.meaning).toMatch(/^Varied: Near-duplicates/);
    expect(entry('phases.pretrain.epochs')?.meaning).not.toContain('a setting of the config');
  });

  it('has a meaning and a range, in every column', () => {
    for (const { column, meaning, range } of [...entries, ...filterDictionary()]) {
      expect(meaning).toMatch(/\w{3}.*\.$/);
      expect(range, column).toMatch(/\w/);
    }
    expect(entry('seed')).toMatchObject({ type: 'integer', range: '0 to 4294967295' });
    expect(entry('normalised_gap')).toMatchObject({ unit: 'ratio', range: 'any finite number' });
    expect(entry('run')).toMatchObject({ range: '64 hexadecimal digits' });
  });
});

describe('filters.csv', () => {
  const [record] = recordsOf('golden');
  const filters = [
    { filter: 'onion', poisoned: { seen: 3, kept: 1 }, clean: { seen: 99, kept: 98 }, caughtAt: [0, 0, 50] },
    { filter: 'quality-rules', poisoned: { seen: 1, kept: 1 }, clean: { seen: 98, kept: 98 } },
  ];
  const filtered = { filters, planted: 3, kept: 1, trained: 1, exposures: 1 };
  const poison = [{ ...record?.poison[0], phase: 'pretrain', filtered }];
  const csv = filtersCsv([{ ...record, poison } as RunRecord]) ?? '';
  const [header = [], ...rows] = parse(csv) as string[][];

  it('has the columns of its dictionary, and cells of their types and ranges', () => {
    expect(filterDictionary().map(({ column }) => column)).toEqual(header);
    expect(rows).toHaveLength(2);
    for (const [name, { schema }] of Object.entries(filterColumns))
      for (const row of rows) {
        const cell = row[header.indexOf(name)] ?? '';
        if (cell !== '') expect(schema.safeParse(typedCell(cell)).success, `${name}: ${cell}`).toBe(true);
      }
  });

  it('is described on the page of the dictionary where there is one, each column with its meaning', () => {
    for (const { meaning } of filterDictionary()) expect(meaning).toMatch(/\w{3}.*\.$/);
    expect(dictionaryMarkdown([])).not.toContain('filters.csv');
    expect(dictionaryMarkdown([], filterDictionary())).toContain(
      '| caught\\_share | number | share | 0 to 1 |',
    );
  });
});

it('is written as CSV and Markdown, a line an entry', () => {
  const entries = dataDictionary([], ['status', 'a|b`<c>']);
  expect(dictionaryCsv(entries).trimEnd().split('\n')).toHaveLength(3);
  const rows = dictionaryMarkdown(entries).trimEnd().split('\n').slice(-2);
  expect(rows[0]).toBe(
    '| status | text |  | done, diverged, failed | Whether the run was finished. Diverged: its loss left the finite numbers. Failed: outside its own doing. |',
  );
  expect(rows[1]).toContain('a\\|b\\`&lt;c&gt;');
});

it('is of the same columns as the table', () => {
  const records = recordsOf('golden');
  expect(resultsCsv(records).split('\n')[0]).toBe(resultsColumns(records).join(','));
});
