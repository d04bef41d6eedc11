// What enters a corpus: text that is not well-formed, or has no content, is refused with its place.
import { InputError } from '../core/errors.ts';

/** Where a text stands; `line` counts from 1. */
export interface TextPlace {
  readonly file: string;
  readonly line?: number;
}

/** An InputError at a place. */
export function errorAt(place: TextPlace, message: string): InputError {
  return new InputError({ message, ...place });
}

/**
 * The text as it is, if it can be used. Strings of special tokens such as <|endoftext|> are ordinary text.
 * @throws InputError for an empty or white text, a NUL, a lone surrogate
 */
export function checkText(text: string, place: TextPlace): string {
  if (text.trim() === '')
    throw errorAt(
      place,
      'the document is empty: remove it, or set skipEmpty: true in a corpus of rows or lines',
    );
  const nul = text.indexOf('\0');
  if (nul >= 0) throw errorAt(place, `the document holds a NUL at character ${nul}: is this text? Remove it`);
  const lone = text.search(/\p{Surrogate}/u);
  if (lone >= 0) {
    const code = text.charCodeAt(lone).toString(16).toUpperCase();
    throw errorAt(
      place,
      `the document holds a lone surrogate U+${code} at character ${lone}: it is not well-formed Unicode`,
    );
  }
  return text;
}

/** Whether there is nothing to read in a value: null, or white space alone. */
export function isEmptyText(value: unknown): boolean {
  return value === null || value === undefined || (typeof value === 'string' && value.trim() === '');
}

/** What bytes that are not UTF-8 most likely are, and how they are converted. */
export function notUtf8(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  const encoding = isUtf16 ? 'utf-16' : 'latin1';
  return `these bytes are not UTF-8${isUtf16 ? ' but UTF-16' : ''}: convert the file (${isUtf16 ? '' : 'e.g. '}iconv -f ${encoding} -t utf-8)`;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Decodes UTF-8; a byte order mark at the start is dropped. @throws InputError for bytes that are no UTF-8. */
export function decodeUtf8(bytes: Uint8Array, place: TextPlace): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw errorAt(place, notUtf8(bytes));
  }
}
