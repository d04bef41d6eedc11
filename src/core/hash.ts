// Content hashes: SHA-256 in pure JavaScript, the same in Node and in the browser.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { canonicalJson } from './canonical-json.ts';

/** Lower-case hex SHA-256 of bytes, or of the UTF-8 encoding of a string. */
export function sha256Hex(data: string | Uint8Array): string {
  return bytesToHex(sha256(typeof data === 'string' ? utf8ToBytes(data) : data));
}

/** SHA-256 of the canonical JSON of a value: equal for equal values, whatever the order of their keys. */
export function hashValue(value: unknown): string {
  return sha256Hex(canonicalJson(value));
}

/** Incremental SHA-256, for data that is not to be held in memory at once. */
export function createHasher(): { update(data: string | Uint8Array): void; hex(): string } {
  const hasher = sha256.create();
  return {
    update: (data) => {
      hasher.update(typeof data === 'string' ? utf8ToBytes(data) : data);
    },
    hex: () => bytesToHex(hasher.digest()),
  };
}
