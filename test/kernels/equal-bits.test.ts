import { describe, expect, test } from 'vitest';
import { type Operation, operations } from '../../src/kernels/operations.ts';
import { createReferenceEngine } from '../../src/kernels/reference/reference-engine.ts';
import { KernelCase } from './kernel-cases.ts';
import { randomOperation } from './random-operations.ts';
import { workingWasmEngine } from './wasm-for-tests.ts';

const reference = createReferenceEngine({ precision: 'f32' });

const wasm = workingWasmEngine();
const CASES = 25;

describe('WebAssembly leaves the bits of the reference in all of its memory, over random shapes', () => {
  test.each(Object.keys(operations) as Operation[])('%s', (operation) => {
    for (let n = 0; n < CASES; n++) {
      const test = new KernelCase(operation, n);
      randomOperation[operation](test);
      expect(test.difference(test.run(reference), test.run(wasm)), `case ${n}`).toBeUndefined();
    }
  });
});

describe('a matrix product whose rows collide in the cache', () => {
  test.each([1024, 2048])('has the bits of the reference at K = %i', (K) => {
    const test = new KernelCase('collision', K);
    const [rows, columns] = [19, 40];
    test.record('matmul', {
      rows,
      columns,
      K,
      A: test.floats('A', rows * K),
      lda: K,
      panels: test.floats('panels', 48 * K),
      bias: test.floats('bias', columns),
      C: test.floats('C', rows * columns),
      ldc: columns,
      epilogue: 2,
      aux: 0,
      aux2: test.floats('aux2', rows * columns),
    });
    expect(test.difference(test.run(reference), test.run(wasm))).toBeUndefined();
  });

  test('and a head over 1024 tokens have the bits of the reference', () => {
    const test = new KernelCase('collision', 'head');
    const [rows, width, vocabulary] = [70, 20, 1024];
    test.record('headLossBackward', {
      rows,
      width,
      vocabulary,
      h: test.floats('h', rows * width),
      panelsT: test.floats('panelsT', vocabulary * width),
      panels: test.floats('panels', vocabulary * 32),
      targets: test.integers('targets', rows, vocabulary),
      weights: test.floats('weights', rows),
      losses: test.floats('losses', rows),
      dH: test.floats('dH', rows * width),
      dE: test.floats('dE', vocabulary * width),
      scratch: test.scratch(64 * vocabulary),
    });
    expect(test.difference(test.run(reference), test.run(wasm))).toBeUndefined();
  });
});
