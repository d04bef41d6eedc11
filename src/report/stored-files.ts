// How the data files of a report lie in its folder: as they are, but for the table of prompts, which is compressed.
// SHA256SUMS names it without `.gz` and hashes what is in it, since compressed bytes depend on the version of zlib.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { InputError } from '../core/errors.ts';
import { readBytes } from '../core/node/read-file.ts';
import { PROMPTS_FILE } from './file-names.ts';

/** More than a table of 100,000 runs is in memory, less than what harms it. */
const MOST_BYTES = 500_000_000;

const isPacked = (name: string): boolean => name === PROMPTS_FILE;

/** The file in which a data file of this name lies. */
export function storedName(name: string): string {
  return isPacked(name) ? `${name}.gz` : name;
}

/** Content of that file. */
export function storedContent(name: string, content: string | Uint8Array): string | Uint8Array {
  return isPacked(name) ? gzipSync(content, { level: 9 }) : content;
}

/** Whether a data file is in a folder. */
export function isStored(folder: string, name: string): boolean {
  return existsSync(join(folder, storedName(name)));
}

/** The bytes of a data file. @throws InputError for one that cannot be unpacked; else what the file system says */
export function readStored(folder: string, name: string): Buffer {
  const file = join(folder, storedName(name));
  const bytes = readBytes(file);
  if (!isPacked(name)) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST_BYTES });
  } catch {
    throw new InputError({
      file,
      message: `is damaged: it is not gzip of at most ${MOST_BYTES} bytes. Write the results again with \`tinypoison report\``,
    });
  }
}
