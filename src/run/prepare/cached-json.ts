// JSON artefacts of the store's cache: named by what they depend on, checked by a hash in their first line.
import { existsSync } from 'node:fs';
import type { z } from 'zod';
import { ArtefactError } from '../../core/errors.ts';
import { writeFileAtomic } from '../../core/node/atomic-file.ts';
import { readText } from '../../core/node/read-file.ts';
import { sha256 } from '../../core/node/sha256.ts';
import { parseJson } from '../../core/read-json.ts';

const HASH_CHARACTERS = 64;

/** The text after the hash, or undefined if there is none or it does not match. */
function readChecked(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  const file = readText(path);
  const text = file.slice(HASH_CHARACTERS + 1);
  return file.startsWith(`${sha256(text)}\n`) ? text : undefined;
}

/** Whether the artefact is there and whole. */
export function hasCachedJson(path: string): boolean {
  return readChecked(path) !== undefined;
}

/** Writes an artefact. */
export function writeCachedJson(path: string, value: unknown): void {
  const text = JSON.stringify(value);
  writeFileAtomic(path, `${sha256(text)}\n${text}`);
}

function parseArtefact<T>(path: string, text: string, schema: z.ZodType<T>): T {
  const remedy = 'delete it and run the command again: it is made again';
  return parseJson(text, schema, { file: path, what: 'artefact of this version', remedy });
}

/** Reads an artefact. @throws ArtefactError if it is not there or damaged; InputError if it holds something else */
export function readCachedJson<T>(path: string, schema: z.ZodType<T>): T {
  const text = readChecked(path);
  if (text === undefined) {
    throw new ArtefactError(`${path} is missing or damaged: run the command again, it is recreated`);
  }
  return parseArtefact(path, text, schema);
}
