// Reading and writing safetensors (Hugging Face): a JSON header, then the arrays. Ours are f32.
//   header length, u64 little-endian | header, padded with spaces to 8 bytes | arrays in the order of their names
// @see https://github.com/huggingface/safetensors (README, "Format")
import { z } from 'zod';
import { canonicalJson } from '../core/canonical-json.ts';
import { InputError } from '../core/errors.ts';
import { checkJson, parseJson } from '../core/read-json.ts';

/** A named array. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** What a file holds. */
export interface Safetensors {
  /** In the order of the file. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const size = z.int().min(0);
const entrySchema = z.looseObject({
  dtype: z.string(),
  shape: z.array(size).max(8).readonly(),
  data_offsets: z.tuple([size, size]).readonly(),
});
type HeaderEntry = z.infer<typeof entrySchema>;
const metadataSchema = z.record(z.string(), z.string());
const headerSchema = z.record(z.string(), z.unknown());

const SOURCE = {
  file: 'the safetensors file',
  what: 'header of arrays',
  remedy: 'copy or convert it again',
};
const LENGTH_BYTES = 8;
const METADATA = '__metadata__';

/** Bytes of a file with these tensors: the same for the same content, whatever the order of the map. */
export function encodeSafetensors({ tensors, metadata }: Safetensors): Uint8Array {
  const sorted = [...tensors].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const entries: [string, HeaderEntry | Readonly<Record<string, string>>][] = [[METADATA, metadata]];
  let end = 0;
  for (const [name, { shape, values }] of sorted) {
    const start = end;
    end += values.byteLength;
    entries.push([name, { dtype: 'F32', shape, data_offsets: [start, end] }]);
  }
  const json = new TextEncoder().encode(canonicalJson(Object.fromEntries(entries)));
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(LENGTH_BYTES + headerBytes + end).fill(
    0x20,
    LENGTH_BYTES,
    LENGTH_BYTES + headerBytes,
  );
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(headerBytes), true);
  bytes.set(json, LENGTH_BYTES);
  let at = LENGTH_BYTES + headerBytes;
  for (const [, { values }] of sorted) {
    for (let i = 0; i < values.length; i++, at += 4) view.setFloat32(at, values[i], true);
  }
  return bytes;
}

function readHeader(bytes: Uint8Array): { header: Record<string, unknown>; dataStart: number } {
  if (bytes.length < LENGTH_BYTES)
    throw new InputError(`a safetensors file of ${bytes.length} bytes is not whole`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dataStart = LENGTH_BYTES + Number(view.getBigUint64(0, true));
  if (dataStart > bytes.length) {
    throw new InputError(
      `this safetensors file is incomplete: its header ends at byte ${dataStart} of ${bytes.length}`,
    );
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(LENGTH_BYTES, dataStart));
  } catch {
    throw new InputError('this is not a safetensors file: its header is not UTF-8');
  }
  return { header: parseJson(text, headerSchema, SOURCE), dataStart };
}

function readTensor(name: string, entry: HeaderEntry, data: Uint8Array): Tensor {
  if (entry.dtype !== 'F32') {
    throw new InputError(
      `the array ${name} is ${entry.dtype}; only F32 is read: convert the file to float32`,
    );
  }
  const [start, end] = entry.data_offsets;
  const count = entry.shape.reduce((product, size) => product * size, 1);
  if (!(start >= 0 && end <= data.length && end - start === 4 * count)) {
    throw new InputError(
      `the array ${name} (${entry.shape.join(' x ')}) should lie at bytes ${start} to ${end} of ${data.length}: the file is damaged`,
    );
  }
  const view = new DataView(data.buffer, data.byteOffset + start, end - start);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = view.getFloat32(4 * i, true);
  return { shape: entry.shape, values };
}

/**
 * Reads a file's bytes.
 * @throws InputError if they are not a whole safetensors file of f32 arrays.
 */
export function decodeSafetensors(bytes: Uint8Array): Safetensors {
  const { header, dataStart } = readHeader(bytes);
  const data = bytes.subarray(dataStart);
  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === METADATA) continue;
    tensors.set(
      name,
      readTensor(
        name,
        checkJson(entry, entrySchema, { ...SOURCE, what: `entry for ${JSON.stringify(name.slice(0, 80))}` }),
        data,
      ),
    );
  }
  const metadata = checkJson(header[METADATA] ?? {}, metadataSchema, { ...SOURCE, what: METADATA });
  return { tensors, metadata };
}
