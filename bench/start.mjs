// What starting costs, each time in a new process: Node by itself, the program, a worker until it could take a run.
// Processor time, which a busy machine changes less than the clock: median, least and most.
//   node bench/start.mjs [--processes 21] [--against OTHER-CLONE: in turns with this one]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { processes: { type: 'string', default: '21' }, against: { type: 'string' } },
});
const here = resolve(import.meta.dirname, '..');
const clones = [here, ...(values.against === undefined ? [] : [resolve(values.against)])];
const folder = mkdtempSync(join(tmpdir(), 'start-bench-'));
const probe = join(folder, 'probe.cjs');
const used = join(folder, 'used.json');
writeFileSync(
  probe,
  `process.on('exit', () => { const { userCPUTime, systemCPUTime } = process.resourceUsage();
    require('node:fs').writeFileSync(${JSON.stringify(used)}, String((userCPUTime + systemCPUTime) / 1e6)); });`,
);

/** Seconds of processor time and by the clock. */
function measure(words) {
  const began = performance.now();
  spawnSync(process.execPath, ['--require', probe, ...words], { cwd: folder, stdio: 'ignore' });
  return { cpu: Number(readFileSync(used, 'utf8')), clock: (performance.now() - began) / 1000 };
}

const program = (clone, ...words) => [`${clone}/dist/cli/main.js`, ...words];
const starts = {
  node: () => ['-e', '0'],
  'tinypoison --help': (clone) => program(clone, '--help'),
  'tinypoison list, no runs': (clone) => program(clone, 'list'),
  'tinypoison plan quickstart': (clone) => program(clone, 'plan', 'tinypoison:experiments/quickstart'),
  // Without a channel to a parent it ends once it has loaded.
  worker: (clone) => [`${clone}/dist/worker/worker.js`],
  'worker, not bundled': (clone) => [`${clone}/dist/run/pool/worker.js`],
};

const sorted = (list) => list.toSorted((a, b) => a - b);
const show = (list) => {
  const all = sorted(list);
  return `${all[all.length >> 1].toFixed(2)} (${all[0].toFixed(2)}-${all.at(-1).toFixed(2)})`;
};

const results = new Map();
for (let round = 0; round < Number(values.processes); round++)
  for (const clone of clones)
    for (const [name, words] of Object.entries(starts)) {
      const label = clones.length === 1 ? name : `${name}, ${clone === here ? 'here' : 'there'}`;
      results.set(label, [...(results.get(label) ?? []), measure(words(clone))]);
    }
console.log('| start | processor time, s | clock, s |\n| --- | --: | --: |');
for (const [label, list] of [...results].sort(([a], [b]) => (a < b ? -1 : 1)))
  console.log(`| ${label} | ${show(list.map(({ cpu }) => cpu))} | ${show(list.map(({ clock }) => clock))} |`);
rmSync(folder, { recursive: true });
