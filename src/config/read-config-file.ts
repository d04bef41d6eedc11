// Reads the text of a config file, or says why it cannot.
import { readFileSync } from 'node:fs';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'it is a folder, not a file',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EACCES: 'no permission',
};

export type ConfigText = { readonly text: string } | { readonly reason: string };

/** The file as UTF-8 text (a byte order mark is dropped), or the reason why there is none. */
export function readConfigFile(file: string): ConfigText {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file)) };
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return { reason: 'it is not UTF-8 text' };
    return { reason: reasons[code] ?? message };
  }
}
