// The data dictionary of results.csv: every column with its type, unit, range and meaning, from the schemas of the table
// and of experiments.
import { z } from 'zod';
import { createExperimentSchema } from '../config/schema/schema.ts';
import { schemaAt } from '../config/schema/schema-walk.ts';
import { inert } from '../core/inert-text.ts';
import { registered } from '../recipe/registered.ts';
import { filterColumns } from '../report/filters-csv.ts';
import { csvTable } from '../report/results-csv.ts';
import { measurementColumns, runColumns, type TableColumn } from '../report/table-columns.ts';
import type { RunRecord } from '../run/record.ts';
import { escapeMarkdown } from './escape-markdown.ts';

/** The description of a column. */
export interface DictionaryEntry {
  readonly column: string;
  readonly type: 'text' | 'integer' | 'number' | 'boolean';
  readonly unit: string;
  /** `0 to 1`, `0 or more`, `any finite number`, or the texts that it can hold. */
  readonly range: string;
  readonly meaning: string;
}

interface JsonType {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Every integer of a schema has these bounds by itself. */
const isOwnBound = (bound: number | undefined): bound is number =>
  bound !== undefined && Math.abs(bound) !== Number.MAX_SAFE_INTEGER;

/** What a text without a list of words can be. */
const HEXADECIMAL = /^\^\[0-9a-f\]\{(\d+)\}\$$/;

function rangeOfText({ pattern = '' }: JsonType): string {
  const digits = HEXADECIMAL.exec(pattern)?.[1];
  return digits === undefined ? 'any text' : `${digits} hexadecimal digits`;
}

function rangeOfType(json: JsonType): string {
  const { type, enum: words, minimum, maximum } = json;
  if (words !== undefined) return words.join(', ');
  if (type === 'boolean') return 'true, false';
  const [low, high] = [isOwnBound(minimum), isOwnBound(maximum)];
  if (low && high) return `${minimum} to ${maximum}`;
  if (low) return `${minimum} or more`;
  if (high) return `up to ${maximum}`;
  return type === 'number' || type === 'integer' ? 'any finite number' : rangeOfText(json);
}

const TYPES = { string: 'text', integer: 'integer', number: 'number', boolean: 'boolean' } as const;

function isKnownType(type: string | undefined): type is keyof typeof TYPES {
  return type !== undefined && Object.hasOwn(TYPES, type);
}

function describeColumn(name: string, { schema, unit, meaning }: TableColumn): DictionaryEntry {
  const json = z.toJSONSchema(schema) as JsonType;
  return {
    column: name,
    type: isKnownType(json.type) ? TYPES[json.type] : 'text',
    unit,
    range: rangeOfType(json),
    meaning,
  };
}

const experimentSchema = createExperimentSchema(registered.attacks, registered.defences);

/** What the schema of experiments says of a field, which a label names with its phase: `phases.pretrain.epochs`. */
function describeField(path: string, records: readonly RunRecord[]): string | undefined {
  for (const { config } of records) {
    const [first = '', second = '', ...rest] = path.split('.');
    const phase = config.phases.findIndex(({ name }) => name === second);
    const keys = first === 'phases' ? [first, phase, ...rest] : path.split('.');
    const { description } = z.globalRegistry.get(schemaAt(experimentSchema, keys, config) ?? z.never()) ?? {};
    if (description !== undefined) return description;
  }
  return undefined;
}

function describeSetting(path: string, records: readonly RunRecord[]): DictionaryEntry {
  const meaning = describeField(path, records) ?? 'a setting of the config of a run, at this path.';
  return { column: path, type: 'text', unit: '', range: 'as in the config', meaning: `Varied: ${meaning}` };
}

/** Every column of the table that these records give, in its order. */
export function dataDictionary(records: readonly RunRecord[], columns: readonly string[]): DictionaryEntry[] {
  const known = new Map<string, TableColumn>(Object.entries({ ...runColumns, ...measurementColumns }));
  return columns.map((name) => {
    const own = known.get(name);
    return own === undefined ? describeSetting(name, records) : describeColumn(name, own);
  });
}

/** Every column of filters.csv, in its order. */
export function filterDictionary(): DictionaryEntry[] {
  return Object.entries(filterColumns).map(([name, own]) => describeColumn(name, own));
}

const HEADER = ['column', 'type', 'unit', 'range', 'meaning'] as const;

/** The dictionary as CSV. */
export function dictionaryCsv(entries: readonly DictionaryEntry[]): string {
  return csvTable([[...HEADER], ...entries.map((entry) => HEADER.map((name) => entry[name]))]);
}

function entryTable(entries: readonly DictionaryEntry[]): string[] {
  const rows = entries.map(
    (entry) => `| ${HEADER.map((name) => escapeMarkdown(inert(entry[name]))).join(' | ')} |`,
  );
  return [`| ${HEADER.join(' | ')} |`, '|---|---|---|---|---|', ...rows];
}

/** The dictionary as a page of Markdown, with how to read the tables. @param filters of filters.csv, where there is one */
export function dictionaryMarkdown(
  entries: readonly DictionaryEntry[],
  filters: readonly DictionaryEntry[] = [],
): string {
  const lines = [
    '# results.csv: the data dictionary',
    '',
    'One row for each run, checkpoint and condition; UTF-8, comma-separated, a header line. An empty cell: not measured, or not a finite number. A text that a spreadsheet could take for a formula begins with an apostrophe.',
    '',
    '| read with | line |',
    '|---|---|',
    '| pandas | `runs = pandas.read_csv("results.csv")` |',
    '| R | `runs <- read.csv("results.csv", check.names = FALSE)` |',
    "| DuckDB | `CREATE TABLE runs AS SELECT * FROM read_csv('results.csv');` |",
    '',
    'The success of an attack at the end of a run: the last row of the run with `full` true and `condition` trigger.',
    '',
    ...entryTable(entries),
    ...(filters.length === 0
      ? []
      : [
          ...['', '# filters.csv: the data dictionary', ''],
          ...['One row for each run, poison and filter; `run` joins it with results.csv.', ''],
          ...entryTable(filters),
        ]),
  ];
  return `${lines.join('\n')}\n`;
}
