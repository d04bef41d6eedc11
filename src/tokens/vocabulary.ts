// The compact vocabulary as an artefact: small JSON that decodes by itself.
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { TOKENS_CONTRACT } from '../core/contracts.ts';
import { InputError } from '../core/errors.ts';
import { hashValue } from '../core/hash.ts';
import type { EncodingName } from './byte-pair-encoding.ts';

/** Id of the document separator, in every vocabulary. */
export const SEPARATOR_ID = 256;

/** Ids below this are bytes and the separator; kept tokens follow. */
export const FIRST_KEPT_ID = 257;

/** A kept token: its id in the original encoding, and its bytes in hexadecimal. */
export type KeptToken = readonly [originalId: number, bytes: string];

const encodings: readonly string[] = [
  'o200k_base',
  'cl100k_base',
  'p50k_base',
  'r50k_base',
  'bytes',
] satisfies Vocabulary['encoding'][];

/** What a tokenizer is made from. JSON-serialisable. */
export interface Vocabulary {
  readonly contract: number;
  readonly encoding: EncodingName | 'bytes';
  /** In id order from 257, most used first. */
  readonly kept: readonly KeptToken[];
}

/** The entry of a token in a vocabulary. */
export function keptToken(originalId: number, bytes: Uint8Array): KeptToken {
  return [originalId, bytesToHex(bytes)];
}

/** SHA-256 of a vocabulary. */
export function hashOfVocabulary(vocabulary: Vocabulary): string {
  return hashValue(vocabulary);
}

/** UTF-8 bytes of each id: one byte for 0-255, none for the separator, then the kept tokens. */
export function bytesOfVocabulary(vocabulary: Vocabulary): Uint8Array[] {
  const bytes = Array.from({ length: SEPARATOR_ID }, (_, byte) => Uint8Array.of(byte));
  const kept = vocabulary.kept.map(([, hex]) => hexToBytes(hex));
  return [...bytes, new Uint8Array(0), ...kept];
}

/** Whether parsed JSON is a vocabulary of this contract version. */
export function isVocabulary(json: unknown): json is Vocabulary {
  try {
    parseVocabulary(json);
    return true;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

/** Checks parsed JSON. @throws InputError if it is not a vocabulary of this contract version. */
export function parseVocabulary(json: unknown): Vocabulary {
  const value = json as Partial<Vocabulary> | null;
  if (typeof value !== 'object' || value === null || !Array.isArray(value.kept)) {
    throw new InputError(
      'this is not a tinypoison vocabulary: expected an object with "encoding" and "kept"',
    );
  }
  if (value.contract !== TOKENS_CONTRACT) {
    throw new InputError(
      `the vocabulary has tokens contract ${String(value.contract)}, this version reads ${TOKENS_CONTRACT}: train it again`,
    );
  }
  const isEntry = (entry: unknown): boolean =>
    Array.isArray(entry) &&
    Number.isInteger(entry[0]) &&
    typeof entry[1] === 'string' &&
    /^([0-9a-f]{2})+$/.test(entry[1]);
  if (!encodings.includes(String(value.encoding)))
    throw new InputError(
      `the vocabulary has the encoding ${JSON.stringify(value.encoding)}, which is not known`,
    );
  const wrong = value.kept.findIndex((entry) => !isEntry(entry));
  if (wrong >= 0)
    throw new InputError(`entry ${wrong} of the vocabulary is no [original id, hexadecimal bytes]`);
  return value as Vocabulary;
}
