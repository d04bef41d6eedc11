// What the self-test of the kernels costs where it runs, at load, in processor time, which a busy machine does not
// change much: a process each, of the thread that waits for it and of all threads (V8 optimises WebAssembly beside it).
//   node bench/self-test.mjs [--processes 7]
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createNativeEngine } from '../dist/kernels/native/native-engine.js';
import { selfTestProblem } from '../dist/kernels/self-test/self-test.js';
import { createWasmEngine } from '../dist/kernels/wasm/wasm-engine.js';

const { values } = parseArgs({
  options: { processes: { type: 'string', default: '7' }, one: { type: 'string' } },
});
const engines = { native: createNativeEngine, wasm: createWasmEngine };

/** Milliseconds of processor time of this thread, Linux only. */
const ownMs = () =>
  Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
const allMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

function measureOne(name) {
  const engine = engines[name]();
  if ('reason' in engine) return { reason: engine.reason };
  const [own, all] = [ownMs(), allMs()];
  const problem = selfTestProblem(engine);
  return { own: ownMs() - own, all: allMs() - all, ...(problem === undefined ? {} : { reason: problem }) };
}

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

if (values.one !== undefined) console.log(JSON.stringify(measureOne(values.one)));
else
  for (const name of Object.keys(engines)) {
    const words = [process.argv[1], '--one', name];
    const runs = Array.from({ length: Number(values.processes) }, () =>
      JSON.parse(spawnSync(process.execPath, words, { encoding: 'utf8' }).stdout),
    );
    const [own, all] = ['own', 'all'].map((key) => runs.map((run) => run[key]));
    console.log(
      runs[0].reason !== undefined
        ? `${name}: ${runs[0].reason}`
        : `${name}: ${median(own).toFixed(1)} ms in the thread that waits (most ${Math.max(...own).toFixed(1)}), ${median(all).toFixed(1)} ms in all threads; median of ${runs.length} processes`,
    );
  }
