// Files that others may have put there, read whole: never a pipe or a device, which may never end.
import { readFileSync, statSync } from 'node:fs';
import { InputError } from '../errors.ts';

/** V8 holds texts of up to 512 Mi characters. */
const MOST_BYTES = 500_000_000;

/**
 * The bytes of a file.
 * @throws InputError for a pipe or a device; else what the file system says
 */
export function readBytes(path: string): Buffer {
  const status = statSync(path);
  if (!status.isFile() && !status.isDirectory())
    throw new InputError({ file: path, message: 'is a pipe or a device, not a file: put a file there' });
  return readFileSync(path);
}

/** The text of a UTF-8 file. @throws as `readBytes` does, and InputError for one that is too large for a text */
export function readText(path: string): string {
  const bytes = readBytes(path);
  if (bytes.length > MOST_BYTES)
    throw new InputError({
      file: path,
      message: `has ${bytes.length} bytes, more than ${MOST_BYTES}: it is damaged, or no file of tinypoison`,
    });
  return bytes.toString('utf8');
}
