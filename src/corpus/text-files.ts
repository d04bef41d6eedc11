// Reader of plain text: a .txt file is one document, a folder holds one document a file.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InputError } from '../core/errors.ts';
import { checkText, decodeUtf8 } from './clean-text.ts';
import type { Document } from './document.ts';

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Relative paths, with forward slashes, of all .txt files below a folder. */
function findTextFiles(folder: string, below = ''): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) return findTextFiles(folder, path);
    const isFile = entry.isFile() || (entry.isSymbolicLink() && statSync(join(folder, path)).isFile());
    return isFile && entry.name.endsWith('.txt') ? [path] : [];
  });
}

/**
 * Documents of a text file, or of all .txt files below a folder in code-unit order of their relative paths.
 * @throws InputError for text that is not clean, or a folder without .txt files
 */
export async function* readTextFiles(path: string): AsyncGenerator<Document> {
  const isFolder = statSync(path).isDirectory();
  const names = isFolder ? findTextFiles(path).sort(byCodeUnit) : [basename(path)];
  if (names.length === 0)
    throw new InputError(`the folder ${path} holds no .txt file: name another, or use kind: jsonl`);
  for (const name of names) {
    const file = isFolder ? join(path, name) : path;
    const place = { file };
    yield { id: name, text: checkText(decodeUtf8(readFileSync(file), place), place), origin: name };
  }
}
