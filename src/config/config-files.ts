// The files that a config names, as the loader sees them: given to it, so that it runs where there are none.
import { type PathSyntax, posixPaths } from '../core/paths.ts';

/** The text of a file, or the reason why it cannot be read. */
export type ConfigText = { readonly text: string } | { readonly reason: string };

/** What the loader needs of a file system. */
export interface ConfigFiles {
  readonly paths: PathSyntax;
  read(file: string): ConfigText;
  /** Whether there is a file or folder. */
  exists(path: string): boolean;
}

/**
 * Files held in memory, e.g. in a page: texts by absolute path with forward slashes, and configs that ship with the
 * program by their name (`tinypoison:models/d32`).
 */
export function memoryFiles(texts: Readonly<Record<string, string>>): ConfigFiles {
  const find = (path: string): string | undefined => {
    if (Object.hasOwn(texts, path)) return texts[path];
    const absolute = posixPaths.resolve(path);
    return Object.hasOwn(texts, absolute) ? texts[absolute] : undefined;
  };
  return {
    paths: posixPaths,
    read: (file) => {
      const text = find(file);
      return text === undefined ? { reason: 'no such file' } : { text };
    },
    exists: (path) => find(path) !== undefined,
  };
}
