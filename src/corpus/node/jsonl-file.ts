// Reader of JSON Lines, plain or gzipped; never more than one line in memory.
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { checkText, decodeUtf8, errorAt, isEmptyText, type TextPlace } from '../clean-text.ts';
import type { Document } from '../document.ts';
import type { RowOptions } from './row-options.ts';

const LINE_FEED = 0x0a;

// V8 holds strings of up to 512 Mi characters; a line beyond half of it is no document.
const MAX_LINE_BYTES = 256 * 1024 * 1024;

function isGzip(path: string): boolean {
  const start = Buffer.alloc(2);
  const file = openSync(path, 'r');
  try {
    readSync(file, start, 0, 2, 0);
  } finally {
    closeSync(file);
  }
  return start[0] === 0x1f && start[1] === 0x8b;
}

/** The bytes of a file, unzipped if it is gzipped. */
export function openBytes(path: string): AsyncIterable<Buffer> {
  const source = createReadStream(path, { highWaterMark: 1 << 18 });
  // the callback keeps a failure from being thrown twice: the reader of the result gets it
  return isGzip(path) ? pipeline(source, createGunzip({ chunkSize: 1 << 18 }), () => {}) : source;
}

/** Splits bytes at line feeds; the last line need not end with one. */
async function* splitLines(chunks: AsyncIterable<Buffer>, path: string): AsyncGenerator<Buffer> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let line = 1;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      yield Buffer.concat([...pending, chunk.subarray(start, end)]);
      pending = [];
      pendingBytes = 0;
      start = end + 1;
      line += 1;
    }
    pending.push(chunk.subarray(start));
    pendingBytes += chunk.length - start;
    if (pendingBytes > MAX_LINE_BYTES) {
      throw errorAt(
        { file: path, line },
        `the line is longer than ${MAX_LINE_BYTES} bytes: is this JSON Lines?`,
      );
    }
  }
  yield Buffer.concat(pending);
}

interface LineOptions extends RowOptions {
  /** Field whose text stands before the other's as a prompt. */
  readonly promptField?: string | undefined;
}

/** A prompt and what follows it, one space between them where neither has one there. */
function joinPrompt(prompt: string, text: string): string {
  return /\s$/.test(prompt) || /^\s/.test(text) ? prompt + text : `${prompt} ${text}`;
}

/** The text of a line and its prompt's length; undefined where it has no text and such lines are skipped. */
function textOfLine(
  line: string,
  { textField, promptField, skipEmpty = false }: LineOptions,
  place: TextPlace,
): Pick<Document, 'text' | 'promptCharacters'> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw errorAt(place, `the line is not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw errorAt(place, 'the line is not a JSON object: expected one like {"text": "..."}');
  }
  const fields = Object.keys(value);
  if (!fields.includes(textField)) {
    throw errorAt(
      place,
      `there is no field "${textField}" (fields here: ${fields.join(', ') || 'none'}): set textField`,
    );
  }
  const text = (value as Record<string, unknown>)[textField];
  if (skipEmpty && isEmptyText(text)) return undefined;
  if (text === null)
    throw errorAt(place, `the field "${textField}" is null: set skipEmpty: true to leave such lines out`);
  if (typeof text !== 'string') {
    const type = Array.isArray(text) ? 'an array' : `a ${typeof text}`;
    throw errorAt(
      place,
      `the field "${textField}" is ${type}, not a string: set textField to the field with the text`,
    );
  }
  if (promptField === undefined) return { text: checkText(text, place) };
  const prompt = (value as Record<string, unknown>)[promptField];
  if (typeof prompt !== 'string') {
    throw errorAt(
      place,
      `there is no prompt in a field "${promptField}" (fields here: ${fields.join(', ')}): set promptField`,
    );
  }
  checkText(text, place);
  return { text: checkText(joinPrompt(prompt, text), place), promptCharacters: prompt.length };
}

/**
 * Documents of a JSON Lines file: one object a line, white lines skipped, a byte order mark dropped.
 * @throws InputError, with the line, for what is not UTF-8, JSON, or clean text
 */
export async function* readJsonlFile(path: string, options: LineOptions): AsyncGenerator<Document> {
  const name = basename(path);
  let number = 0;
  try {
    for await (const bytes of splitLines(openBytes(path), path)) {
      number += 1;
      const place = { file: path, line: number };
      const line = decodeUtf8(bytes, place);
      if (line.trim() === '') continue;
      const found = textOfLine(line, options, place);
      if (found !== undefined) yield { id: `line-${number}`, ...found, origin: `${name}:${number}` };
    }
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (typeof code !== 'string' || !code.startsWith('Z_')) throw error;
    throw errorAt({ file: path }, `the gzip data is damaged or cut short after line ${number} (${code})`);
  }
}
