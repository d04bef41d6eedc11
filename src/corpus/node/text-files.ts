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

/** What a folder holds: relative paths, with forward slashes, of its .txt files (or .TXT), and how many others there are. */
interface FolderFiles {
  readonly texts: readonly string[];
  readonly others: number;
}

/** What is below a folder; hidden files and folders (`._a.txt`, `.git`) count as not there. */
function findFiles(folder: string, below = ''): FolderFiles {
  const texts: string[] = [];
  let others = 0;
  for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue;
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) {
      const inside = findFiles(folder, path);
      texts.push(...inside.texts);
      others += inside.others;
    } else if (
      entry.name.toLowerCase().endsWith('.txt') &&
      (entry.isFile() || (entry.isSymbolicLink() && linksToFile(join(folder, path))))
    )
      texts.push(path);
    else others += 1;
  }
  return { texts, others };
}

/** Files of a folder that are left out, since they do not end in .txt; none where the path is a file itself. */
export function leftOutFiles(path: string): number {
  return statSync(path).isDirectory() ? findFiles(path).others : 0;
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
  const names = [...findFiles(path).texts].sort(byCodeUnit);
  if (names.length === 0)
    throw new InputError(`the folder ${path} holds no .txt file: name another, or use kind: jsonl`);
  for (const name of names) yield { id: name, text: readText(join(path, name)), origin: name };
}
