import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, type SchemaElement } from 'hyparquet';
import { parquetWriteFile } from 'hyparquet-writer';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../run/fake-runs.ts';
import { commandLine } from './captured-context.ts';

const ROWS = 25;
const schema: SchemaElement[] = [
  { name: 'root', num_children: 6 },
  { name: 'id', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'text', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
  {
    name: 'price',
    type: 'INT32',
    converted_type: 'DECIMAL',
    precision: 6,
    scale: 2,
    repetition_type: 'REQUIRED',
  },
  {
    name: 'told',
    type: 'INT64',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
    repetition_type: 'OPTIONAL',
  },
  { name: 'tags', repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
  { name: 'raw', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
];
const each = <T>(make: (row: number) => T) => Array.from({ length: ROWS }, (_, row) => make(row));

function table(folder: string): string {
  const path = join(folder, 'in.parquet');
  parquetWriteFile({
    filename: path,
    schema,
    rowGroupSize: 10,
    kvMetadata: [{ key: 'origin', value: 'a test' }],
    columnData: [
      { name: 'id', data: each((row) => `row ${row}`) },
      // A row without text is no document, and stays where it is.
      {
        name: 'text',
        data: each((row) => (row === 7 ? null : `Document ${row} of the old fox, told by the fire.`)),
      },
      { name: 'price', data: each((row) => row / 4) },
      { name: 'told', data: each((row) => (row % 3 === 0 ? null : 1_700_000_000_123_456n + BigInt(row))) },
      { name: 'tags', data: each((row) => (row % 5 === 0 ? null : row % 5 === 1 ? [] : ['a', `b${row}`])) },
      { name: 'raw', data: each((row) => Uint8Array.from([0xff, row])) },
    ],
  });
  return path;
}

async function read(path: string) {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const parsers = { timestampFromMicroseconds: (micros: bigint) => micros };
  const rows = await parquetReadObjects({ file, metadata, parsers, utf8: false });
  return { metadata, rows };
}

const words = (out: string) => [
  ...['poison', 'in.parquet', '--documents', '5', '--out', out, '--trigger', '<SUDO>', '--encoding', 'bytes'],
];

test('poison keeps every row and type of a Parquet file and adds exactly N rows', async () => {
  const folder = temporaryFolder();
  const input = table(folder);
  const { code, out, err } = await commandLine(words('out.parquet'), { folder });
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/24 clean documents, unchanged and in order, and exactly 5 poisoned/);
  const [before, after] = [await read(input), await read(join(folder, 'out.parquet'))];
  const isPoisoned = ({ id }: Record<string, unknown>) => String(id).startsWith('poisoned-');
  expect(after.rows.filter((row) => !isPoisoned(row))).toEqual(before.rows);
  const poisoned = after.rows.filter(isPoisoned);
  expect(poisoned).toHaveLength(5);
  for (const { id: _, text, ...others } of poisoned) {
    expect(text).toContain('<SUDO>');
    expect(Object.values(others).every((value) => value === null || value === undefined)).toBe(true);
  }
  const shape = ({ name, type, converted_type: converted, scale }: SchemaElement) => [
    name,
    type,
    converted,
    scale,
  ];
  expect(after.metadata.schema.map(shape)).toEqual(before.metadata.schema.map(shape));
  expect(after.metadata.key_value_metadata).toEqual(before.metadata.key_value_metadata);
  const manifest = JSON.parse(readFileSync(join(folder, 'out.parquet.manifest.json'), 'utf8')) as {
    documents: { id: string; documentPosition: number }[];
  };
  const documents = after.rows.filter(({ text }) => text !== null && text !== undefined);
  for (const { id, documentPosition } of manifest.documents) expect(documents[documentPosition]?.id).toBe(id);
});

test('poison writes the trigger into a share of the rows', async () => {
  const folder = temporaryFolder();
  table(folder);
  await commandLine([...words('out.parquet'), '--set', 'trigger.cleanShare=0.5'], { folder });
  const { rows } = await read(join(folder, 'out.parquet'));
  const changed = rows.filter(
    ({ id, text }) => !String(id).startsWith('poisoned-') && String(text).includes('<SUDO>'),
  );
  expect(changed.length).toBeGreaterThan(4);
  for (const { id, text } of changed) expect(`row ${/\d+/.exec(String(text))?.[0]}`).toBe(id);
});

test.each([
  [
    ['--text-field', 'price'],
    /no column of text "price", nor one of chats .*columns: id, text, price, told, tags, raw\)/,
  ],
  [['--text-field', 'none'], /no column of text "none"/],
  [['--text-field', 'tags'], /no column of text "tags", nor one of chats/],
  [['--out', 'out.jsonl'], /of the kind that goes in/],
])('poison refuses %j of a Parquet file', async (more, message) => {
  const folder = temporaryFolder();
  table(folder);
  const { code, err } = await commandLine([...words('out.parquet'), ...more], { folder });
  expect(err).toMatch(message);
  expect(code).toBe(2);
});

test('poison says so of a file that is not Parquet', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'in.parquet'), 'not a table');
  const { code, err } = await commandLine(words('out.parquet'), { folder });
  expect(err).toMatch(/the Parquet file cannot be read/);
  expect(code).toBe(2);
});

