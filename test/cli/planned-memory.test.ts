import { expect, it } from 'vitest';
import { plannedMemory } from '../../src/cli/planned-memory.ts';
import type { RunConfig } from '../../src/config/schema/schema.ts';
import { createWasmEngine } from '../../src/kernels/wasm/wasm-engine.ts';
import { createGpt } from '../../src/model/gpt.ts';
import { modelConfig } from '../model/fixtures.ts';

it('the memory of a planned run is what its model takes in the phase with the largest micro-batches', () => {
  const engine = createWasmEngine();
  if ('reason' in engine) throw new Error(engine.reason);
  const model = modelConfig();
  const phase = (sequences: number) => ({ batch: { sequences, accumulation: 1 } });
  const config = {
    model,
    tokenizer: { vocabularySize: 300 },
    phases: [phase(2), phase(64), phase(8)],
  } as unknown as RunConfig;
  const bytes = (sequences: number): number => {
    const gpt = createGpt({ config: model, vocabularySize: 300, engine, training: { sequences } });
    gpt.release();
    return gpt.memoryBytes;
  };
  expect(bytes(64)).toBeGreaterThanOrEqual(bytes(2));
  expect(plannedMemory()(config)).toBe(Math.max(bytes(2), bytes(64), bytes(8)));
});
