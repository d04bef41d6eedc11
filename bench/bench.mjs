// Measures training and generation on one core: tinypoison on each of its engines, and the same model in PyTorch
// where there is one. Rounds are interleaved, so that a noisy moment hits all alike.
//   npm run bench -- [--rows d32,d64] [--seconds 1.5] [--rounds 3] [--python PATH] [--threads N] [--json FILE]
//                   [--engines avx512,tfjs]  some engines only
//                   [--signals]  what gradients of single sequences cost
//                   [--clock cpu]  tokens per second of processor time, for a machine that is busy with other things
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { createNativeEngine, measureNativePeak, nativeLevels } from '../dist/kernels/native/native-engine.js';
import { createWasmEngine } from '../dist/kernels/wasm/wasm-engine.js';
import { formatMeasurements, formatThreads } from './format.mjs';
import { formatSignals, measureSignals } from './measure-signals.mjs';
import { measureThreads } from './measure-threads.mjs';
import { findPytorch, startPytorch } from './pytorch-peer.mjs';
import { flopsPerToken, rows, summarise, threadRows } from './rows.mjs';
import { createTrainer, onEngine, onTensorflow } from './tinypoison-peer.mjs';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string' },
    engines: { type: 'string' },
    seconds: { type: 'string', default: '1.5' },
    rounds: { type: 'string', default: '3' },
    python: { type: 'string' },
    threads: { type: 'string' },
    clock: { type: 'string', default: 'wall' },
    json: { type: 'string' },
    signals: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (options.help) {
  console.log(
    'npm run bench -- [--rows d32,d64] [--engines avx512,tfjs] [--seconds 1.5] [--rounds 3] [--python PATH] [--threads N] [--json FILE] [--clock wall|cpu] [--signals]',
  );
  process.exit(0);
}
const seconds = Number(options.seconds);
const rounds = Number(options.rounds);

/** The command that keeps a process on a core, on Linux. */
const PIN = 'taskset';

/** Keeps this process, and those that it starts, on the last core, where the system can do that. */
function stayOnOneCore() {
  spawnSync(PIN, ['-a', '-c', '-p', String(cpus().length - 1), String(process.pid)]);
}

/** What to measure in this process: every native level, WebAssembly, TensorFlow.js where it is installed. */
async function findEngines() {
  const native = nativeLevels().map((level) => ({ name: level, engine: createNativeEngine({ level }) }));
  const engines = [...native, { name: 'wasm', engine: createWasmEngine() }]
    .filter(({ engine }) => !('reason' in engine))
    .map(({ name, engine }) => ({ name, createModel: onEngine(engine), detail: engine.detail }));
  const tensorflow = await onTensorflow();
  if ('reason' in tensorflow) console.log(`TensorFlow.js is left out: ${tensorflow.reason}`);
  else engines.push({ name: 'tfjs', ...tensorflow });
  return engines;
}

/** Peak of one core at each native level, floating-point operations a second. */
function measurePeaks() {
  return Object.fromEntries(
    nativeLevels().map((level) => [level, measureNativePeak({ level, milliseconds: 200 })]),
  );
}

async function measureRow(row, engines, pytorch) {
  const trainers = engines.map(({ name, createModel }) => ({
    name,
    trainer: createTrainer({ createModel, row, clock: options.clock }),
  }));
  for (const { trainer } of trainers) await trainer.train(0.1);
  const training = {};
  const generation = {};
  const note = (into, name, value) => {
    into[name] ??= [];
    into[name].push(value);
  };
  for (let round = 0; round < rounds; round++) {
    for (const what of pytorch ? ['eager', 'fused'] : []) {
      note(training, `pytorch ${what}`, await pytorch.measure(row, what, seconds));
    }
    for (const { name, trainer } of trainers) note(training, name, await trainer.train(seconds));
    if (pytorch) note(generation, 'pytorch', await pytorch.measure(row, 'generate', seconds / 2));
    for (const { name, trainer } of trainers.filter((each) => each.name !== 'tfjs')) {
      note(generation, name, await trainer.generate(seconds / 2));
    }
  }
  for (const { trainer } of trainers) trainer.release();
  const summaries = (values) =>
    Object.fromEntries(Object.entries(values).map(([name, list]) => [name, summarise(list)]));
  return {
    row,
    parameters: trainers[0].trainer.parameters,
    flopsPerToken: flopsPerToken(row),
    training: summaries(training),
    generation: summaries(generation),
  };
}

/** Those of the rows or engines that an option names; all without it. */
function select(what, all, option) {
  if (option === undefined) return all;
  const names = option.split(',');
  const unknown = names.filter((name) => !all.some((one) => one.name === name));
  if (unknown.length > 0) {
    console.error(`no ${what} ${unknown.join(', ')}; there are ${all.map(({ name }) => name).join(', ')}`);
    process.exit(2);
  }
  return all.filter(({ name }) => names.includes(name));
}

async function main() {
  if (options.threads !== undefined) {
    const results = await measureThreads({
      rows: threadRows,
      threads: Number(options.threads),
      seconds,
      rounds,
    });
    console.log(formatThreads(results, Number(options.threads)));
    if (options.json !== undefined)
      writeFileSync(options.json, `${JSON.stringify({ threads: results }, null, 2)}\n`);
    return;
  }
  stayOnOneCore();
  if (options.signals) {
    const measured = await measureSignals({
      rows: select('rows', rows, options.rows ?? 'd32,d64,d96'),
      ...{ seconds, rounds, clock: options.clock },
    });
    console.log(formatSignals(measured));
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(measured, null, 2)}\n`);
    return;
  }
  const engines = select('engines', await findEngines(), options.engines);
  const selectedRows = select('rows', rows, options.rows);
  const found = findPytorch(options.python);
  const pytorch = found.python === undefined ? undefined : await startPytorch(found.python, options.clock);
  const machine = {
    processor: cpus()[0].model.trim(),
    cores: availableParallelism(),
    node: process.version,
    clock: options.clock,
    pytorch: pytorch?.version ?? null,
    engines: Object.fromEntries(engines.map(({ name, detail }) => [name, detail])),
    peaks: measurePeaks(),
  };
  if (pytorch === undefined) console.log(`PyTorch is left out: ${found.reason} (--python names another).`);
  const measurements = [];
  for (const row of selectedRows) {
    if (process.stderr.isTTY) process.stderr.write(`measuring ${row.name} ...\r`);
    measurements.push(await measureRow(row, engines, pytorch));
  }
  pytorch?.stop();
  console.log(formatMeasurements(machine, measurements));
  if (options.json !== undefined) {
    writeFileSync(options.json, `${JSON.stringify({ machine, measurements }, null, 2)}\n`);
  }
}

await main();
