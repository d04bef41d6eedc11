// The files of a folder that a signature stands for, each by its SHA-256.
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../core/errors.ts';
import { readBytes } from '../core/node/read-file.ts';
import { sha256 } from '../core/node/sha256.ts';

/** A file, by its path below the folder, with `/`. */
export interface SignedFile {
  readonly name: string;
  readonly sha256: string;
}

/**
 * Every file below a folder, by name, but for those left out at its top.
 * @throws InputError for a link: what it stands for could be changed elsewhere
 */
export function listFiles(folder: string, leftOut: readonly string[]): string[] {
  const walk = (path: string): string[] =>
    readdirSync(join(folder, path)).flatMap((name) => {
      const inside = path === '' ? name : `${path}/${name}`;
      const status = lstatSync(join(folder, inside));
      if (leftOut.includes(inside) && status.isFile()) return [];
      if (status.isDirectory()) return walk(inside);
      if (status.isFile()) return [inside];
      throw new InputError({
        file: join(folder, inside),
        message:
          'is a link, pipe or device: only files are signed; put the file itself there, or take it away',
      });
    });
  return walk('').sort();
}

/** The same with the hash of each. */
export function hashFiles(folder: string, leftOut: readonly string[]): SignedFile[] {
  return listFiles(folder, leftOut).map((name) => ({ name, sha256: sha256(readBytes(join(folder, name))) }));
}
