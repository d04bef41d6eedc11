// Parquet that `tinypoison poison` reads and writes, one row group at a time. Values of clean rows are copied as they are
// stored, whatever they mean: types are taken off for reading and put back in the footer.
import { renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { FileMetaData, SchemaElement } from 'hyparquet';
import { InputError } from '../core/errors.ts';
import { makeFolder } from '../core/node/make-folder.ts';
import { decodeUtf8 } from '../corpus/clean-text.ts';
import { openParquetFile, readRows } from '../corpus/node/parquet-file.ts';
import type { FileFormat } from '../poison/file-formats.ts';
import type { JsonlLine } from '../poison/jsonl.ts';
import type { DocumentFile } from './poison-files.ts';
import { chatRowFormat, messageFields, type ParquetRow, readChat } from './poison-parquet-chats.ts';

/** Rows of a row group that is written, and of what is read at a time. */
const GROUP_ROWS = 10_000;

const isLeaf = ({ num_children: children }: SchemaElement) => children === undefined;

/** A column without what its bytes mean. */
function rawElement(element: SchemaElement): SchemaElement {
  if (!isLeaf(element)) return element;
  const { converted_type: _, logical_type: __, ...raw } = element;
  return raw;
}

/** Elements of the columns themselves, not of what is inside them. */
function columnPlaces(schema: readonly SchemaElement[]): number[] {
  const places: number[] = [];
  const skip = (place: number): number => {
    let next = place + 1;
    for (let child = 0; child < (schema[place]?.num_children ?? 0); child++) next = skip(next);
    return next;
  };
  for (let place = 1; place < schema.length; place = skip(place)) places.push(place);
  return places;
}

/** The schema of what is written: poisoned rows hold nothing in columns of other people, which so may be empty. */
function writtenSchema(schema: readonly SchemaElement[], textField: string): SchemaElement[] {
  const columns = columnPlaces(schema);
  const own = columns.find((place) => schema[place]?.name === textField);
  const others = new Set(columns.filter((place) => place !== own));
  const fields = own === undefined ? [] : (messageFields(schema, own) ?? []);
  for (const place of fields) if (!['role', 'content'].includes(schema[place]?.name ?? '')) others.add(place);
  return schema.map((element, place) =>
    others.has(place) && element.repetition_type === 'REQUIRED'
      ? { ...element, repetition_type: 'OPTIONAL' }
      : element,
  );
}

/** The fields of a message where the column holds chats; null where it holds text. @throws InputError where neither */
function checkSchema(
  { schema }: FileMetaData,
  { path, textField }: { path: string; textField: string },
): readonly string[] | null {
  const places = columnPlaces(schema);
  const names = places.map((place) => schema[place]?.name ?? '');
  const own = places[names.indexOf(textField)];
  const text = own === undefined ? undefined : schema[own];
  const fields = own === undefined ? null : messageFields(schema, own);
  if (fields === null && (text?.type !== 'BYTE_ARRAY' || text.repetition_type === 'REPEATED'))
    throw new InputError({
      file: path,
      message:
        `there is no column of text "${textField}", nor one of chats (lists of records, each with role and content as text; ` +
        `columns: ${names.join(', ')}): name it with --text-field`,
    });
  const other = schema.find(({ type }) => type === 'INT96');
  if (other !== undefined)
    throw new InputError({
      file: path,
      message: `the column "${other.name}" holds times of a type (INT96) that cannot be copied unchanged: leave it out`,
    });
  return fields?.map((place) => schema[place]?.name ?? '') ?? null;
}

/** Opens a Parquet file with a column of text, or of chats. @throws InputError where it is damaged, or has no such column */
export async function openParquet(path: string, textField: string): Promise<DocumentFile<ParquetRow>> {
  const { compressors } = await import('hyparquet-compressors');
  const { file, metadata } = await openParquetFile(path, { geoparquet: false });
  const fields = checkSchema(metadata, { path, textField });
  const { schema } = metadata;
  const raw = { ...metadata, schema: schema.map(rawElement) };
  const idElement = columnPlaces(schema)
    .map((place) => schema[place])
    .find((element) => element?.name === 'id');
  const hasTextIds = idElement?.type === 'BYTE_ARRAY' && idElement.repetition_type !== 'REPEATED';

  const empty = Object.fromEntries(columnPlaces(schema).map((place) => [schema[place]?.name ?? '', null]));
  // An id where rows have ids of text; nothing else.
  const emptyRow = (rowId: string): ParquetRow => ({
    ...empty,
    ...(hasTextIds ? { id: new TextEncoder().encode(rowId) } : {}),
  });

  async function* read(): AsyncGenerator<JsonlLine<ParquetRow>> {
    const options = { file, metadata: raw, compressors, utf8: false, geoparquet: false };
    let row = 0;
    for await (const line of readRows(path, options, GROUP_ROWS)) {
      row += 1;
      const value: unknown = line[textField];
      const place = { file: path, line: row };
      const document = fields === null ? readText(value, place) : readChat(value, place);
      const id: unknown = hasTextIds ? line.id : undefined;
      yield { line, ...document, id: id instanceof Uint8Array ? decodeUtf8(id, place) : undefined };
    }
  }

  return {
    kind: 'parquet',
    format:
      fields === null
        ? rowFormat(textField, emptyRow)
        : chatRowFormat({ column: textField, fields, row: emptyRow }),
    read,
    write: (out, rows) => writeRows(out, rows, { metadata, textField }),
  };
}

const readText = (value: unknown, place: { file: string; line: number }) => ({
  text: value instanceof Uint8Array ? decodeUtf8(value, place) : undefined,
});

/** A poisoned row holds its text, and what every poisoned row does. */
function rowFormat(textField: string, row: (id: string) => ParquetRow): FileFormat<ParquetRow> {
  const utf8 = new TextEncoder();
  return {
    write: ({ id, text }) => ({ ...row(id), [textField]: utf8.encode(text) }),
    replace: (given, text) => ({ ...given, [textField]: utf8.encode(text) }),
  };
}

async function writeRows(
  path: string,
  rows: AsyncIterable<ParquetRow>,
  { metadata, textField }: { metadata: FileMetaData; textField: string },
): Promise<void> {
  const { ParquetWriter, fileWriter } = await import('hyparquet-writer');
  const schema = writtenSchema(metadata.schema, textField);
  const temporary = `${path}.${process.pid}.tmp`;
  makeFolder(dirname(path));
  try {
    const { key_value_metadata: kvMetadata } = metadata;
    const writer = new ParquetWriter({
      writer: fileWriter(temporary),
      schema: schema.map(rawElement),
      statistics: false,
      createdBy: 'tinypoison',
      ...(kvMetadata === undefined ? {} : { kvMetadata }),
    });
    const names = columnPlaces(schema).map((place) => schema[place]?.name ?? '');
    const flush = async (group: readonly ParquetRow[]) => {
      const columnData = names.map((name) => ({ name, data: group.map((row) => row[name] ?? null) }));
      await writer.write({ columnData, rowGroupSize: GROUP_ROWS });
    };
    let group: ParquetRow[] = [];
    for await (const row of rows) {
      group.push(row);
      if (group.length < GROUP_ROWS) continue;
      await flush(group);
      group = [];
    }
    if (group.length > 0) await flush(group);
    writer.schema = schema;
    await writer.finish();
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
