// The WebAssembly engine for tests that cannot do without it.
import type { Engine } from '../../src/kernels/engine.ts';
import { createWasmEngine } from '../../src/kernels/wasm/wasm-engine.ts';

export function workingWasmEngine(): Engine {
  const engine = createWasmEngine();
  if ('reason' in engine) throw new Error(engine.reason);
  return engine;
}
