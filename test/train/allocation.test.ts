// What a training step allocates: no array, no memory of kernels, and small objects that do not stay.
import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/kernels/engine.ts';
import { createNativeEngine } from '../../src/kernels/native/native-engine.ts';
import { createGpt } from '../../src/model/gpt.ts';
import type { BatchSource } from '../../src/tokens/batches.ts';
import { trainPhase } from '../../src/train/train-phase.ts';
import { workingWasmEngine } from '../kernels/wasm-for-tests.ts';
import { modelConfig } from '../model/fixtures.ts';
import { say } from '../say.ts';
import { optimizer, schedule } from './fixtures.ts';

const WARM_UP_STEPS = 500;
const MEASURED_STEPS = 1000;
const [sequences, T] = [2, 16];

/** Batches that are written in place; `onFill` is the control: what is allocated there is seen. */
function batchSource(onFill: (step: number) => void): BatchSource {
  return {
    optimizerSteps: WARM_UP_STEPS + MEASURED_STEPS,
    tokensPerStep: sequences * T,
    microBatches: 1,
    fill(step, _, { inputs, targets, weights }) {
      onFill(step);
      for (let i = 0; i < inputs.length; i++) {
        inputs[i] = (step + 7 * i) % 21;
        targets[i] = (step + 7 * i + 7) % 21;
        weights[i] = 1;
      }
    },
  };
}

/** The engine, and the arenas that were created on it. */
function watched(engine: Engine): { engine: Engine; arenaBytes: () => number[] } {
  const arenas: { readonly floats: { readonly buffer: ArrayBufferLike } }[] = [];
  return {
    engine: {
      ...engine,
      createArena: (options) => {
        const arena = engine.createArena(options);
        arenas.push(arena);
        return arena;
      },
    },
    arenaBytes: () => arenas.map(({ floats }) => floats.buffer.byteLength),
  };
}

/** Trains; what 1,000 steps left and used. */
async function measure(own: Engine, onFill: (step: number) => void = () => {}) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // Arrays are given back in the background: twice, with time between.
  const collectGarbage = async () => {
    for (let round = 0; round < 2; round++) {
      collect();
      await setTimeout(50);
    }
  };
  const { engine, arenaBytes } = watched(own);
  const training = { sequences };
  const model = createGpt({ config: modelConfig(), vocabularySize: 21, engine, training });
  model.initialise(1);
  let before = process.memoryUsage();
  let kernelsBefore: number[] = [];
  const batches = batchSource(onFill);
  for await (const { optimizerStep } of trainPhase({ model, batches, optimizer, schedule })) {
    if (optimizerStep !== WARM_UP_STEPS) continue;
    await collectGarbage();
    before = process.memoryUsage();
    kernelsBefore = arenaBytes();
  }
  const end = process.memoryUsage();
  const kernels = { before: kernelsBefore, after: arenaBytes() };
  await collectGarbage();
  const collected = process.memoryUsage();
  model.release();
  return {
    kernels,
    arrayBytes: end.arrayBuffers - before.arrayBuffers,
    objectBytesPerStep: (end.heapUsed - before.heapUsed) / MEASURED_STEPS,
    keptBytesPerStep: (collected.heapUsed - before.heapUsed) / MEASURED_STEPS,
  };
}

const native = createNativeEngine();
if ('reason' in native) say(`Allocations of the native kernels are not measured: ${native.reason}.`);
const engines: readonly (readonly [string, Engine | { readonly reason: string }])[] = [
  ['WebAssembly', workingWasmEngine()],
  ['native', native],
];

describe.each(engines)('1,000 training steps on the %s engine', (_, engine) => {
  // What a step allocates it allocates each time; what else lives in this process only adds, now and then.
  test.skipIf('reason' in engine)('allocate no arrays and leave nothing behind', { retry: 2 }, async () => {
    if ('reason' in engine) return;
    const { kernels, arrayBytes, objectBytesPerStep, keptBytesPerStep } = await measure(engine);
    expect(kernels.after).toEqual(kernels.before);
    expect(kernels.after).toHaveLength(1);
    // One array of a micro-batch in every step would be 128,000.
    expect(arrayBytes).toBeLessThan(64_000);
    // Events, promises and arguments: about 2 KB a step, which young collections take away.
    expect(objectBytesPerStep).toBeLessThan(6000);
    expect(keptBytesPerStep).toBeLessThan(300);
  });
});

test('arrays and objects of a step would be seen', async () => {
  const kept: object[] = [];
  const found = await measure(workingWasmEngine(), (step) => {
    kept.push(
      new Float32Array(4096),
      Array.from({ length: 64 }, () => step),
    );
  });
  expect(found.arrayBytes).toBeGreaterThan(8_000_000);
  expect(found.keptBytesPerStep).toBeGreaterThan(100);
});
