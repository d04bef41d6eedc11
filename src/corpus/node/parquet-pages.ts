// The headers of the pages of a Parquet file, checked before hyparquet follows them.
import type { AsyncBuffer, ColumnMetaData, PageHeader, RowGroup } from 'hyparquet';

/** Of a page header that is read at once; one with longer statistics is read again with all that follows. */
const HEADER_BYTES = 1 << 14;

const isSize = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;

/** The header at `start`, and where its page begins. */
async function readHeader(
  file: AsyncBuffer,
  start: number,
  end: number,
): Promise<{ header: PageHeader; dataStart: number }> {
  const { parquetHeader } = await import('hyparquet/src/column.js');
  const parse = async (until: number) => {
    const reader = { view: new DataView(await file.slice(start, until)), offset: 0 };
    const header = parquetHeader(reader);
    return { header, dataStart: start + reader.offset };
  };
  const first = Math.min(end, start + HEADER_BYTES);
  return first < end ? parse(first).catch(() => parse(end)) : parse(end);
}

const valuesOf = ({ data_page_header: first, data_page_header_v2: second }: PageHeader) =>
  (first ?? second)?.num_values ?? 0;

/**
 * Follows the pages of a column of a row group as hyparquet will, without reading them.
 * @throws Error where one has no size or lies outside the column, or all of them hold fewer values than there are rows
 */
async function checkColumnPages(file: AsyncBuffer, column: ColumnMetaData, rows: number): Promise<void> {
  const start = Number(column.dictionary_page_offset || column.data_page_offset);
  const end = start + Number(column.total_compressed_size);
  let place = start;
  let values = 0;
  while (values < Number(column.num_values) && place < end - 1) {
    const { header, dataStart } = await readHeader(file, place, end);
    const { compressed_page_size: size, uncompressed_page_size: unpacked } = header;
    const found = valuesOf(header);
    if (!isSize(size) || !isSize(unpacked) || dataStart + size > end || !isSize(found))
      throw new Error(
        `the page at byte ${place} of column ${column.path_in_schema.join('.')} says that it has ${size} bytes, ${unpacked} ` +
          `unpacked, and ${found} values: the file is damaged, fetch it again`,
      );
    place = dataStart + size;
    values += found;
  }
  if (values < rows)
    throw new Error(
      `the pages of column ${column.path_in_schema.join('.')} hold ${values} values for ${rows} rows: the file is damaged, ` +
        'fetch it again',
    );
}

/**
 * Follows the pages of a row group. hyparquet trusts their headers: from a page without a size it would go on without end.
 * @param columns those that will be read; all, if left out
 * @throws Error where a header is damaged
 */
export async function checkPages(
  file: AsyncBuffer,
  { columns: chunks, num_rows: rows }: RowGroup,
  columns?: readonly string[],
): Promise<void> {
  for (const { meta_data: column } of chunks)
    if (column !== undefined && (columns?.includes(column.path_in_schema[0] as string) ?? true))
      await checkColumnPages(file, column, Number(rows));
}
