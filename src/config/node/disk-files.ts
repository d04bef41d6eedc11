// The files of a config on disk: their text, or why it cannot be read.
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import * as paths from 'node:path';
import type { ConfigFiles, ConfigText } from '../config-files.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'it is a folder, not a file',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EACCES: 'no permission',
};

/** More than any config; a device may have no end. */
const MAXIMUM_BYTES = 4_000_000;

/** The bytes of a file; undefined where there are too many. */
function readBounded(path: string): Uint8Array | undefined {
  const file = openSync(path, 'r');
  try {
    const bytes = new Uint8Array(MAXIMUM_BYTES + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      read = readSync(file, bytes, length, bytes.length - length, null);
    return length > MAXIMUM_BYTES ? undefined : bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

/** The file as UTF-8 text (a byte order mark is dropped), or the reason why there is none. */
function readConfigFile(file: string): ConfigText {
  try {
    const bytes = readBounded(file);
    if (bytes === undefined)
      return { reason: `it is longer than ${MAXIMUM_BYTES} bytes, so it is no config` };
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return { reason: 'it is not UTF-8 text' };
    return { reason: reasons[code] ?? message };
  }
}

/** The files of this machine. */
export const diskFiles: ConfigFiles = { paths, read: readConfigFile, exists: existsSync };
