// Reader of Parquet through hyparquet, one row group at a time.
import { basename } from 'node:path';
import type { FileMetaData } from 'hyparquet';
import { InputError } from '../../core/errors.ts';
import { checkText, decodeUtf8, errorAt, isEmptyText } from '../clean-text.ts';
import type { Document } from '../document.ts';
import type { RowOptions } from './row-options.ts';

/** What hyparquet throws is about the file: told as such. */
async function explained<T>(path: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw errorAt(
      { file: path },
      `the Parquet file cannot be read (${error instanceof Error ? error.message : String(error)})`,
    );
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
  const [{ asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema }, { compressors }] =
    await Promise.all([import('hyparquet'), import('hyparquet-compressors')]);
  const file = await asyncBufferFromFile(path);
  const metadata = await explained(path, parquetMetadataAsync(file));
  const columns = parquetSchema(metadata).children.map(({ element }) => element.name);
  checkColumn(metadata, textField, path, columns);
  const parsers = { stringFromBytes: (bytes: Uint8Array) => bytes && decodeUtf8(bytes, { file: path }) };
  const name = basename(path);
  let row = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = row + Number(group.num_rows);
    const options = { file, metadata, columns: [textField], rowStart: row, rowEnd, compressors, parsers };
    for (const fields of await explained(path, parquetReadObjects(options))) {
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
}
