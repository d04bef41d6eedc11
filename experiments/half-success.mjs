// Poisoned documents read at which success first reaches one half, of each run of an experiment, by the rule of its README.
//   node experiments/half-success.mjs NAME PHASE [results.jsonl]
import { readFileSync } from 'node:fs';

const [, , name, phase, given] = process.argv;
if (phase === undefined) {
  console.error('usage: node experiments/half-success.mjs NAME PHASE [results.jsonl]');
  process.exit(2);
}
const file = given ?? new URL(`../results/${name}/results.jsonl`, import.meta.url);
const HALF = 0.5;

/** Log-interpolated documents at the first crossing; null: not reached. */
function halfSuccess(points) {
  let before = { seen: 0, success: 0 };
  for (const point of points) {
    if (point.seen > 0 && point.success >= HALF) {
      if (before.seen === 0) return point.seen;
      const share = (HALF - before.success) / (point.success - before.success);
      return before.seen * (point.seen / before.seen) ** share;
    }
    before = point;
  }
  return null;
}

const groups = new Map();
for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
  const { config, checkpoints } = JSON.parse(line);
  const points = checkpoints
    .filter((own) => own.phase === phase)
    .map(({ poisonedDocumentsSeen: seen, conditions }) => ({
      seen,
      success: conditions.find(({ condition }) => condition === 'trigger')?.successShare ?? 0,
    }));
  const { placement, documents } = config.phases.find((own) => own.name === phase)?.poison ?? {};
  const key = JSON.stringify({ placement, documents });
  const found = groups.get(key) ?? new Map();
  groups.set(key, found.set(config.seed, halfSuccess(points)));
}
const shown = (value) => (value === null ? 'not reached' : value.toPrecision(3));
for (const [key, seeds] of groups)
  console.log(`${key}: ${[...seeds].map(([seed, value]) => `seed ${seed}: ${shown(value)}`).join(', ')}`);
