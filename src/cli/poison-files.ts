// Files that `tinypoison poison` reads and writes, document by document: JSONL, chats in JSONL, plain text; gzipped or not
// (Parquet: poison-parquet.ts).
import { createReadStream, createWriteStream, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { InputError } from '../core/errors.ts';
import { makeFolder } from '../core/node/make-folder.ts';
import { notUtf8 } from '../corpus/clean-text.ts';
import {
  chatFormat,
  type FileFormat,
  jsonlFormat,
  type Message,
  messagesSchema,
  openingOf,
  textFormat,
} from '../poison/file-formats.ts';
import type { JsonlLine } from '../poison/jsonl.ts';

/** A file of documents that can be read again and again. @template L what a document is there */
export interface DocumentFile<L = string> {
  readonly format: FileFormat<L>;
  /** The kind of corpus that it is. */
  readonly kind: 'text' | 'jsonl' | 'parquet';
  read(): AsyncGenerator<JsonlLine<L>>;
  /** Writes documents into a file of the same kind: beside its place, and then moved into it. */
  write(path: string, documents: AsyncIterable<L>): Promise<void>;
}

const isGzip = (path: string) => path.endsWith('.gz');
const endingOf = (path: string) => /\.([a-z]+)(?:\.gz)?$/i.exec(path)?.[1]?.toLowerCase() ?? '';

/** Bytes that are read, and characters that are written, at once: few turns of the disk, on a busy machine above all. */
const BLOCK = 1 << 20;

/** The text of a file, plain or gzipped, cut at line feeds and nowhere else: a line goes out as it came in. */
async function* splitLines(path: string): AsyncGenerator<string> {
  const bytes = createReadStream(path, { highWaterMark: BLOCK });
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let rest = '';
  for await (const chunk of isGzip(path) ? bytes.pipe(createGunzip()) : bytes) {
    const lines = (rest + decoder.decode(chunk as Buffer, { stream: true })).split('\n');
    rest = lines.pop() as string;
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}

/** What a field holds, as text: the contents of a chat one below the other. */
function textOf(value: unknown): { text: string; opening?: string } | undefined {
  if (typeof value === 'string') return { text: value };
  const chat = messagesSchema.safeParse(value);
  if (!chat.success) return undefined;
  const messages: readonly Message[] = chat.data;
  const text = messages.map(({ content }) => content).join('\n');
  return { text, opening: messages[openingOf(messages)]?.content ?? '' };
}

function parseLine(line: string, place: { file: string; line: number }, textField: string): JsonlLine {
  if (line.trim() === '') return { line, text: undefined };
  let value: unknown;
  try {
    value = JSON.parse(line.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new InputError({ ...place, message: `the line is not JSON (${(error as Error).message})` });
  }
  const fields = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  const found = textOf(fields[textField]);
  if (found === undefined) {
    const known = Object.keys(fields).join(', ') || 'none';
    throw new InputError({
      ...place,
      message:
        `there is no text in a field "${textField}", and no chat (a list of messages, each with role and content as ` +
        `text; fields here: ${known}): name it with --text-field`,
    });
  }
  const { id } = fields;
  return { line, ...found, id: typeof id === 'string' || typeof id === 'number' ? id : undefined };
}

/** From so many characters on a piece of text ends at the next blank line, as where a text is read as a corpus. */
const PIECE_CHARACTERS = { blankLine: 1000, lineEnd: 2000 };

async function* readPieces(path: string): AsyncGenerator<JsonlLine> {
  let lines: string[] = [];
  let length = 0;
  const piece = (): JsonlLine => {
    const line = lines.join('\n');
    lines = [];
    length = 0;
    return { line, text: line.trim() === '' ? undefined : line };
  };
  for await (const line of splitLines(path)) {
    lines.push(line);
    length += line.length + 1;
    const isEnd = length >= PIECE_CHARACTERS.blankLine && line.trim() === '';
    if (isEnd || length >= PIECE_CHARACTERS.lineEnd) yield piece();
  }
  if (lines.length > 0) yield piece();
}

/** The documents of lines. All are texts, or all are chats. */
async function* readRows(path: string, textField: string): AsyncGenerator<JsonlLine> {
  let number = 0;
  let isChat: boolean | undefined;
  for await (const line of splitLines(path)) {
    number += 1;
    const row = parseLine(line, { file: path, line: number }, textField);
    if (row.text !== undefined) {
      const hasMessages = row.opening !== undefined;
      isChat ??= hasMessages;
      if (hasMessages !== isChat)
        throw new InputError({
          ...{ file: path, line: number },
          message: `"${textField}" is ${hasMessages ? 'a chat' : 'a text'} here and ${isChat ? 'a chat' : 'a text'} above: give a file of one kind`,
        });
    }
    yield row;
  }
}

/** The bytes that a file begins with, unpacked: they tell what it is, where it is not UTF-8. */
async function firstBytes(path: string): Promise<Uint8Array> {
  const bytes = createReadStream(path);
  for await (const chunk of isGzip(path) ? bytes.pipe(createGunzip()) : bytes) return chunk as Buffer;
  return new Uint8Array();
}

/** What goes wrong in reading is about the file. */
async function* explained(path: string, documents: AsyncGenerator<JsonlLine>): AsyncGenerator<JsonlLine> {
  let number = 0;
  try {
    for await (const document of documents) {
      number += 1;
      yield document;
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      throw new InputError({
        file: path,
        message: `${number === 0 ? '' : `after document ${number} `}${notUtf8(await firstBytes(path))}`,
      });
    if (!String(code).startsWith('Z_')) throw error;
    throw new InputError({
      file: path,
      message: `cannot be unpacked after document ${number} (${code}): the file is not gzip, or is damaged`,
    });
  }
}

/**
 * Opens a file by its ending: .txt is plain text, cut between paragraphs; anything else is JSONL, whose field holds a text
 * or a chat.
 * @throws InputError for formats that are read elsewhere and not written here
 */
export async function openDocuments(path: string, textField: string): Promise<DocumentFile> {
  const ending = endingOf(path);
  if (['csv', 'tsv', 'json'].includes(ending))
    throw new InputError({
      file: path,
      message: `.${ending} is not written by this command: turn it into JSON Lines (.jsonl), Parquet or plain text (.txt) first`,
    });
  if (ending === 'txt')
    return {
      format: textFormat,
      kind: 'text',
      read: () => explained(path, readPieces(path)),
      write: writeDocuments,
    };
  const read = () => explained(path, readRows(path, textField));
  for await (const { text, opening } of read())
    if (text !== undefined)
      return {
        kind: 'jsonl',
        read,
        write: writeDocuments,
        format: opening === undefined ? jsonlFormat(textField) : chatFormat(textField),
      };
  return { kind: 'jsonl', read, write: writeDocuments, format: jsonlFormat(textField) };
}

/** Writes documents beside their place and moves them into it. */
async function writeDocuments(path: string, documents: AsyncIterable<string>): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  const withFeeds = async function* () {
    let block = '';
    for await (const document of documents) {
      block += `${document}\n`;
      if (block.length < BLOCK) continue;
      yield block;
      block = '';
    }
    if (block !== '') yield block;
  };
  makeFolder(dirname(path));
  try {
    const target = createWriteStream(temporary);
    if (isGzip(path)) await pipeline(withFeeds, createGzip(), target);
    else await pipeline(withFeeds, target);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** @throws InputError where a result would not be of the kind of the file */
export function assertSameKind(input: string, output: string): void {
  const [from, to] = [endingOf(input), endingOf(output)];
  const kindOf = (ending: string) => (['txt', 'parquet'].includes(ending) ? ending : 'jsonl');
  if (kindOf(from) === kindOf(to) && !['csv', 'tsv', 'json'].includes(to)) return;
  throw new InputError(
    `--out is .${to}, and the file is .${from}: what comes out is of the kind that goes in`,
  );
}
