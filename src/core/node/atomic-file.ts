// Files that are either whole or not there: written beside their place, flushed, and renamed into it.
import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder } from './make-folder.ts';

const TEMPORARY = /^(.+)\.(\d+)\.\d+\.tmp$/;

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Removes what processes that were killed while writing left in a folder: temporary files of `writeFileAtomic`, of
 * files that `isOurs` knows, whose process is gone.
 */
export function removeLeftovers(folder: string, isOurs: (name: string) => boolean): void {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return; // there is no folder yet
  }
  for (const name of names) {
    const [, target, pid] = TEMPORARY.exec(name) ?? [];
    if (target === undefined || !isOurs(target) || isRunning(Number(pid))) continue;
    rmSync(join(folder, name), { force: true });
  }
}

let counter = 0;

/**
 * Writes a file atomically, making its folder if need be. A crash leaves the old file or none, never half.
 * @throws what the file system says, with the path of the file
 */
export function writeFileAtomic(path: string, data: string | Uint8Array): void {
  makeFolder(dirname(path));
  counter += 1;
  const temporary = `${path}.${process.pid}.${counter}.tmp`;
  try {
    const file = openSync(temporary, 'w');
    try {
      const bytes = typeof data === 'string' ? Buffer.from(data, 'utf8') : data;
      let written = 0;
      while (written < bytes.byteLength) written += writeSync(file, bytes, written);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    // A full disk is noticed by a write, whose error names no path; other errors name the temporary one.
    if (error instanceof Error) Object.assign(error, { path });
    throw error;
  }
}
