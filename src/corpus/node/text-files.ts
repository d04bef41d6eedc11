// Reader of plain text: a folder holds one document a file; a single file is cut between paragraphs, since the splits
// need documents to divide.
import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InputError } from '../../core/errors.ts';
import { readBytes } from '../../core/node/read-file.ts';
import { checkText, decodeUtf8 } from '../clean-text.ts';
import type { Document } from '../document.ts';

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** @throws InputError for a link to nothing */
function linksToFile(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new InputError(`${path} is a link to nothing: remove it`);
  return stats.isFile();
}

/** Relative paths, with forward slashes, of all .txt files (or .TXT) below a folder, but hidden ones such as `._a.txt`. */
function findTextFiles(folder: string, below = ''): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) return findTextFiles(folder, path);
    if (entry.name.startsWith('.') || !entry.name.toLowerCase().endsWith('.txt')) return [];
    return entry.isFile() || (entry.isSymbolicLink() && linksToFile(join(folder, path))) ? [path] : [];
  });
}

/** From this length in characters a piece ends at the next blank line, from this one at the next line end. */
const PIECE_CHARACTERS = { blankLine: 1000, lineEnd: 2000 };

/** Cuts a text between lines into pieces that together are the text. `line` counts from 1. */
function* cutIntoPieces(text: string): Generator<{ line: number; text: string }> {
  let piece = '';
  let first = 1;
  let line = 0;
  for (const [whole] of text.matchAll(/[^\n]*\n|[^\n]+$/g)) {
    piece += whole;
    line += 1;
    const isParagraphEnd = piece.length >= PIECE_CHARACTERS.blankLine && whole.trim() === '';
    if (!isParagraphEnd && piece.length < PIECE_CHARACTERS.lineEnd) continue;
    yield { line: first, text: piece };
    piece = '';
    first = line + 1;
  }
  if (piece !== '') yield { line: first, text: piece };
}

function readText(file: string): string {
  const place = { file };
  return checkText(decodeUtf8(readBytes(file), place), place);
}

/**
 * Documents of a text file, or of all .txt files below a folder in code-unit order of their relative paths. A
 * single file is cut into pieces of about 1,000 characters, at blank lines where there are some; pieces of
 * white space alone are dropped.
 * @throws InputError for text that is not clean, or a folder without .txt files
 */
export async function* readTextFiles(path: string): AsyncGenerator<Document> {
  if (!statSync(path).isDirectory()) {
    const name = basename(path);
    for (const { line, text } of cutIntoPieces(readText(path))) {
      if (text.trim() !== '') yield { id: `line-${line}`, text, origin: `${name}:${line}` };
    }
    return;
  }
  const names = findTextFiles(path).sort(byCodeUnit);
  if (names.length === 0)
    throw new InputError(`the folder ${path} holds no .txt file: name another, or use kind: jsonl`);
  for (const name of names) yield { id: name, text: readText(join(path, name)), origin: name };
}
