// One large run on several cores against the same run on one, interleaved.
import { createNativeEngine } from '../dist/kernels/native/native-engine.js';
import { summarise } from './rows.mjs';
import { createTrainer, onEngine } from './tinypoison-peer.mjs';

/** Tokens a second with one thread and with `threads`, for each row. */
export async function measureThreads({ rows, threads, seconds, rounds }) {
  const engine = createNativeEngine();
  if ('reason' in engine) throw new Error(`threads need the native kernels: ${engine.reason}`);
  const results = [];
  for (const row of rows) {
    const one = createTrainer({ createModel: onEngine(engine), row });
    const many = createTrainer({ createModel: onEngine(engine, { threads }), row });
    const rates = { one: [], many: [] };
    await one.train(0.1);
    await many.train(0.1);
    for (let round = 0; round < rounds; round++) {
      rates.one.push(await one.train(seconds));
      rates.many.push(await many.train(seconds));
    }
    const { parameters, memoryBytes } = many;
    results.push({ row, parameters, memoryBytes, one: summarise(rates.one), many: summarise(rates.many) });
    one.release();
    many.release();
  }
  return results;
}
