// Valid experiments with one thing changed: each is planned with finite numbers that mean what was written, or refused
// with the place. Never another exception, never a hang, never silently something else.
//   TINYPOISON_FUZZ=10000 npx vitest run test/reliability/hostile-config.test.ts
//   TINYPOISON_FUZZ_CASE=1234 ...: one case alone
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadExperiment, parseExperiment } from '../../src/config/node/load-experiment.ts';
import { expandPlan, type Plan } from '../../src/config/sweep/expand-plan.ts';
import { commentedConfig } from '../../src/config/yaml/commented-config.ts';
import { canonicalJson } from '../../src/core/canonical-json.ts';
import { InputError } from '../../src/core/errors.ts';
import { randomStream } from '../../src/core/random.ts';
import { registered } from '../../src/recipe/registered.ts';
import { tinyYaml } from '../run/tiny-experiment.ts';
import { say } from '../say.ts';
import { type Mutant, mutateBytes, mutateConfig } from './config-mutations.ts';

const CASES = Number(process.env.TINYPOISON_FUZZ ?? 100);
const SEED = process.env.TINYPOISON_SEED ?? '1';
const ONLY = process.env.TINYPOISON_FUZZ_CASE;
/** Of processor time, whatever else the machine does. */
const LIMIT_MS = 5000;
const cpuMs = () => (process.cpuUsage().user + process.cpuUsage().system) / 1000;

/** Valid experiments with the file that each would lie in. */
const bases: readonly { readonly file: string; readonly text: string }[] = [
  { file: resolve('experiment.yaml'), text: tinyYaml },
  { file: resolve('experiment.yaml'), text: commentedConfig() },
  ...['configs/models', 'configs/attacks', 'configs/corpora'].flatMap((folder) => {
    const part = folder.slice('configs/'.length, -1);
    return readdirSync(folder).map((name) => ({
      file: resolve('experiment.yaml'),
      text: withPart(part, join(folder, name)),
    }));
  }),
  ...readdirSync('experiments', { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => resolve('experiments', name, 'experiment.yaml'))
    .filter((file) => existsSync(file))
    .map((file) => ({ file, text: readFileSync(file, 'utf8') })),
];

/** The tiny experiment with the fields of a shipped config written into it. */
function withPart(part: string, path: string): string {
  const fields = readFileSync(path, 'utf8');
  const indented = fields.replace(/^(?=.)/gm, part === 'attack' ? '      ' : '  ');
  if (part === 'attack') {
    const attacked = tinyYaml.replace(
      / {6}attack: [\s\S]*?prefixTokens.*\n/,
      `${indented}\n      documents: 4\n`,
    );
    if (!fields.includes('corpora/stories-with-')) return attacked;
    const scenes = readFileSync('configs/corpora/stories-with-scenes.yaml', 'utf8').replace(/^(?=.)/gm, '  ');
    return attacked.replace(/^corpus: .*/m, `corpus:\n${scenes}`);
  }
  if (part === 'model')
    return tinyYaml.replace(/^model: .*/m, `model:\n${indented}`).replace('tokens: 4096', 'tokens: 4000000');
  return tinyYaml.replace(/^corpus: .*/m, `corpus:\n${indented}`);
}

const folder = mkdtempSync(join(tmpdir(), 'tinypoison-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function planOf(text: string, file: string): Plan {
  return expandPlan(parseExperiment(text, { file, ...registered }));
}

const plans = new Map<string, string>();

/** Everything a plan says, as text: equal for equal plans. */
function said(plan: Plan): string {
  return canonicalJson(plan);
}

function checkNumbers(value: unknown, path: string): void {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`${path} is ${value}`);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) checkNumbers(inner, `${path}.${key}`);
}

/** What is planned, written down in full, is a valid experiment that means the same. */
function checkRoundTrip(plan: Plan, file: string): void {
  const [first] = plan.runs;
  if (first === undefined) throw new Error('a plan without runs');
  const { seed, ...config } = first.config;
  const again = planOf(JSON.stringify({ ...config, name: plan.name, sweep: { seeds: [seed] } }), file);
  expect(again.runs[0]?.config).toEqual(first.config);
}

