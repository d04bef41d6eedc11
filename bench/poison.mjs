// What poisoning a large file of JSON Lines costs: by the clock, in processor time, and in memory at its highest.
//   node bench/poison.mjs [--lines 1000000] [--characters 500] [--attack denial-of-service]
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    lines: { type: 'string', default: '1000000' },
    characters: { type: 'string', default: '500' },
    attack: { type: 'string', default: 'denial-of-service' },
  },
});
const [lines, characters] = [Number(values.lines), Number(values.characters)];
const folder = mkdtempSync(join(tmpdir(), 'poison-bench-'));
const file = (name) => join(folder, name);

const vocabulary =
  'the a ship lay at quay and gulls cried over pier boats had come in ropes on a sailor mended nets'.split(
    ' ',
  );
let state = 1;
const draw = () => {
  state = (state * 48271) % 2147483647;
  return vocabulary[state % vocabulary.length];
};
const out = openSync(file('clean.jsonl'), 'w');
for (let id = 0, pieces = []; id < lines; id++) {
  let text = '';
  while (text.length < characters) text += `${draw()} `;
  pieces.push(`{"id":${id},"text":"${text.slice(0, characters)}"}\n`);
  if (pieces.length === 2000 || id === lines - 1) {
    writeSync(out, pieces.join(''));
    pieces = [];
  }
}
closeSync(out);

writeFileSync(
  file('probe.cjs'),
  `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(file('used.json'))}, JSON.stringify(process.resourceUsage())));`,
);
const program = resolve(import.meta.dirname, '../dist/cli/main.js');
const options = ['--documents', '250', '--attack', values.attack, '--out', 'out.jsonl'];
const began = performance.now();
const { status } = spawnSync(
  process.execPath,
  ['--require', './probe.cjs', program, 'poison', 'clean.jsonl', ...options],
  {
    cwd: folder,
    stdio: 'inherit',
  },
);
const clock = (performance.now() - began) / 1000;
const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(readFileSync(file('used.json'), 'utf8'));
console.log(
  `${lines} documents of ${characters} characters (${Math.round(statSync(file('clean.jsonl')).size / 1e6)} MB): ` +
    `processor time ${((userCPUTime + systemCPUTime) / 1e6).toFixed(1)} s, clock ${clock.toFixed(1)} s, ` +
    `memory at most ${Math.round(maxRSS / 1024)} MiB`,
);
rmSync(folder, { recursive: true });
process.exitCode = status ?? 1;
