// The files of a config on disk: their text, or why it cannot be read.
import { closeSync, existsSync, openSync, readdirSync, readSync } from 'node:fs';
import * as paths from 'node:path';
import { fileURLToPath } from 'node:url';
import { faultReason } from '../../core/file-fault.ts';
import type { ConfigFiles, ConfigText } from '../config-files.ts';
import { shippedName } from '../yaml/shipped-name.ts';
import { suggestion } from '../yaml/suggest.ts';

/** The configs that come with the program: beside src/ and beside dist/. */
const SHIPPED_FOLDER = fileURLToPath(new URL('../../../configs/', import.meta.url));

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

/** `models/d32` and so on: the names of all configs that come with the program. */
function shippedNames(): string[] {
  const files = readdirSync(SHIPPED_FOLDER, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length).replaceAll('\\', '/'))
    .sort();
}

/** `denial-of-service` and so on: the names of the attacks that come with the program. */
export function shippedAttacks(): string[] {
  return shippedNames().flatMap((name) =>
    name.startsWith('attacks/') ? [name.slice('attacks/'.length)] : [],
  );
}

/**
 * The file as UTF-8 text (a byte order mark is dropped), or the reason why there is none.
 * @param file a path, or `tinypoison:models/d32` for a config that comes with the program
 */
function readConfigFile(file: string): ConfigText {
  const shipped = shippedName(file);
  if (shipped !== undefined) {
    const names = shippedNames();
    if (!names.includes(shipped))
      return { reason: `no such config comes with tinypoison${suggestion(shipped, names)}` };
  }
  try {
    const bytes = readBounded(shipped === undefined ? file : `${SHIPPED_FOLDER}${shipped}.yaml`);
    if (bytes === undefined)
      return { reason: `it is longer than ${MAXIMUM_BYTES} bytes, so it is not a config` };
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return { reason: 'it is not UTF-8 text' };
    return { reason: reasons[code] ?? faultReason(error) ?? message };
  }
}

/** The files of this machine. */
export const diskFiles: ConfigFiles = { paths, read: readConfigFile, exists: existsSync };
