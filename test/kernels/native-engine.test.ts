import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { ArenaError } from '../../src/kernels/arena-error.ts';
import { attentionScratchWords } from '../../src/kernels/attention-scratch.ts';
import type { Engine } from '../../src/kernels/engine.ts';
import { firstAddon } from '../../src/kernels/native/load-addon.ts';
import { createNativeEngine, nativeLevels, nativeTiles } from '../../src/kernels/native/native-engine.ts';
import { type Operation, operationCode, operations } from '../../src/kernels/operations.ts';
import { createReferenceEngine } from '../../src/kernels/reference/reference-engine.ts';
import { selfTestHashes, selfTestProblem } from '../../src/kernels/self-test/self-test.ts';
import { say } from '../say.ts';
import { KernelCase } from './kernel-cases.ts';
import { randomOperation } from './random-operations.ts';

const engine = createNativeEngine();
if ('reason' in engine) say(`Tests of the native kernels are skipped: ${engine.reason}.`);

function nativeEngine(options: { level?: string; tile?: string } = {}): Engine {
  const made = createNativeEngine(options);
  if ('reason' in made) throw new Error(made.reason);
  return made;
}

const reference = createReferenceEngine({ precision: 'f32' });
const CASES = 10;

/** Every shape of tile at every level, so that each is tried whatever this machine's timing prefers. */
const shapes = nativeLevels().flatMap((level) => nativeTiles(level).map((tile) => ({ level, tile })));

/** Several threads, at the widest level. */
const teams = shapes.slice(-1).flatMap((shape) => [2, 3].map((threads) => ({ ...shape, threads })));

describe.skipIf('reason' in engine)('the native kernels', () => {
  test.each(
    Object.keys(operations) as Operation[],
  )('give the bits of the reference at every level, with every tile shape and number of threads: %s', (operation) => {
    for (let n = 0; n < CASES; n++) {
      const kernelCase = new KernelCase('native', operation, n);
      randomOperation[operation](kernelCase);
      const expected = kernelCase.run(reference);
      for (const { threads, ...shape } of [...shapes.map((each) => ({ ...each, threads: 1 })), ...teams]) {
        const where = `case ${n}, ${shape.level}, ${shape.tile}, ${threads} threads`;
        const result = kernelCase.run(nativeEngine(shape), threads);
        expect(kernelCase.difference(expected, result), where).toBeUndefined();
      }
    }
  });

  const expected = selfTestHashes(reference);
  test.each(shapes)('pass the self-test at level $level with tile $tile', (shape) => {
    for (const threads of [1, 2, 5]) {
      expect(selfTestHashes(nativeEngine(shape), { threads })).toEqual(expected);
    }
  });

  test.skipIf(!nativeTiles('avx512').includes('12x32'))(
    'take tiles of eight rows where the trial takes twelve, unless twelve are requested',
    () => {
      expect(nativeEngine({ level: 'avx512', tile: '12x32' }).detail).toMatch(/tile 12x32$/);
      expect(nativeEngine({ level: 'avx512' }).detail).toMatch(/tile 8x32$/);
    },
  );

  test('name the reason when a level or tile shape is not there', () => {
    expect(createNativeEngine({ level: 'altivec' })).toEqual({
      reason: 'the native kernels were not built for altivec',
    });
    expect(createNativeEngine({ tile: '1x1' })).toEqual({
      reason: 'the native kernels have no tile shape 1x1',
    });
  });

  test('ask for as much attention scratch as the kernels need with more threads', () => {
    const shape = { T: 100, D: 24, threads: 3 };
    expect(nativeEngine().attentionScratchWords(shape)).toBe(attentionScratchWords(shape));
  });
});

/** Runs words as a program in a small arena. */
function runWords(words: readonly number[], options: { start?: number; length?: number } = {}): void {
  const arena = nativeEngine().createArena({ words: 1024 });
  arena.integers.set(words, 512);
  try {
    arena.run(options.start ?? 512, options.length ?? words.length);
  } finally {
    arena.release();
  }
}

