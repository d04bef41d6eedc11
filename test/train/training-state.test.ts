import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/core/errors.ts';
import { decodeTrainingState, encodeTrainingState } from '../../src/train/training-state.ts';
import { smallGpt } from '../model/fixtures.ts';

const arrays = {
  parameters: Float32Array.from([1, -2.5, Number.NaN]),
  firstMoments: Float32Array.from([0.1, 0, -0]),
  secondMoments: Float32Array.from([1e-30, 3e38, 7]),
};
const position = { phase: 1, optimizerStep: 42, extra: { seen: 7, name: 'déjà vu' } };

describe('a training checkpoint', () => {
  it('comes back bit for bit', () => {
    const decoded = decodeTrainingState(encodeTrainingState(position, arrays));
    expect(decoded).toEqual({ position, arrays });
    expect(Object.is(decoded.arrays.firstMoments[2], -0)).toBe(true);
  });

  it('has the same bytes for the same state', () => {
    expect(encodeTrainingState({ ...position }, arrays)).toEqual(encodeTrainingState(position, arrays));
  });

  it('is refused when a single bit differs, when cut short, and when it is something else', () => {
    const bytes = encodeTrainingState(position, arrays);
    for (const at of [8, 20, bytes.length - 40, bytes.length - 1]) {
      const damaged = bytes.slice();
      damaged[at] ^= 1;
      expect(() => decodeTrainingState(damaged)).toThrow(/damaged/);
    }
    expect(() => decodeTrainingState(bytes.subarray(0, bytes.length - 8))).toThrow(InputError);
    expect(() => decodeTrainingState(new TextEncoder().encode('{"a": 1}'))).toThrow(
      /not a training checkpoint/,
    );
    expect(() => decodeTrainingState(new Uint8Array(0))).toThrow(InputError);
  });

  it('is refused by a model of another shape', () => {
    const small = smallGpt({ training: { sequences: 1 } });
    const large = smallGpt({ config: { layers: 3 }, training: { sequences: 1 } });
    expect(() => large.importTraining(small.exportTraining())).toThrow(/it is another model's/);
  });
});
