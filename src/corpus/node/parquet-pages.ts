// The headers of the pages of a Parquet file, checked before hyparquet follows them.
import type { AsyncBuffer, ColumnMetaData, PageHeader, RowGroup } from 'hyparquet';

/** Bytes read at a time: of small pages many, of large ones the header. */
const WINDOW_BYTES = 1 << 16;

/** No header is longer: it may hold two values of its column, as statistics. */
const HEADER_BYTES = 1 << 24;

const DAMAGED = 'the file is damaged: fetch it again';

const isSize = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;

/** Reads headers of a column that ends at `end`, each with the place where its page begins. */
function headerReader(
  file: AsyncBuffer,
  end: number,
): (place: number) => Promise<{ header: PageHeader; dataStart: number }> {
  let start = 0;
  let view = new DataView(new ArrayBuffer(0));
  return async (place) => {
    const { parquetHeader } = await import('hyparquet/src/column.js');
    const parse = () => {
      const reader = { view, offset: place - start };
      const header = parquetHeader(reader);
      return { header, dataStart: start + reader.offset };
    };
    const read = async (bytes: number) => {
      start = place;
      view = new DataView(await file.slice(place, Math.min(end, place + bytes)));
      return parse();
    };
    if (place >= start && place < start + view.byteLength)
      try {
        return parse();
      } catch {} // its end may not have been read
    return read(WINDOW_BYTES).catch(() => read(HEADER_BYTES));
  };
}

const valuesOf = ({ data_page_header: first, data_page_header_v2: second }: PageHeader) =>
  (first ?? second)?.num_values ?? 0;

/**
 * Follows the pages of a column of a row group as hyparquet will, without reading them.
 * @throws Error where one has no size or lies outside the column, or all of them hold fewer values than there are rows
 */
async function checkColumnPages(file: AsyncBuffer, column: ColumnMetaData, rows: number): Promise<void> {
  const name = column.path_in_schema.join('.');
  const start = Number(column.dictionary_page_offset || column.data_page_offset);
  const end = start + Number(column.total_compressed_size);
  const readHeader = headerReader(file, end);
  let place = start;
  let values = 0;
  while (values < Number(column.num_values) && place < end - 1) {
    const { header, dataStart } = await readHeader(place);
    const { compressed_page_size: size, uncompressed_page_size: unpacked } = header;
    const found = valuesOf(header);
    if (!isSize(size) || !isSize(unpacked) || !isSize(found))
      throw new Error(`the page at byte ${place} of column ${name} has no valid size; ${DAMAGED}`);
    if (dataStart + size > end)
      throw new Error(`the page at byte ${place} ends outside its column ${name}; ${DAMAGED}`);
    place = dataStart + size;
    values += found;
  }
  if (values < rows)
    throw new Error(`the pages of column ${name} hold ${values} values for ${rows} rows; ${DAMAGED}`);
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
  for (const { meta_data: column, file_path: elsewhere } of chunks)
    if (
      column !== undefined &&
      elsewhere === undefined &&
      (columns?.includes(column.path_in_schema[0] as string) ?? true)
    )
      await checkColumnPages(file, column, Number(rows));
}