describe.skipIf('reason' in engine)('a program that is wrong is an error, not a crash', () => {
  const { zero, matmul, attention, adamw, embed } = operationCode;
  test.each([
    ['an unknown operation', [99, 1, 2], /word 0 of the program is no operation: 99/],
    ['a negative code', [-1], /no operation: -1/],
    ['a missing argument', [zero, 16], /ends within an operation/],
    ['a buffer beyond the arena', [zero, 1000, 100], /arguments of zero at word 0/],
    ['a negative count', [zero, 16, -1], /arguments of zero/],
    ['a buffer at offset 0', [zero, 0, 4], /arguments of zero/],
    ['a buffer over the program', [zero, 500, 100], /arguments of zero/],
    [
      'sizes whose product overflows',
      [matmul, 1048576, 1048576, 1048576, 16, 1048576, 32, 0, 48, 1048576, 0, 0, 0],
      /matmul/,
    ],
    ['a leading dimension below the width', [matmul, 2, 4, 4, 16, 2, 32, 0, 128, 4, 0, 0, 0], /matmul/],
    ['too little scratch', [attention, 1, 16, 1, 16, 16, 16, 16, 900], /attention/],
    ['an optimizer state that is left out', [adamw, 4, 16, 32, 0, 64, 80, 0], /adamw/],
    ['an error in the second operation', [zero, 16, 4, zero, 16, 4000], /zero at word 3/],
  ])('%s', (_, words, message) => {
    expect(() => runWords(words)).toThrow(message);
  });

  test.each([-1, 1000])('a token %i that is in no table', (token) => {
    const arena = nativeEngine().createArena({ words: 1024 });
    const program = [embed, 16, 1, 16, 32, 0, 0, 64];
    arena.integers.set(program, 512);
    arena.run(512, program.length);
    arena.integers[16] = token;
    expect(() => arena.run(512, program.length)).toThrow(/embed/);
    arena.release();
  });

  test.each([
    { start: -1, length: 3 },
    { start: 1023, length: 3 },
    { start: 0, length: 3 },
    { start: 512, length: -1 },
    { start: 2 ** 40, length: 3 },
  ])('a program at $start of $length words', (place) => {
    expect(() => runWords([zero, 16, 4], place)).toThrow(/outside the arena/);
  });

  test.each([Number.NaN, 1.5, Number.POSITIVE_INFINITY])('a program at %d', (start) => {
    expect(() => runWords([zero, 16, 4], { start })).toThrow(/wrong arguments/);
  });
});

describe.skipIf('reason' in engine)('an arena of the native kernels', () => {
  test('starts as zeros, has the words asked for, and lies on a 64-byte boundary of its own memory', () => {
    const arena = nativeEngine().createArena({ words: 100_000 });
    expect(arena.floats).toHaveLength(100_000);
    expect(arena.integers.every((word) => word === 0)).toBe(true);
    arena.floats[7] = 1;
    expect(arena.integers[7]).toBe(0x3f800000);
    arena.release();
  });

  test('is empty after its release, which may be asked for twice, and then refuses to run', () => {
    const arena = nativeEngine().createArena({ words: 1024, threads: 2 });
    arena.release();
    arena.release();
    expect(arena.floats).toHaveLength(0);
    expect(() => arena.run(16, 0)).toThrow(/released/);
  });

  test.each([
    { words: 2 ** 31 - 1, threads: 100_000 },
    { words: 0 },
    { words: 2 ** 33 },
    { words: 16, threads: 0 },
    { words: 16, threads: 1.5 },
  ])('that cannot be had is an ArenaError: $words words, $threads threads', (request) => {
    expect(() => nativeEngine().createArena(request)).toThrow(ArenaError);
  });

  test('is freed by the garbage collector where nobody releases it', () => {
    for (let i = 0; i < 200; i++) nativeEngine().createArena({ words: 1 << 20, threads: 2 });
    expect(selfTestProblem(nativeEngine())).toBeUndefined();
  });

  test('can be used in several worker threads at once', async () => {
    const loaded = firstAddon();
    if ('reason' in loaded) throw new Error(loaded.reason);
    const path = fileURLToPath(new URL(`../../${loaded.file}`, import.meta.url));
    const code = `
      const addon = require(${JSON.stringify(path)});
      const { buffer, handle } = addon.createArena(4096, 2, 0);
      const words = new Int32Array(buffer);
      words.fill(7, 64, 2000);
      words.set([${operationCode.zero}, 64, 1000], 16);
      for (let i = 0; i < 200; i++) addon.run(handle, 16, 3);
      require('node:worker_threads').parentPort.postMessage(words.slice(64, 2000).reduce((sum, word) => sum + word, 0));`;
    const results = await Promise.all(
      [1, 2, 3].map(
        () =>
          new Promise((resolve, reject) => {
            const worker = new Worker(code, { eval: true });
            worker.on('message', resolve);
            worker.on('error', reject);
          }),
      ),
    );
    expect(results).toEqual([936 * 7, 936 * 7, 936 * 7]);
  });
});
