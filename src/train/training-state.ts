// A checkpoint of training as bytes: parameters, moments, where in which phase, and a hash over all of it.
//   "TPSTATE1" | length of the header, u32 little-endian | header, canonical JSON in UTF-8 | parameters, first
//   moments, second moments, f32 little-endian | SHA-256 of everything before, 32 bytes
import { z } from 'zod';
import { canonicalJson } from '../core/canonical-json.ts';
import { InputError } from '../core/errors.ts';
import { sha256Hex } from '../core/hash.ts';
import { parseJson } from '../core/read-json.ts';
import type { TrainingArrays } from '../model/trainable-model.ts';

const MAGIC = 'TPSTATE1';
const HASH_BYTES = 32;
const ARRAYS = ['parameters', 'firstMoments', 'secondMoments'] as const;

const headerSchema = z.looseObject({
  phase: z.int().min(0),
  optimizerStep: z.int().min(0),
  words: z.int().min(0),
  extra: z.unknown(),
});

/** Where training stands, beside the arrays. */
export interface TrainingPosition {
  /** Index of the phase, from 0. */
  readonly phase: number;
  /** Steps of the phase done: the `startStep` to go on with. It is the position in the data as well. */
  readonly optimizerStep: number;
  /** Whatever else the caller needs to go on, as JSON; null: nothing. */
  readonly extra: unknown;
}

function littleEndian(values: Float32Array, into: DataView, at: number): void {
  for (let i = 0; i < values.length; i++) into.setFloat32(at + 4 * i, values[i], true);
}

function hexBytes(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) =>
    Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16),
  );
}

/** Bytes of a checkpoint: the same for the same state. */
export function encodeTrainingState(position: TrainingPosition, arrays: TrainingArrays): Uint8Array {
  const words = arrays.parameters.length;
  const text = canonicalJson({ ...position, words });
  const header = new TextEncoder().encode(text);
  const body = MAGIC.length + 4 + header.length;
  const bytes = new Uint8Array(body + ARRAYS.length * words * 4 + HASH_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(MAGIC), 0);
  view.setUint32(MAGIC.length, header.length, true);
  bytes.set(header, MAGIC.length + 4);
  for (const [i, name] of ARRAYS.entries()) littleEndian(arrays[name], view, body + i * words * 4);
  const hashed = bytes.length - HASH_BYTES;
  bytes.set(hexBytes(sha256Hex(bytes.subarray(0, hashed))), hashed);
  return bytes;
}

/**
 * Reads a checkpoint back.
 * @throws InputError if the bytes are not a checkpoint, or not whole.
 */
export function decodeTrainingState(bytes: Uint8Array): {
  position: TrainingPosition;
  arrays: TrainingArrays;
} {
  const hashed = bytes.length - HASH_BYTES;
  const magic = new TextDecoder().decode(bytes.subarray(0, MAGIC.length));
  if (magic !== MAGIC || hashed < MAGIC.length + 4) {
    throw new InputError(
      `this is not a training checkpoint (it starts with ${JSON.stringify(magic)}); train again`,
    );
  }
  const expected = hexBytes(sha256Hex(bytes.subarray(0, hashed)));
  if (!expected.every((byte, i) => byte === bytes[hashed + i])) {
    throw new InputError(
      'the training checkpoint is damaged (its SHA-256 differs); delete it and train again',
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = view.getUint32(MAGIC.length, true);
  const body = MAGIC.length + 4 + headerLength;
  const header = new TextDecoder().decode(bytes.subarray(MAGIC.length + 4, body));
  const source = { file: 'the training checkpoint', what: 'header', remedy: 'delete it and train again' };
  const { phase, optimizerStep, extra, words } = parseJson(header, headerSchema, source);
  if (body + ARRAYS.length * words * 4 !== hashed)
    throw new InputError(
      'the training checkpoint does not hold the arrays that it names; delete it and train again',
    );
  const read = (i: number): Float32Array => {
    const values = new Float32Array(words);
    for (let j = 0; j < words; j++) values[j] = view.getFloat32(body + (i * words + j) * 4, true);
    return values;
  };
  const arrays = { parameters: read(0), firstMoments: read(1), secondMoments: read(2) };
  return { position: { phase, optimizerStep, extra }, arrays };
}
