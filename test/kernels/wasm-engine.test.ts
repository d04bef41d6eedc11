import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { ArenaError } from '../../src/kernels/arena-error.ts';
import { Epilogue } from '../../src/kernels/operations.ts';
import { createReferenceEngine } from '../../src/kernels/reference/reference-engine.ts';
import { selfTestProblem } from '../../src/kernels/self-test/self-test.ts';
import { createWasmEngine, startWasmEngine } from '../../src/kernels/wasm/wasm-engine.ts';
import { KernelCase } from './kernel-cases.ts';
import { workingWasmEngine } from './wasm-for-tests.ts';

const engine = workingWasmEngine();

describe('the WebAssembly engine', () => {
  test('says why it cannot be had', () => {
    const result = createWasmEngine({ bytes: new Uint8Array([1, 2, 3]) });
    expect('reason' in result && result.reason).toMatch(/WebAssembly kernels do not load/);
  });

  test('refuses an arena beyond 4 GiB with an ArenaError that says what to do', () => {
    expect(() => engine.createArena({ words: 2 ** 30 })).toThrow(ArenaError);
    expect(() => engine.createArena({ words: 2 ** 30 })).toThrow(/4096 MiB.*smaller model/);
  });

  test('gives each arena its own zeroed memory of the requested size', () => {
    const [a, b] = [engine.createArena({ words: 100 }), engine.createArena({ words: 100 })];
    a.floats.fill(1);
    expect(Array.from(b.floats)).toEqual(new Array(100).fill(0));
    expect(a.floats.length).toBe(100);
    a.integers[3] = 7;
    expect(a.floats[3]).not.toBe(1);
  });
});

describe('the asynchronous start', () => {
  const path = new URL('../../src/kernels/wasm/kernels.wasm', import.meta.url);
  const bytes = new Uint8Array(readFileSync(path));

  async function serve(status: number): Promise<{ url: string; close: () => void }> {
    const server = createServer((_, response) => {
      response.writeHead(status);
      response.end(bytes);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}/kernels.wasm`, close: () => server.close() };
  }

  test('gives an engine that passes the self-test, from bytes and from a URL', async () => {
    const { url, close } = await serve(200);
    for (const source of [bytes, url, new URL(url)]) {
      const started = await startWasmEngine(source);
      if ('reason' in started) throw new Error(started.reason);
      expect(selfTestProblem(started)).toBeUndefined();
      expect(started.detail).toBe(engine.detail);
    }
    close();
  });

  test('says why it cannot be had', async () => {
    const { url, close } = await serve(404);
    expect(await startWasmEngine(new Uint8Array([1, 2]))).toEqual({
      reason: expect.stringMatching(/^the WebAssembly kernels do not load \(.*compile/),
    });
    expect(await startWasmEngine(url)).toEqual({ reason: expect.stringMatching(/HTTP status 404/) });
    close();
  });
});

describe('a NaN', () => {
  const reference = createReferenceEngine({ precision: 'f32' });

  /** A case whose buffer `x` has NaN in place 2. */
  function withNaN(): { test: KernelCase; x: number } {
    const test = new KernelCase('not a number');
    let i = 0;
    return { test, x: test.floats('x', 64, { draw: () => (i++ === 2 ? Number.NaN : 0.5) }) };
  }

  test('passes through a product with GELU', () => {
    const { test, x } = withNaN();
    const C = test.floats('C', 64);
    const panels = test.floats('panels', 16 * 16);
    const rest = { lda: 16, panels, bias: 0, ldc: 16, epilogue: Epilogue.gelu, aux: 0, aux2: 0 };
    test.record('matmul', { rows: 4, columns: 16, K: 16, A: x, C, ...rest });
    expect(test.difference(test.run(reference), test.run(engine))).toBeUndefined();
    const { arena, run } = test.prepare(engine);
    run();
    expect(Array.from(arena.floats.subarray(C, C + 16)).every(Number.isNaN)).toBe(true);
    expect(Array.from(arena.floats.subarray(C + 16, C + 64)).some(Number.isNaN)).toBe(false);
  });

  test('passes through normalisation and the loss', () => {
    const { test, x } = withNaN();
    const [y, stats, losses] = [test.floats('y', 64), test.floats('stats', 8), test.floats('losses', 4)];
    const gain = test.floats('gain', 16);
    test.record('layerNorm', { rows: 4, width: 16, x, gain, bias: gain, y, stats });
    const head = { panelsT: test.floats('panelsT', 16 * 16), targets: test.integers('targets', 4, 11) };
    const rest = { weights: test.floats('weights', 4), losses, scratch: test.scratch(64 * 16) };
    test.record('headLoss', { rows: 4, width: 16, vocabulary: 11, h: y, ...head, ...rest });
    expect(test.difference(test.run(reference), test.run(engine))).toBeUndefined();
    const { arena, run } = test.prepare(engine);
    run();
    expect(Array.from(arena.floats.subarray(losses, losses + 4)).map(Number.isNaN)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});

test('attention position by position over a cache has the bits of attention over the whole sequence', () => {
  for (const [T, D] of [
    [37, 24],
    [16, 16],
  ] as const) {
    const test = new KernelCase('step by step', T);
    const heads = 2;
    const qkv = test.floats('qkv', 3 * heads * T * D);
    const whole = test.floats('whole', T * heads * D);
    const scratch = test.scratch(engine.attentionScratchWords({ T, D, threads: 1 }));
    const P = test.scratch(heads * T * 48);
    test.record('attention', { sequences: 1, T, heads, D, qkv, P, y: whole, scratch });
    const cache = test.scratch(heads * 2 * 32 * 48);
    const [row, steps] = [test.floats('row', 3 * heads * D), test.floats('steps', T * heads * D)];
    const positions = Array.from({ length: T }, (_, p) => test.constant('position', p));
    const { arena, run } = test.prepare(engine);
    run();
    for (const [p, position] of positions.entries()) {
      for (let g = 0; g < 3 * heads; g++) {
        const from = qkv + (g * T + p) * D;
        arena.floats.copyWithin(row + g * D, from, from + D);
      }
      test.runAlone(arena, 'attentionStep', {
        rows: 1,
        T,
        heads,
        D,
        qkv: row,
        cache,
        y: steps + p * heads * D,
        position,
      });
    }
    const bits = (offset: number) => Array.from(arena.integers.subarray(offset, offset + T * heads * D));
    expect(bits(steps)).toEqual(bits(whole));
  }
});
