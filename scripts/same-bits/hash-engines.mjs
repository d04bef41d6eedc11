// What check-same-bits.mjs runs under each Node: the hashes of all shapes on every engine that there is.
import { createNativeEngine, nativeLevels, nativeTiles } from '../../dist/kernels/native/native-engine.js';
import { createReferenceEngine } from '../../dist/kernels/reference/reference-engine.js';
import { createWasmEngine } from '../../dist/kernels/wasm/wasm-engine.js';
import { hashShapes } from './training-hashes.mjs';

function report(name, create, threads) {
  try {
    const engine = create();
    const result = 'reason' in engine ? { skipped: engine.reason } : { hashes: hashShapes(engine, threads) };
    console.log(JSON.stringify({ name, ...result }));
  } catch (error) {
    console.log(JSON.stringify({ name, failed: error.message }));
  }
}

/** Prints one line of JSON for each engine, or each native one: { name, hashes | skipped | failed }. */
export function hashEngines() {
  if (process.env.TINYPOISON_HASH_ENGINES !== 'native') {
    report('reference', () => createReferenceEngine({ precision: 'f32' }));
    report('wasm', () => createWasmEngine());
  }
  if (nativeLevels().length === 0) report('native', () => createNativeEngine());
  for (const level of nativeLevels()) {
    for (const tile of nativeTiles(level)) {
      report(`native ${level} ${tile}`, () => createNativeEngine({ level, tile }));
    }
    for (const threads of [2, 3]) {
      report(`native ${level}, ${threads} threads`, () => createNativeEngine({ level }), threads);
    }
  }
}
