import { describe, expect, test } from 'vitest';
import { type Operation, operations } from '../../src/kernels/operations.ts';
import { createReferenceEngine } from '../../src/kernels/reference/reference-engine.ts';
import { KernelCase } from './kernel-cases.ts';
import { randomOperation } from './random-operations.ts';
import { workingWasmEngine } from './wasm-for-tests.ts';

const reference = createReferenceEngine({ precision: 'f32' });
const wasm = workingWasmEngine();
const CASES = 30;

describe('WebAssembly gives the bits of the reference, over random shapes, and writes nowhere else', () => {
  test.each(Object.keys(operations) as Operation[])('%s', (operation) => {
    for (let n = 0; n < CASES; n++) {
      const test = new KernelCase(operation, n);
      randomOperation[operation](test);
      expect(test.difference(test.run(reference), test.run(wasm)), `case ${n}`).toBeUndefined();
    }
  });
});
