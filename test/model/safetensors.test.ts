import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/core/errors.ts';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '../../src/model/safetensors.ts';

const tensors = new Map<string, Tensor>([
  ['b', { shape: [2, 2], values: Float32Array.from([1, 2, 3, 4]) }],
  ['a', { shape: [3], values: Float32Array.from([-1, 0.5, Number.NaN]) }],
]);
const metadata = { format: 'pt' };

describe('safetensors', () => {
  it('come back as they were written', () => {
    const name = fc
      .string({ minLength: 1, maxLength: 12, unit: 'grapheme' })
      .filter((s) => s !== '__metadata__');
    const values = fc.float32Array({ maxLength: 20 });
    fc.assert(
      fc.property(fc.dictionary(name, values, { noNullPrototype: true }), (arrays) => {
        const given = new Map(
          Object.entries(arrays).map(([key, array]) => [key, { shape: [array.length], values: array }]),
        );
        const decoded = decodeSafetensors(encodeSafetensors({ tensors: given, metadata }));
        expect(decoded.metadata).toEqual(metadata);
        expect(new Map(decoded.tensors)).toEqual(given);
      }),
      { seed: 1 },
    );
  });

  it('lie in the order of their names, aligned to 8 bytes, the same for any order of the map', () => {
    const bytes = encodeSafetensors({ tensors, metadata });
    const headerBytes = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(headerBytes % 8).toBe(0);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes)));
    expect(header).toEqual({
      __metadata__: metadata,
      a: { dtype: 'F32', shape: [3], data_offsets: [0, 12] },
      b: { dtype: 'F32', shape: [2, 2], data_offsets: [12, 28] },
    });
    const reversed = new Map([...tensors].reverse());
    expect(encodeSafetensors({ tensors: reversed, metadata })).toEqual(bytes);
  });

  it('are refused when they are not whole, not JSON, or not f32', () => {
    const bytes = encodeSafetensors({ tensors, metadata });
    expect(() => decodeSafetensors(bytes.subarray(0, bytes.length - 4))).toThrow(/array b .*damaged/);
    expect(() => decodeSafetensors(bytes.subarray(0, 20))).toThrow(/safetensors file is incomplete/);
    expect(() => decodeSafetensors(bytes.subarray(0, 3))).toThrow(InputError);
    const text = new TextDecoder('latin1').decode(bytes);
    const original = bytes.slice();
    const half = original.slice();
    half.set(new TextEncoder().encode('"F16"'), text.indexOf('"F32"'));
    expect(() => decodeSafetensors(half)).toThrow(/array a is F16; only F32 is read/);
    const broken = original.slice();
    broken[8] = 0x5d;
    expect(() => decodeSafetensors(broken)).toThrow(/not a valid header of arrays: it is not JSON/);
  });
});
