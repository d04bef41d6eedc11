// What the self-test of the kernels costs where it runs, at load, each time in a new process: processor time of the
// thread that waits for it, which a busy machine changes little, of all threads (V8 optimises WebAssembly beside it),
// and by the clock. With --against, another build in turns with this one.
//   node bench/self-test.mjs [--processes 50] [--against OTHER-CLONE]
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    processes: { type: 'string', default: '50' },
    against: { type: 'string' },
    one: { type: 'string' },
    clone: { type: 'string' },
  },
});
const here = resolve(import.meta.dirname, '..');
const engines = { native: 'createNativeEngine', wasm: 'createWasmEngine' };
const quantities = { own: 'its thread', all: 'all threads', wall: 'by the clock' };

/** Milliseconds of processor time of this thread, Linux only: exact once the thread has given way. */
function ownMs() {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
}
const allMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

async function measureOne(name, clone) {
  const folder = `${clone}/dist/kernels`;
  const { selfTestProblem } = await import(`${folder}/self-test/self-test.js`);
  const create = await import(`${folder}/${name}/${name}-engine.js`);
  const engine = create[engines[name]]();
  if ('reason' in engine) return { reason: engine.reason };
  const [own, all, wall] = [ownMs(), allMs(), performance.now()];
  const problem = selfTestProblem(engine);
  const took = performance.now() - wall;
  const used = { all: allMs() - all, own: ownMs() - own, wall: took };
  return problem === undefined ? used : { reason: problem };
}

const sorted = (list) => list.toSorted((a, b) => a - b);
const quantile = (list, share) =>
  sorted(list)[Math.min(list.length - 1, Math.ceil(share * list.length) - 1)].toFixed(1);

function describe(name, label, runs) {
  const bad = runs.find(({ reason }) => reason !== undefined);
  if (bad !== undefined) return `${name}, ${label}: ${bad.reason}`;
  const parts = Object.entries(quantities).map(([key, words]) => {
    const list = runs.map((run) => run[key]);
    return `${words} ${quantile(list, 0.5)}, ${quantile(list, 0.95)}, ${quantile(list, 1)}`;
  });
  return `${name}, ${label}: ${parts.join('; ')}`;
}

if (values.one !== undefined) console.log(JSON.stringify(await measureOne(values.one, values.clone)));
else {
  const clones = { 'this build': here };
  if (values.against !== undefined) clones[values.against] = resolve(values.against);
  console.log(`median, 95th percentile and most of ${values.processes} processes, ms`);
  for (const name of Object.keys(engines)) {
    const runs = Object.fromEntries(Object.keys(clones).map((label) => [label, []]));
    for (let i = 0; i < Number(values.processes); i++)
      for (const [label, clone] of Object.entries(clones)) {
        const words = [process.argv[1], '--one', name, '--clone', clone];
        const { stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
        runs[label].push(stdout === '' ? { reason: stderr.trim().split('\n')[0] } : JSON.parse(stdout));
      }
    for (const label of Object.keys(clones)) console.log(describe(name, label, runs[label]));
  }
}
