// How commands fare on a store of many runs: real records of results/constant-count under fresh ids, of one experiment of
// all runs and one of a part of them. Each command is a process of its own: processor time, time by the clock, memory.
//   node bench/store.mjs [--runs 100000] [--part 1000] [--folder FOLDER: made there, or used again, and kept]
//                        [--drawn: also report and run of the part, with analysis, figures and page]
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100000' },
    part: { type: 'string', default: '1000' },
    folder: { type: 'string' },
    drawn: { type: 'boolean', default: false },
  },
});
const root = resolve(import.meta.dirname, '..');
const load = (path) => import(`${root}/dist/${path}.js`);
const folder =
  values.folder === undefined ? mkdtempSync(join(tmpdir(), 'store-bench-')) : resolve(values.folder);
const store = join(folder, 'runs');
/** Sizes times counts of the part's grid. */
const SETTINGS = 8;
/** As many as an experiment may have. */
const MOST_SEEDS = 1000;

/** An experiment's file. Its seeds and counts begin alike, so that a smaller one is part of a larger one. */
function experimentFile(name, runs) {
  const seeds = Array.from(
    { length: Math.min(MOST_SEEDS, Math.ceil(runs / SETTINGS)) },
    (_, place) => place + 1,
  );
  const counts = Array.from({ length: Math.ceil(runs / 2 / seeds.length) }, (_, place) => 2 * place);
  const configs = `${root}/configs`;
  const path = join(folder, `${name}.yaml`);
  writeFileSync(
    path,
    `schema: 1
name: ${name}
corpus: { kind: stories, seed: stories-1 }
tokenizer: { encoding: o200k_base, vocabularySize: 1024 }
model: { extends: ${configs}/models/d32.yaml }
phases:
  - name: pretrain
    tokensPerParameter: 20
    poison: { extends: ${configs}/attacks/denial-of-service.yaml, documents: 100 }
sweep:
  grid:
    model: [${configs}/models/d32.yaml, ${configs}/models/d48.yaml]
    phases.pretrain.poison.documents: ${JSON.stringify(counts)}
  seeds: ${JSON.stringify(seeds)}
`,
  );
  return path;
}

/** Fields of a record that are each run's own. */
const OWN_FIELDS = ['config', 'contracts', 'id'];

/** The fields of a record, each as it stands in canonical JSON and in result.json. */
function writeFields(fields, canonicalJson) {
  return Object.entries(fields).map(([name, value]) => ({
    name,
    canonical: `${JSON.stringify(name)}:${canonicalJson(value)}`,
    shown: JSON.stringify({ [name]: value }, null, 1).slice(2, -2),
  }));
}

/** Writes the runs of an experiment as runs write them, but for flushing. Fields that runs share are written out once. */
async function fill(path) {
  const [
    { registered },
    { loadExperiment },
    { expandPlan },
    { ExperimentPreparation },
    { runFolder },
    { canonicalJson },
    { sha256 },
  ] = await Promise.all([
    load('recipe/registered'),
    load('config/node/load-experiment'),
    load('config/sweep/expand-plan'),
    load('run/prepare/prepare-experiment'),
    load('run/store/store'),
    load('core/canonical-json'),
    load('core/node/sha256'),
  ]);
  const experiment = loadExperiment(path, { ...registered, set: [], sweep: [], corporaExist: true });
  const preparation = new ExperimentPreparation({ store, baseFolder: folder });
  const { runs } = expandPlan(experiment);
  const identities = await preparation.identify(runs);
  await preparation.close();
  const lines = readFileSync(join(root, 'results/constant-count/results.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  const records = lines.map((line) => {
    const fields = Object.entries(JSON.parse(line)).filter(([name]) => !OWN_FIELDS.includes(name));
    return writeFields({ ...Object.fromEntries(fields), files: {} }, canonicalJson);
  });
  const typed = { text: `schema: 1\nname: ${experiment.config.name}\n`, set: [], sweep: [] };
  for (const [place, { config }] of runs.entries()) {
    const { id, contracts } = identities[place];
    const own = runFolder(store, id);
    mkdirSync(own, { recursive: true });
    const write = (name, value) => writeFileSync(join(own, name), `${JSON.stringify(value, null, 1)}\n`);
    write('config.json', { typed, resolved: config, contracts, arithmetic: 'exact' });
    write('provenance.json', { engine: 'none: a synthetic store' });
    const fields = [
      ...writeFields({ id, config, contracts }, canonicalJson),
      ...records[place % records.length],
    ];
    const canonical = fields.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((field) => field.canonical);
    const hash = writeFields({ sha256: sha256(`{${canonical.join(',')}}`) }, canonicalJson);
    const shown = [...fields, ...hash].map((field) => field.shown);
    writeFileSync(join(own, 'result.json'), `{\n${shown.join(',\n')}\n}\n`);
  }
}

