// Where the time of a training step goes, by operation: runs every operation of a program on its own and times it.
//   node bench/profile.mjs [--row d32] [--engine native|wasm] [--level avx2] [--threads 1] [--seconds 2]
import { parseArgs } from 'node:util';
import { createNativeEngine } from '../dist/kernels/native/native-engine.js';
import { operations } from '../dist/kernels/operations.js';
import { createWasmEngine } from '../dist/kernels/wasm/wasm-engine.js';
import { flopsPerToken, rows } from './rows.mjs';
import { createTrainer, onEngine } from './tinypoison-peer.mjs';

const { values: options } = parseArgs({
  options: {
    row: { type: 'string', default: 'd32' },
    engine: { type: 'string', default: 'native' },
    level: { type: 'string' },
    threads: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '2' },
  },
});

const names = Object.keys(operations);
const argumentNames = Object.values(operations);

/** Multiplications and additions of an operation that is mostly a matrix product; 0 of others. */
function flopsOf(name, args) {
  const value = (key) => args[operations[name].indexOf(key)];
  const causal = (products) =>
    products * value('sequences') * value('heads') * value('D') * value('T') * (value('T') + 1);
  switch (name) {
    case 'matmul':
    case 'matmulWeightGradient':
      return 2 * value('rows') * value('columns') * value('K');
    case 'matmulHeads':
      return 2 * value('rows') * value('n') * value('groups') * value('K');
    case 'attention':
      return causal(2);
    case 'attentionBackward':
      return causal(4);
    case 'headLoss':
    case 'headLossBackward':
      return (name === 'headLoss' ? 2 : 6) * value('rows') * value('width') * value('vocabulary');
    default:
      return 0;
  }
}

/** An engine that adds up the time of each kind of operation, told apart by `K` where there is one. */
function timed(engine, totals) {
  const createArena = (request) => {
    const arena = engine.createArena(request);
    const runOne = (at) => {
      const code = arena.integers[at];
      const count = argumentNames[code].length;
      const args = Array.from(arena.integers.subarray(at + 1, at + 1 + count));
      const start = performance.now();
      arena.run(at, 1 + count);
      const milliseconds = performance.now() - start;
      const name = names[code];
      const K = args[operations[name].indexOf('K')];
      const columns = args[operations[name].indexOf('columns')];
      const key =
        K === undefined ? name : `${name} K=${K}${columns === undefined ? '' : ` columns=${columns}`}`;
      totals[key] ??= { milliseconds: 0, flops: 0 };
      totals[key].milliseconds += milliseconds;
      totals[key].flops += flopsOf(name, args);
      return at + 1 + count;
    };
    const run = (start, length) => {
      for (let at = start; at < start + length; ) at = runOne(at);
    };
    return { floats: arena.floats, integers: arena.integers, run, release: () => arena.release() };
  };
  return { ...engine, createArena };
}

const engine =
  options.engine === 'wasm'
    ? createWasmEngine()
    : createNativeEngine(options.level === undefined ? {} : { level: options.level });
if ('reason' in engine) throw new Error(engine.reason);
const row = rows.find(({ name }) => name === options.row);
if (row === undefined) throw new Error(`no row ${options.row}`);
const totals = {};
const threads = Number(options.threads);
const trainer = createTrainer({ createModel: onEngine(timed(engine, totals), { threads }), row });
await trainer.train(0.3);
for (const key of Object.keys(totals)) delete totals[key];
const start = performance.now();
const rate = await trainer.train(Number(options.seconds));
const elapsed = performance.now() - start;

console.log(
  `${engine.detail}; ${row.name}: ${Math.round(rate)} tokens/s, ${((rate * flopsPerToken(row)) / 1e9).toFixed(1)} GFLOP/s`,
);
const lines = Object.entries(totals).sort(([, a], [, b]) => b.milliseconds - a.milliseconds);
let rest = elapsed;
for (const [key, { milliseconds, flops }] of lines) {
  rest -= milliseconds;
  const share = ((100 * milliseconds) / elapsed).toFixed(1).padStart(5);
  const tokens = (rate * elapsed) / 1000;
  const nanoseconds = `${((1e6 * milliseconds) / tokens).toFixed(1)} ns/token`.padStart(18);
  const speed = flops > 0 ? `${(flops / milliseconds / 1e6).toFixed(1).padStart(8)} GFLOP/s` : '';
  console.log(`${share} %  ${key.padEnd(40)}${nanoseconds}${speed}`);
}
console.log(`${((100 * rest) / elapsed).toFixed(1).padStart(5)} %  everything else (JavaScript)`);
