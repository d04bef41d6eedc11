// What gradients of single sequences cost: training with them against plain training, on one engine, interleaved.
import { createNativeEngine } from '../dist/kernels/native/native-engine.js';
import { createWasmEngine } from '../dist/kernels/wasm/wasm-engine.js';
import { weighSequences } from '../dist/train/gradient-rule.js';
import { summarise } from './rows.mjs';
import { createTrainer, onEngine } from './tinypoison-peer.mjs';

/** Every sequence measured and clipped: the work of gradient shaping. */
const clipped = weighSequences(
  () =>
    ({ norm }) =>
      norm > 1e-3 ? 1e-3 / norm : 1,
);

/**
 * Tokens a second of both, by row: { row, plain, sequences, slowdown }, of which `slowdown` is the ratio of times of
 * each round (1: none).
 */
export async function measureSignals({ rows, seconds, rounds, clock }) {
  const native = createNativeEngine();
  const engine = 'reason' in native ? createWasmEngine() : native;
  const results = [];
  for (const row of rows) {
    const createModel = onEngine(engine);
    const plain = createTrainer({ createModel, row, clock });
    const sequences = createTrainer({ createModel, row, clock, gradient: clipped });
    for (const trainer of [plain, sequences]) await trainer.train(0.1);
    const rates = { plain: [], sequences: [], slowdown: [] };
    for (let round = 0; round < rounds; round++) {
      const a = await plain.train(seconds);
      const b = await sequences.train(seconds);
      rates.plain.push(a);
      rates.sequences.push(b);
      rates.slowdown.push(a / b);
    }
    for (const trainer of [plain, sequences]) trainer.release();
    const summaries = Object.entries(rates).map(([name, values]) => [name, summarise(values)]);
    results.push({ row, ...Object.fromEntries(summaries) });
  }
  return { engine: engine.detail, results };
}

/** The same as a table. */
export function formatSignals({ engine, results }) {
  const share = ({ median, minimum, maximum }) =>
    [median, minimum, maximum].map((ratio) => `${Math.round(100 * (ratio - 1))} %`);
  const lines = results.map(({ row, plain, sequences, slowdown }) => {
    const [median, least, most] = share(slowdown);
    const rates = [plain, sequences].map(({ median: rate }) => `${(rate / 1000).toFixed(1)}k`);
    return `| ${row.name} | ${rates.join(' | ')} | ${median} (${least} to ${most}) |`;
  });
  return [
    `Gradients of single sequences, measured and clipped, against plain training (${engine}), tokens/s:`,
    '',
    '| row | plain | by sequence | more time a step |',
    '| --- | --: | --: | --: |',
    ...lines,
  ].join('\n');
}
