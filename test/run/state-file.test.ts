import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readState, writeState } from '../../src/run/state-file.ts';
import { temporaryFolder } from './fake-runs.ts';

describe('a saved training state', () => {
  test('comes back bit for bit', () => {
    const path = join(temporaryFolder(), 'state.bin');
    fc.assert(
      fc.property(fc.float32Array(), fc.float32Array({ maxLength: 9 }), fc.json(), (a, b, json) => {
        writeState(path, { data: { json }, arrays: { a, b } });
        const read = readState<{ json: string }>(path);
        if (read.kind !== 'found') throw new Error(read.kind);
        expect(read.state.data).toEqual({ json });
        expect(Buffer.from(read.state.arrays.a?.buffer as ArrayBuffer)).toEqual(
          Buffer.from(Float32Array.from(a).buffer),
        );
        expect(read.state.arrays.b).toEqual(b);
      }),
      { numRuns: 30 },
    );
  });

  test('a part of a larger buffer is written alone', () => {
    const path = join(temporaryFolder(), 'state.bin');
    const part = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
    writeState(path, { data: null, arrays: { part } });
    expect(readState(path)).toMatchObject({ state: { arrays: { part: Float32Array.of(2, 3) } } });
  });

  test('is missing when there is none', () => {
    expect(readState(join(temporaryFolder(), 'state.bin'))).toEqual({ kind: 'missing' });
  });

  test('any changed or missing byte is noticed', () => {
    const path = join(temporaryFolder(), 'state.bin');
    writeState(path, { data: { step: 3 }, arrays: { a: Float32Array.of(1, 2, 3) } });
    const whole = readFileSync(path);
    for (let place = 0; place < whole.length; place++) {
      const changed = Buffer.from(whole);
      changed[place] = (changed[place] as number) ^ 1;
      writeFileSync(path, changed);
      expect(readState(path).kind).toBe('damaged');
      writeFileSync(path, whole.subarray(0, place));
      expect(readState(path).kind).toBe('damaged');
    }
  });
});
