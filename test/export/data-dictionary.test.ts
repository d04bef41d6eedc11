// The data dictionary against the committed tables: every column is in it, every cell is what it says.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { dataDictionary, dictionaryCsv, dictionaryMarkdown } from '../../src/export/data-dictionary.ts';
import { resultsColumns, resultsCsv } from '../../src/report/results-csv.ts';
import { measurementColumns, runColumns, type TableColumn } from '../../src/report/table-columns.ts';
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

  it('has a meaning, in every column', () => {
    for (const { meaning } of entries) expect(meaning).toMatch(/\w{3}.*\.$/);
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
