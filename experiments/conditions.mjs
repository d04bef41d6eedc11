// What each condition did in each setting of an experiment: means over seeds with 90 % intervals by Student's t, at the end of
// training and at the best checkpoint, and differences paired by seed. For the rules of README.md in folders here.
//   node experiments/conditions.mjs NAME [--measure successShare] [--best] [--conditions trigger,clean] [--against TEXT] [--values]
// MEASURE: successShare, effect.aboveHalf, or what else results.jsonl has of a condition or checkpoint (cleanLossNats).
// --against: differences to the first setting whose description holds TEXT, within seeds. --best: the largest value over the
// checkpoints since the first poisoned document, instead of the last one. --values: every seed.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    measure: { type: 'string', default: 'successShare' },
    conditions: { type: 'string' },
    against: { type: 'string' },
    best: { type: 'boolean', default: false },
    values: { type: 'boolean', default: false },
  },
});
const [name] = positionals;
if (name === undefined) {
  console.error(
    'usage: node experiments/conditions.mjs NAME [--measure M] [--best] [--conditions A,B] [--against TEXT]',
  );
  process.exit(2);
}
const file = new URL(`../results/${name}/results.jsonl`, import.meta.url);
const runs = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

/** 95th percentiles of Student's t for 1 to 14 degrees of freedom. */
const T = [6.314, 2.92, 2.353, 2.132, 2.015, 1.943, 1.895, 1.86, 1.833, 1.812, 1.796, 1.782, 1.771, 1.761];

function flatten(value, path = '', out = {}) {
  if (value !== null && typeof value === 'object')
    for (const [key, own] of Object.entries(value)) flatten(own, path === '' ? key : `${path}.${key}`, out);
  else out[path] = value;
  return out;
}

function meanOf(list) {
  const mean = list.reduce((sum, value) => sum + value, 0) / list.length;
  if (list.length < 2) return { mean };
  const variance = list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (list.length - 1);
  const half = (T[list.length - 2] ?? Number.NaN) * Math.sqrt(variance / list.length);
  return { mean, low: mean - half, high: mean + half };
}

const digits = options.measure.endsWith('Nats') ? 3 : 2;
const number = (value) => value.toFixed(digits);
function show(list) {
  const { mean, low, high } = meanOf(list);
  const every = options.values ? ` [${list.map(number).join(' ')}]` : '';
  return `${number(mean)}${low === undefined ? '' : ` (${number(low)} to ${number(high)})`}${every}`;
}

/** Value of a condition; `cleanLossNats` belongs to the checkpoint. */
function valueIn({ checkpoints }, condition) {
  const of = (point) => {
    const own = point.conditions.find((one) => one.condition === condition);
    return own === undefined ? undefined : (flatten(own)[options.measure] ?? point[options.measure]);
  };
  if (!options.best) return of(checkpoints.at(-1));
  const all = checkpoints.filter((point) => point.poisonedDocumentsSeen > 0).map(of);
  return all.every((value) => value === undefined)
    ? undefined
    : Math.max(...all.filter((value) => value !== undefined));
}

const done = runs.filter(({ status }) => status === 'done');
const flat = done.map(({ config }) => flatten(config));
const paths = [...new Set(flat.flatMap(Object.keys))]
  .filter((path) => path !== 'seed' && new Set(flat.map((own) => String(own[path]))).size > 1)
  .sort();
const settings = new Map();
for (const [index, run] of done.entries()) {
  const label = paths
    .filter((path) => flat[index][path] !== undefined)
    .map((path) => `${path.replace(/^phases\.\d+\./, '')}=${flat[index][path]}`)
    .join(' ');
  const found = settings.get(label) ?? new Map();
  settings.set(label, found.set(run.config.seed, run));
}
const conditions = options.conditions?.split(',') ?? [
  ...new Set(
    done.flatMap(({ checkpoints }) => checkpoints.at(-1).conditions.map(({ condition }) => condition)),
  ),
];
const base = options.against && [...settings].find(([label]) => label.includes(options.against))?.[1];
if (options.against && !base)
  throw new Error(`no setting holds "${options.against}": ${[...settings.keys()].join(' | ')}`);
for (const [label, bySeed] of settings) {
  console.log(`${label || 'as in the config'} (${bySeed.size} seeds)`);
  for (const condition of conditions) {
    const pairs = [...bySeed].flatMap(([seed, run]) => {
      const value = valueIn(run, condition);
      const other = base ? base.has(seed) && valueIn(base.get(seed), condition) : 0;
      return value === undefined || other === undefined || other === false ? [] : [value - other];
    });
    if (pairs.length > 0) console.log(`  ${condition.padEnd(22)} ${base ? 'difference ' : ''}${show(pairs)}`);
  }
}