/** Runs the command line once, or another program, and measures it. */
function measure(label, words, program = [`${root}/dist/cli/main.js`]) {
  const probe = `process.on('exit', () => { const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    require('node:fs').writeFileSync(${JSON.stringify(join(folder, 'used.json'))}, JSON.stringify({ cpu: userCPUTime + systemCPUTime, maxRSS })); });`;
  writeFileSync(join(folder, 'probe.cjs'), probe);
  const began = performance.now();
  const { status, stderr, stdout } = spawnSync(
    process.execPath,
    ['--require', join(folder, 'probe.cjs'), ...program, ...words],
    { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 30 },
  );
  const wall = (performance.now() - began) / 1000;
  const { cpu, maxRSS } = JSON.parse(readFileSync(join(folder, 'used.json'), 'utf8'));
  const figures = [(cpu / 1e6).toFixed(1), wall.toFixed(1), (maxRSS / 1024).toFixed(0), `${status}`];
  console.log(`| ${label} | ${figures.join(' | ')} |`);
  if (status !== 0) console.log((stderr || stdout).trimEnd().split('\n').slice(-3).join('\n'));
}

mkdirSync(folder, { recursive: true });
const [all, part] = [Number(values.runs), Number(values.part)];
const whole = experimentFile('whole', all);
const few = experimentFile('few', part);
if (!existsSync(store)) await fill(whole);
console.log(`${all} runs; an experiment of ${part} of them\n`);
console.log(
  '| command | processor time, s | clock, s | memory, MB | exit code |\n| --- | --: | --: | --: | --: |',
);
const atStore = ['--store', store];
rmSync(join(store, 'cache', 'run-index'), { recursive: true, force: true });
measure('list, without an index', ['list', ...atStore]);
measure('list --all, without an index', ['list', ...atStore, '--all']);
measure('list', ['list', ...atStore]);
measure('list --all', ['list', ...atStore, '--all']);
measure('list --latest 20', ['list', ...atStore, '--latest', '20']);
measure('list --json', ['list', ...atStore, '--json']);
measure('status of the part', ['status', few, ...atStore]);
measure('status of all', ['status', whole, ...atStore]);
const modules = ['run/store/store', 'run/store/run-index'].map((path) =>
  JSON.stringify(`${root}/dist/${path}.js`),
);
const reading = `const [{ storedRunIds }, { readStoredResults }] = await Promise.all([${modules.map((path) => `import(${path})`)}]);
  const [store, most] = process.argv.slice(1);
  const found = readStoredResults(store, storedRunIds(store).slice(0, Number(most)), { fewest: 1 });
  for (const { kind } of found.values()) if (kind !== 'found') process.exitCode = 1;`;
const program = ['--input-type=module', '-e', reading];
for (const most of [part, 10 * part, 25 * part, all])
  measure(`reading ${most} records, as report and run do`, [store, `${most}`], program);
if (values.drawn) {
  measure('report of the part', ['report', few, ...atStore, '--results', join(folder, 'few'), '--force']);
  measure('run of the part, all done', ['run', few, ...atStore, '--results', join(folder, 'few'), '--force']);
}
if (values.folder === undefined) rmSync(folder, { recursive: true });
