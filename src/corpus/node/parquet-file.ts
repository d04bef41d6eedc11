// Reader of Parquet through hyparquet, one row group at a time.
import { basename } from 'node:path';
import type { AsyncBuffer, FileMetaData, MetadataOptions, parquetReadObjects, SchemaTree } from 'hyparquet';
import { InputError } from '../../core/errors.ts';
import { checkText, decodeUtf8, errorAt, isEmptyText } from '../clean-text.ts';
import type { Document } from '../document.ts';
import { checkPages } from './parquet-pages.ts';
import type { RowOptions } from './row-options.ts';

interface ParquetFile {
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
  /** Names of the columns themselves, not of what is inside them. */
  readonly columns: readonly string[];
}

/** What hyparquet throws is about the file: told as such. @throws InputError that names the file */
async function explained<T>(path: string, reading: () => Promise<T>): Promise<T> {
  try {
    return await reading();
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw errorAt(
      { file: path },
      `the Parquet file cannot be read (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}

const leavesOf = (tree: SchemaTree): readonly SchemaTree[] =>
  tree.element.type === undefined ? tree.children.flatMap(leavesOf) : [tree];

/** @throws Error where a row group does not hold the columns of the schema, in their order, with a value for every row */
function checkRowGroups({ row_groups: groups }: FileMetaData, schema: SchemaTree): void {
  const leaves = leavesOf(schema).map(({ path }) => path.join('.'));
  for (const [group, { columns, num_rows: rows }] of groups.entries()) {
    const chunks = columns.map((chunk) => chunk.meta_data?.path_in_schema.join('.'));
    const length = Math.max(leaves.length, chunks.length);
    const other = Array.from({ length }, (_, place) => place).find(
      (place) => chunks[place] !== leaves[place],
    );
    if (other !== undefined)
      throw new Error(
        `column ${other + 1} of row group ${group + 1} is ${chunks[other] ?? 'missing'}, where the schema has ${leaves[other] ?? 'no more'}: the file is damaged; fetch it again`,
      );
    const short = columns.find((chunk) => !((chunk.meta_data?.num_values ?? 0) >= rows));
    if (!(rows >= 0) || short !== undefined)
      throw new Error(
        `row group ${group + 1} counts ${rows} rows, and its columns hold other numbers of values: the file is damaged; fetch it again`,
      );
  }
}

/**
 * A file and its checked footer. hyparquet reads columns side by side, and takes for granted that it finds each again and
 * that there are bytes at each place: where it did not, the failure of another column would end the program unseen.
 * @throws InputError where the footer is damaged
 */
export function openParquetFile(path: string, options?: MetadataOptions): Promise<ParquetFile> {
  return explained(path, async () => {
    const { asyncBufferFromFile, parquetMetadataAsync, parquetSchema } = await import('hyparquet');
    const { byteLength, slice } = await asyncBufferFromFile(path);
    const within = (place: number) => Math.min(Math.max(0, Math.trunc(place) || 0), byteLength);
    const file = {
      byteLength,
      slice: (from: number, to = byteLength) => slice(within(from), Math.max(within(from), within(to))),
    };
    const metadata = await parquetMetadataAsync(file, options);
    const schema = parquetSchema(metadata);
    checkRowGroups(metadata, schema);
    return { file, metadata, columns: schema.children.map(({ element }) => element.name) };
  });
}

/** How rows are read: hyparquet's options, less which rows. */
type ReadOptions = Omit<Parameters<typeof parquetReadObjects>[0], 'rowStart' | 'rowEnd'> &
  Pick<ParquetFile, 'metadata'>;

/**
 * Rows in their order, one row group at a time, or fewer at a time.
 * @param most rows that are read at a time
 * @throws InputError where the file is damaged
 */
export async function* readRows(
  path: string,
  options: ReadOptions,
  most = Number.POSITIVE_INFINITY,
): AsyncGenerator<Record<string, unknown>> {
  const { parquetReadObjects } = await import('hyparquet');
  let rowStart = 0;
  for (const group of options.metadata.row_groups) {
    const groupEnd = rowStart + Number(group.num_rows);
    await explained(path, () => checkPages(options.file, group, options.columns));
    while (rowStart < groupEnd) {
      const rowEnd = Math.min(groupEnd, rowStart + most);
      const rows = await explained(path, () => parquetReadObjects({ ...options, rowStart, rowEnd }));
      yield* rows;
      rowStart = rowEnd;
    }
  }
}

function checkColumn(
  metadata: FileMetaData,
  textField: string,
  path: string,
  columns: readonly string[],
): void {
  if (!columns.includes(textField)) {
    throw errorAt(
      { file: path },
      `there is no column "${textField}" (columns: ${columns.join(', ')}): set textField`,
    );
  }
  const column = metadata.schema.find(({ name }, index) => index > 0 && name === textField);
  if (column?.type !== 'BYTE_ARRAY') {
    throw errorAt(
      { file: path },
      `the column "${textField}" holds ${column?.type ?? 'groups'}, not text: set textField`,
    );
  }
}

/**
 * Documents of a Parquet file, rows counted from 1. All compressions that hyparquet-compressors knows.
 * @throws InputError for an unknown column (with those there are), a null, or what is not clean text
 */
export async function* readParquetFile(
  path: string,
  { textField, skipEmpty = false }: RowOptions,
): AsyncGenerator<Document> {
  const { compressors } = await import('hyparquet-compressors');
  const { file, metadata, columns } = await openParquetFile(path);
  checkColumn(metadata, textField, path, columns);
  const parsers = { stringFromBytes: (bytes: Uint8Array) => bytes && decodeUtf8(bytes, { file: path }) };
  const name = basename(path);
  let row = 0;
  for await (const fields of readRows(path, {
    file,
    metadata,
    columns: [textField],
    compressors,
    parsers,
  })) {
    row += 1;
    const text: unknown = fields[textField];
    if (skipEmpty && isEmptyText(text)) continue;
    if (typeof text !== 'string')
      throw errorAt(
        { file: path, line: row },
        `row ${row} has no text in "${textField}": set skipEmpty: true to leave such rows out`,
      );
    yield { id: `row-${row}`, text: checkText(text, { file: path, line: row }), origin: `${name}:${row}` };
  }
}