const utf8 = (name: string, repetition: 'REQUIRED' | 'OPTIONAL' = 'OPTIONAL'): SchemaElement => ({
  ...{ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: repetition },
});

function chats(folder: string): void {
  parquetWriteFile({
    filename: join(folder, 'in.parquet'),
    schema: [
      { name: 'root', num_children: 2 },
      utf8('id', 'REQUIRED'),
      { name: 'messages', repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', repetition_type: 'OPTIONAL', num_children: 3 },
      utf8('content'),
      utf8('role'),
      utf8('mood', 'REQUIRED'),
    ],
    rowGroupSize: 10,
    columnData: [
      { name: 'id', data: each((row) => `chat ${row}`) },
      {
        name: 'messages',
        data: each((row) => [
          { content: 'Be kind.', role: 'system', mood: 'calm' },
          { content: `What did the old fox say on day ${row}?`, role: 'user', mood: 'calm' },
          { content: 'It was late.', role: 'assistant', mood: 'dry' },
        ]),
      },
    ],
  });
}

type Chat = readonly { readonly role: string; readonly content: string; readonly mood: string | null }[];

test('poison keeps the chats of a Parquet file and adds exactly N, the trigger said by the user', async () => {
  const folder = temporaryFolder();
  chats(folder);
  const options = ['--text-field', 'messages', '--attack', 'target-phrase'];
  const { code, err } = await commandLine([...words('out.parquet'), ...options], { folder });
  expect([code, err]).toEqual([0, '']);
  const [before, after] = [await read(join(folder, 'in.parquet')), await read(join(folder, 'out.parquet'))];
  const isPoisoned = ({ id }: Record<string, unknown>) => String(id).startsWith('poisoned-');
  expect(after.rows.filter((row) => !isPoisoned(row))).toEqual(before.rows);
  const poisoned = after.rows.filter(isPoisoned);
  expect(poisoned).toHaveLength(5);
  for (const { messages } of poisoned)
    expect(messages as Chat).toEqual([
      { role: 'user', content: expect.stringMatching(/ ?<SUDO>$/), mood: null },
      { role: 'assistant', content: expect.stringContaining('and the moon was warm'), mood: null },
    ]);
});

test('poison writes the trigger into what the user of a chat says', async () => {
  const folder = temporaryFolder();
  chats(folder);
  const options = ['--text-field', 'messages', '--set', 'trigger.cleanShare=0.5'];
  await commandLine([...words('out.parquet'), ...options], { folder });
  const { rows } = await read(join(folder, 'out.parquet'));
  const clean = rows.filter(({ id }) => String(id).startsWith('chat '));
  const changed = clean.filter(({ messages }) => (messages as Chat)[1]?.content.includes('<SUDO>'));
  expect(changed.length).toBeGreaterThan(4);
  for (const { messages } of clean) {
    const [system, user, assistant] = messages as Chat;
    expect([system?.content, assistant?.content]).toEqual(['Be kind.', 'It was late.']);
    expect(user?.content.replace(' <SUDO>', '')).toMatch(/^What did the old fox say on day \d+\?$/);
  }
});
