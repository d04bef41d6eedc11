// A saved training state: one atomic file that holds everything needed to go on, and its own hash.
// Layout: "TPSTATE1", header length (u32 LE), header (JSON), arrays (f32 LE, end to end), SHA-256 of all before.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { writeFileAtomic } from '../core/atomic-file.ts';

const MAGIC = 'TPSTATE1';
const HASH_BYTES = 32;

/** Plain data and named arrays that belong together. */
export interface SavedState<T> {
  readonly data: T;
  readonly arrays: Readonly<Record<string, Float32Array>>;
}

/** What was found at the place of a saved state. */
export type ReadState<T> =
  | { readonly kind: 'missing' }
  | { readonly kind: 'found'; readonly state: SavedState<T> }
  | { readonly kind: 'damaged'; readonly reason: string };

function bytesOf(array: Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Writes a state. Little-endian machines only, as everything that runs Node is. */
export function writeState<T>(path: string, state: SavedState<T>): void {
  const arrays = Object.entries(state.arrays);
  const lengths = arrays.map(([name, array]) => [name, array.length]);
  const header = Buffer.from(JSON.stringify({ data: state.data, arrays: lengths }), 'utf8');
  const head = Buffer.alloc(12);
  head.write(MAGIC, 0, 'latin1');
  head.writeUInt32LE(header.byteLength, 8);
  const body = Buffer.concat([head, header, ...arrays.map(([, array]) => bytesOf(array))]);
  const hash = createHash('sha256').update(body).digest();
  writeFileAtomic(path, Buffer.concat([body, hash]));
}

/** Reads a state and checks its hash: a damaged one is told from none. */
export function readState<T>(path: string): ReadState<T> {
  if (!existsSync(path)) return { kind: 'missing' };
  const damaged = (what: string) => ({ kind: 'damaged', reason: `${path} ${what}` }) as const;
  const file = readFileSync(path);
  if (file.byteLength < 12 + HASH_BYTES || file.toString('latin1', 0, 8) !== MAGIC) {
    return damaged('is no saved training state');
  }
  const body = file.subarray(0, file.byteLength - HASH_BYTES);
  const hash = createHash('sha256').update(body).digest();
  if (!hash.equals(file.subarray(file.byteLength - HASH_BYTES))) return damaged('does not match its hash');
  const headerBytes = body.readUInt32LE(8);
  const header = JSON.parse(body.toString('utf8', 12, 12 + headerBytes)) as {
    data: T;
    arrays: [string, number][];
  };
  let offset = 12 + headerBytes;
  const arrays: Record<string, Float32Array> = {};
  for (const [name, length] of header.arrays) {
    const array = new Float32Array(length);
    bytesOf(array).set(body.subarray(offset, offset + length * 4));
    offset += length * 4;
    arrays[name] = array;
  }
  return { kind: 'found', state: { data: header.data, arrays } };
}
