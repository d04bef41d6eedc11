// Reader of CSV (RFC 4180, by csv-parse): a header line, a column of text, one document a row. Tabs in a .tsv file.
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { z } from 'zod';
import { checkText, errorAt, isEmptyText, notUtf8 } from '../clean-text.ts';
import type { Document } from '../document.ts';
import type { RowOptions } from './row-options.ts';

const rowSchema = z.object({
  info: z.object({ lines: z.number() }),
  record: z.record(z.string(), z.string()),
});

/** The text of a file, decoded as it comes. @throws InputError for bytes that are not UTF-8 */
async function* decoded(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let last: Uint8Array = new Uint8Array();
  try {
    for await (const chunk of createReadStream(path)) {
      last = chunk as Uint8Array;
      yield decoder.decode(last, { stream: true });
    }
    yield decoder.decode();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error;
    throw errorAt({ file: path }, notUtf8(last));
  }
}

/**
 * Documents of a CSV file, rows counted from 1 behind the header.
 * @throws InputError, with the line, for an unknown column, a row that does not fit the header, or text that is not clean
 */
export async function* readCsvFile(
  path: string,
  { textField, skipEmpty = false }: RowOptions,
): AsyncGenerator<Document> {
  const name = basename(path);
  const delimiter = path.toLowerCase().endsWith('.tsv') ? '\t' : ',';
  const checkHeader = (header: string[]): string[] => {
    if (header.includes(textField)) return header;
    const columns = `columns: ${header.join(', ') || 'none'}`;
    throw errorAt({ file: path, line: 1 }, `there is no column "${textField}" (${columns}): set textField`);
  };
  const rows = parse({ bom: true, columns: checkHeader, delimiter, info: true, skip_empty_lines: true });
  // The callback keeps a failure from being thrown twice: the reader of the rows gets it.
  pipeline(Readable.from(decoded(path)), rows, () => {});
  let row = 0;
  try {
    for await (const item of rows) {
      row += 1;
      const { info, record } = rowSchema.parse(item);
      const place = { file: path, line: info.lines };
      const text = record[textField] ?? '';
      if (skipEmpty && isEmptyText(text)) continue;
      yield { id: `row-${row}`, text: checkText(text, place), origin: `${name}:${row}` };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw errorAt({ file: path }, `the CSV cannot be read: ${error.message}`);
  }
}
