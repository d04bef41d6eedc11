import { describe, expect, it } from 'vitest';
import { engineProviders } from '../../src/kernels/choose-engine.ts';
import { ENGINE_OPTIONS, ENGINES, engineEntry } from '../../src/kernels/engine-names.ts';

describe('the registry of engines', () => {
  it('has the providers of the kernel table as its exact engines, in the order in which they are tried', () => {
    const exact = Object.entries(ENGINES).filter(([, { arithmetic }]) => arithmetic === 'exact');
    expect(exact.map(([name]) => name)).toEqual(engineProviders.map(({ name }) => name));
  });

  it('offers every engine and auto, and knows no other name', () => {
    expect(ENGINE_OPTIONS).toEqual(['auto', 'native', 'wasm', 'reference', 'tfjs']);
    expect(engineEntry('tfjs')?.arithmetic).toBe('tfjs');
    expect(engineEntry('auto')).toBeUndefined();
    expect(engineEntry('toString')).toBeUndefined();
  });
});
