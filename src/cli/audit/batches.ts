// A user's corpus in batches, which threads read: JSON Lines as bytes, everything else as texts.
import { statSync } from 'node:fs';
import { corpusKindOf } from '../../config/sweep/assignment.ts';
import { InputError } from '../../core/errors.ts';
import { isEmptyText, notUtf8 } from '../../corpus/clean-text.ts';
import { readCsvFile } from '../../corpus/node/csv-file.ts';
import { openBytes } from '../../corpus/node/jsonl-file.ts';
import { readParquetFile } from '../../corpus/node/parquet-file.ts';
import { readTextFiles } from '../../corpus/node/text-files.ts';

/** Some documents in a row. */
export type Batch =
  | { readonly kind: 'lines'; readonly bytes: Uint8Array; readonly firstLine: number }
  | { readonly kind: 'texts'; readonly texts: readonly string[]; readonly places: readonly string[] };

/** A batch as texts, and where each stands. */
export interface BatchTexts {
  readonly texts: readonly string[];
  /** `line-7`, `row-7`, or the name of a file. */
  readonly places: readonly string[];
}

const BATCH_BYTES = 1 << 20;
const BATCH_TEXTS = 2000;
const LONGEST_LINE = 256 * 1024 * 1024;
const LINE_FEED = 10;

async function* lineBatches(path: string): AsyncGenerator<Batch> {
  let pending: Buffer[] = [];
  let bytes = 0;
  let firstLine = 1;
  const take = (last: Buffer): Batch => {
    const whole = Buffer.concat([...pending, last]);
    const batch: Batch = { kind: 'lines', bytes: new Uint8Array(whole), firstLine };
    for (let at = whole.indexOf(LINE_FEED); at >= 0; at = whole.indexOf(LINE_FEED, at + 1)) firstLine += 1;
    return batch;
  };
  try {
    for await (const chunk of openBytes(path)) {
      bytes += chunk.length;
      const end = bytes < BATCH_BYTES ? -1 : chunk.lastIndexOf(LINE_FEED);
      if (end < 0) {
        pending.push(chunk);
        if (bytes > LONGEST_LINE)
          throw new InputError({
            ...{ file: path, line: firstLine },
            message: `the line is longer than ${LONGEST_LINE} bytes: is this JSON Lines?`,
          });
        continue;
      }
      yield take(chunk.subarray(0, end + 1));
      pending = [chunk.subarray(end + 1)];
      bytes = chunk.length - end - 1;
    }
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (typeof code !== 'string' || !code.startsWith('Z_')) throw error;
    throw new InputError({ file: path, message: `the gzip data is damaged or cut short (${code})` });
  }
  if (bytes > 0) yield take(Buffer.alloc(0));
}

async function* textBatches(path: string, textField: string): AsyncGenerator<Batch> {
  const options = { textField, skipEmpty: true };
  const kind = statSync(path).isDirectory() ? 'text' : corpusKindOf(path);
  const documents =
    kind === 'parquet'
      ? readParquetFile(path, options)
      : kind === 'csv'
        ? readCsvFile(path, options)
        : readTextFiles(path);
  let texts: string[] = [];
  let places: string[] = [];
  for await (const { id, text } of documents) {
    texts.push(text);
    places.push(id);
    if (texts.length < BATCH_TEXTS) continue;
    yield { kind: 'texts', texts, places };
    texts = [];
    places = [];
  }
  if (texts.length > 0) yield { kind: 'texts', texts, places };
}

/** The batches of a corpus: JSON Lines unless the file is called .parquet, .csv, .tsv or .txt, or is a folder of texts. */
export function batchesOf(path: string, textField: string): AsyncGenerator<Batch> {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status === undefined)
    throw new InputError(`${path} is not there: name a file of JSON Lines, Parquet, CSV or plain text`);
  if (!status.isFile() && !status.isDirectory())
    throw new InputError(`${path} is a pipe or a device: name a file, for it is read twice`);
  const kind = status.isDirectory() ? 'text' : corpusKindOf(path);
  return kind === undefined || kind === 'jsonl' ? lineBatches(path) : textBatches(path, textField);
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function decodeLines(bytes: Uint8Array, place: { file: string; line: number }): string[] {
  try {
    return decoder.decode(bytes).split('\n');
  } catch {
    let line = place.line;
    for (let start = 0; start < bytes.length; line++) {
      const found = bytes.indexOf(LINE_FEED, start);
      const end = found < 0 ? bytes.length : found;
      const own = bytes.subarray(start, end);
      try {
        decoder.decode(own);
      } catch {
        throw new InputError({ ...place, line, message: notUtf8(own) });
      }
      start = end + 1;
    }
    throw new InputError({ ...place, message: notUtf8(bytes) });
  }
}

/** What a field holds, as text: the contents of a chat one below the other; undefined where there is none. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const contents = value.map((message: unknown) =>
    typeof message === 'object' && message !== null && 'content' in message ? message.content : undefined,
  );
  return contents.every((content) => typeof content === 'string') ? contents.join('\n') : undefined;
}

function textOfLine(
  line: string,
  place: { file: string; line: number },
  textField: string,
): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new InputError({ ...place, message: `the line is not JSON (${(error as Error).message})` });
  }
  const fields = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  const found = fields[textField];
  const text = textOf(found);
  if (text === undefined && !(textField in fields && isEmptyText(found)))
    throw new InputError({
      ...place,
      message:
        `there is no text in a field "${textField}", and no chat (a list of messages with content as text; fields here: ` +
        `${Object.keys(fields).join(', ') || 'none'}): name it with --text-field`,
    });
  return text;
}

/** The texts of a batch. Lines without text are left out. @throws InputError with the line that cannot be read */
export function textsOfBatch(
  batch: Batch,
  { file, textField }: { file: string; textField: string },
): BatchTexts {
  if (batch.kind === 'texts') return batch;
  const texts: string[] = [];
  const places: string[] = [];
  const lines = decodeLines(batch.bytes, { file, line: batch.firstLine });
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const number = batch.firstLine + index;
    const text = textOfLine(line, { file, line: number }, textField);
    if (text === undefined) continue;
    texts.push(text);
    places.push(`line-${number}`);
  }
  return { texts, places };
}
