// The prebuilt addon beside the one that this machine's compiler made: rates in turns, so that a busy moment hits both,
// in processor time. Prints for each row and instruction set prebuilt / compiled, the median of the rounds (extremes).
//   npm run prepare && node bench/prebuilt.mjs [--rows d32,d64] [--levels avx2,avx512] [--rounds 9] [--seconds 0.3]
import { parseArgs } from 'node:util';
import { createNativeEngine, nativeLevels } from '../dist/kernels/native/native-engine.js';
import { rows } from './rows.mjs';
import { createTrainer, onEngine } from './tinypoison-peer.mjs';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: 'd32,d64,d128' },
    levels: { type: 'string' },
    rounds: { type: 'string', default: '9' },
    seconds: { type: 'string', default: '0.3' },
  },
});
const levels = options.levels?.split(',') ?? nativeLevels();
const names = options.rows.split(',');

function open(origin, level, row) {
  const engine = createNativeEngine({ origin, level });
  if ('reason' in engine) {
    console.error(`${origin}, ${level}: ${engine.reason}`);
    process.exit(1);
  }
  return {
    detail: engine.detail,
    trainer: createTrainer({ createModel: onEngine(engine), row, clock: 'cpu' }),
  };
}

function summary(ratios) {
  const sorted = ratios.toSorted((a, b) => a - b);
  const [lowest, median, highest] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
  return `${median.toFixed(2)} (${lowest.toFixed(2)}-${highest.toFixed(2)})`;
}

async function compare(row, level) {
  const pair = { compiled: open('compiled', level, row), prebuilt: open('prebuilt', level, row) };
  for (const { trainer } of Object.values(pair)) await trainer.train(0.1);
  const training = [];
  const generation = [];
  for (let round = 0; round < Number(options.rounds); round++) {
    const order = round % 2 === 0 ? ['compiled', 'prebuilt'] : ['prebuilt', 'compiled'];
    for (const [work, into] of [
      ['train', training],
      ['generate', generation],
    ]) {
      const rates = {};
      for (const origin of order) rates[origin] = await pair[origin].trainer[work](Number(options.seconds));
      into.push(rates.prebuilt / rates.compiled);
    }
  }
  for (const { trainer } of Object.values(pair)) trainer.release();
  const tiles = Object.values(pair).map(({ detail }) => detail.split('tile ')[1]);
  console.log(
    `| ${row.name} | ${level} | ${summary(training)} | ${summary(generation)} | ${tiles.join(', ')} |`,
  );
}

console.log(
  '| row | instruction set | training | generation | tiles: compiled, prebuilt |\n| --- | --- | --: | --: | --- |',
);
for (const row of rows.filter(({ name }) => names.includes(name)))
  for (const level of levels) await compare(row, level);