function checkRefusal(error: unknown): void {
  if (!(error instanceof InputError)) throw error;
  expect(error.problems.length).toBeGreaterThan(0);
  for (const { message, file, line, column } of error.problems) {
    expect(message.length).toBeLessThan(600);
    expect(message).not.toContain('\n');
    const isOfWhole = /^cannot be read|an epoch are more|the sweep has|^and \d+ more/.test(message);
    if (isOfWhole) continue;
    expect(file, message).toBeDefined();
    expect(line, message).toBeGreaterThan(0);
    expect(column, message).toBeGreaterThan(0);
  }
}

function checkMutant(
  { text, expected, field }: Mutant,
  base: { file: string; text: string },
): 'planned' | 'refused' {
  let plan: Plan;
  try {
    plan = planOf(text, base.file);
  } catch (error) {
    checkRefusal(error);
    return 'refused';
  }
  expect(expected).not.toBe('refused');
  checkNumbers(plan, 'plan');
  checkRoundTrip(plan, base.file);
  // What the sweep sets anyway may be written as one likes.
  const isSwept = plan.varying.some((path) => path.split('.').includes(String(field)) || path === 'model');
  if (expected === 'seen' && !isSwept) {
    const key = base.file + base.text;
    const before = plans.get(key) ?? said(planOf(base.text, base.file));
    plans.set(key, before);
    expect(said(plan)).not.toBe(before);
  }
  return 'planned';
}

function checkBytes(base: { text: string }, random: ReturnType<typeof randomStream>): 'planned' | 'refused' {
  const file = join(folder, 'experiment.yaml');
  writeFileSync(file, mutateBytes(Buffer.from(base.text), random));
  try {
    checkNumbers(expandPlan(loadExperiment(file, registered)), 'plan');
    return 'planned';
  } catch (error) {
    checkRefusal(error);
    return 'refused';
  }
}

test('the experiments that are changed are valid', () => {
  for (const { text, file } of bases) expect(planOf(text, file).runs.length).toBeGreaterThan(0);
});

test(`${CASES} changed configs are planned as written or refused with their place`, {
  timeout: 60_000 + CASES * 200,
}, () => {
  const counts = { planned: 0, refused: 0 };
  const failures: string[] = [];
  let slowest = { tookMs: 0, index: 0 };
  const cases = ONLY === undefined ? Array.from({ length: CASES }, (_, index) => index) : [Number(ONLY)];
  const begin = performance.now();
  for (const index of cases) {
    const random = randomStream(SEED, 'hostile-config', index);
    const base = random.choose(bases);
    const isBytes = random.uniform() < 0.15;
    const mutant = isBytes ? undefined : mutateConfig(base.text, random);
    if (ONLY !== undefined) say(`${mutant?.what}\n${mutant?.text.slice(0, 3000)}`);
    const start = cpuMs();
    try {
      counts[mutant === undefined ? checkBytes(base, random) : checkMutant(mutant, base)] += 1;
      const took = cpuMs() - start;
      if (took > slowest.tookMs) slowest = { tookMs: took, index };
      if (took > LIMIT_MS) throw new Error(`took ${took.toFixed(0)} ms`);
    } catch (error) {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      failures.push(
        `case ${index} of seed ${SEED} (${mutant?.what ?? 'bytes'}; ${base.file}): ${reason.slice(0, 400)}`,
      );
    }
  }
  const seconds = ((performance.now() - begin) / 1000).toFixed(0);
  say(
    `${cases.length} configs in ${seconds} s: ${counts.planned} planned, ${counts.refused} refused, slowest ${slowest.tookMs.toFixed(0)} ms (case ${slowest.index}), seed ${SEED}`,
  );
  expect(failures).toEqual([]);
});
