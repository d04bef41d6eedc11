// This checkout beside another one, in one process and in short turns, so that a busy moment hits both: shows what a
// change costs. Both must be built (npm run prepare). Prints for each row and engine this / other: the median of the
// rounds with its 90 % interval (order statistics).
//   node bench/against.mjs OTHER_CHECKOUT [--rows d32,d64] [--engines avx512,wasm] [--rounds 61] [--seconds 0.03]
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { rows } from './rows.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: 'string', default: 'd32,d64,d96,d128' },
    engines: { type: 'string' },
    rounds: { type: 'string', default: '61' },
    seconds: { type: 'string', default: '0.03' },
  },
});
if (positionals.length !== 1) {
  console.error(
    'usage: node bench/against.mjs OTHER_CHECKOUT [--rows R] [--engines E] [--rounds N] [--seconds S]',
  );
  process.exit(2);
}
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);

async function load(folder) {
  const part = (path) => import(pathToFileURL(resolve(folder, path)).href);
  return {
    native: await part('dist/kernels/native/native-engine.js'),
    wasm: await part('dist/kernels/wasm/wasm-engine.js'),
    peer: await part('bench/tinypoison-peer.mjs'),
  };
}

function open({ native, wasm, peer }, engineName, row) {
  const engine =
    engineName === 'wasm' ? wasm.createWasmEngine() : native.createNativeEngine({ level: engineName });
  if ('reason' in engine) throw new Error(`${engineName}: ${engine.reason}`);
  return peer.createTrainer({ createModel: peer.onEngine(engine), row, clock: 'cpu' });
}

/** Median with the order statistics that bound it in 90 of 100 samples (normal approximation of their ranks). */
function summary(ratios) {
  const sorted = ratios.toSorted((a, b) => a - b);
  const half = (1.645 * Math.sqrt(sorted.length)) / 2;
  const low = sorted[Math.max(0, Math.floor(sorted.length / 2 - half))];
  const high = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length / 2 + half) - 1)];
  return `${sorted[sorted.length >> 1].toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}

async function ratiosOf(pair, work) {
  const ratios = [];
  for (let round = 0; round < rounds; round++) {
    const rate = {};
    for (const which of round % 2 === 0 ? ['here', 'other'] : ['other', 'here'])
      rate[which] = await pair[which][work](seconds);
    ratios.push(rate.here / rate.other);
  }
  return ratios;
}

const here = await load(new URL('..', import.meta.url).pathname);
const other = await load(positionals[0]);
const engines = options.engines?.split(',') ?? [...here.native.nativeLevels(), 'wasm'];
console.log(
  '| row | engine | training, this / other | generation, this / other |\n| --- | --- | --- | --- |',
);
for (const row of rows.filter(({ name }) => options.rows.split(',').includes(name)))
  for (const engine of engines) {
    const pair = { here: open(here, engine, row), other: open(other, engine, row) };
    for (const trainer of Object.values(pair)) {
      await trainer.train(0.2);
      await trainer.generate(0.1);
    }
    const training = summary(await ratiosOf(pair, 'train'));
    const generation = summary(await ratiosOf(pair, 'generate'));
    console.log(`| ${row.name} | ${engine} | ${training} | ${generation} |`);
    for (const trainer of Object.values(pair)) trainer.release();
  }
