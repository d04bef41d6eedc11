// The composite action and the workflows: what they name exists, and what users type is never shell text.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { commandLine } from '../cli/captured-context.ts';
import { temporaryFolder } from '../run/fake-runs.ts';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

const actionText = readFileSync('action.yml', 'utf8');
const action = parse(actionText) as {
  readonly inputs: Readonly<Record<string, { description: string; default?: string; required?: boolean }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
};
const script = resolve('scripts/verify-action.sh');
const workflows = readdirSync('.github/workflows').map((name) => {
  const text = readFileSync(join('.github/workflows', name), 'utf8');
  const { jobs } = parse(text) as { jobs: Record<string, { steps: readonly Step[] }> };
  return { name, text, steps: Object.values(jobs).flatMap(({ steps }) => steps) };
});

describe('the action', () => {
  test('uses every input, and no other', () => {
    const used = [...actionText.matchAll(/\$\{\{ inputs\.([\w-]+) \}\}/g)].map(([, name]) => name);
    expect([...new Set(used)].sort()).toEqual(Object.keys(action.inputs).sort());
    for (const { description } of Object.values(action.inputs)) expect(description).toMatch(/\w/);
  });

  test('hands inputs to its script by environment variables, all of which it reads', () => {
    const step = action.runs.steps.at(-1);
    const variables = Object.keys(step?.env ?? {});
    const text = readFileSync(script, 'utf8');
    for (const name of variables) expect(text).toContain(`"$${name}"`);
    expect(step?.run).toContain('scripts/verify-action.sh');
  });

  test.each([
    ['action.yml', action.runs.steps] as const,
    ...workflows.map(({ name, steps }) => [name, steps] as const),
  ])('%s has no expression in shell text', (_, steps) => {
    const commands = steps.flatMap(({ run }) => run ?? []);
    for (const run of commands) expect(run).not.toContain('${{');
  });

  test('keeps the packages that npm fetched, by the lock file of its own revision', () => {
    const cache = action.runs.steps.find(({ uses }) => uses?.startsWith('actions/cache@'));
    expect(cache?.with?.key).toMatch(/\$\{\{ steps\.npm\.outputs\.lock \}\}$/);
    const step = action.runs.steps.find(({ run }) => run?.includes('npm config get cache'));
    const output = join(temporaryFolder(), 'output');
    const env = { ...process.env, GITHUB_ACTION_PATH: process.cwd(), GITHUB_OUTPUT: output };
    expect(spawnSync('bash', ['-c', step?.run ?? ''], { env, cwd: temporaryFolder() }).status).toBe(0);
    const lock = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
    expect(readFileSync(output, 'utf8')).toMatch(new RegExp(`^folder=/.+\nlock=${lock}\n$`));
  });

  test('calls a command and options that exist', async () => {
    const { out } = await commandLine(['verify', '--help']);
    const options = [...readFileSync(script, 'utf8').matchAll(/\((--[a-z]+)/g)].map(
      ([, option]) => option as string,
    );
    expect(options.length).toBeGreaterThan(3);
    for (const option of options) expect(out).toContain(option);
  });

  test('is called by the workflow with inputs that it has', () => {
    const calls = workflows.flatMap(({ steps }) => steps.filter(({ uses }) => uses === './'));
    expect(calls.length).toBeGreaterThan(1);
    for (const { with: inputs = {} } of calls) {
      expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(inputs)));
      expect(inputs.target).toBeDefined();
    }
  });
});

const hasBash = spawnSync('bash', ['--version']).status === 0;

/** Runs the script with a program in place of tinypoison that prints its words and exits as told. */
function runScript(environment: Readonly<Record<string, string>>, code = 0) {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'dist', 'cli'), { recursive: true });
  writeFileSync(
    join(folder, 'dist', 'cli', 'main.js'),
    `console.log(JSON.stringify(process.argv.slice(2))); process.exit(${code});`,
  );
  const output = join(folder, 'output');
  const settings = { TARGET: 'results/x', SAMPLE: '3', ENGINE: 'auto', ACCEPT: 'bits', CORPUS: '' };
  const own = { GITHUB_ACTION_PATH: folder, GITHUB_OUTPUT: output };
  const env = { ...process.env, ...settings, ...environment, ...own };
  const { status, stdout } = spawnSync('bash', [script], { cwd: folder, env, encoding: 'utf8' });
  return { status, words: stdout === '' ? [] : (JSON.parse(stdout) as string[]), output, folder };
}

describe.skipIf(!hasBash)('the script of the action', () => {
  test('passes what users type as words, whatever stands in it', () => {
    const evil = '--json; touch evil $(touch evil) `touch evil`';
    const corpus = "a b.jsonl\n\n'c'.jsonl\n";
    const { status, words, folder } = runScript({ TARGET: evil, SAMPLE: 'all', CORPUS: corpus });
    expect(status).toBe(0);
    const corpora = ['--corpus', 'a b.jsonl', '--corpus', "'c'.jsonl"];
    expect(words).toEqual(['verify', '--engine', 'auto', '--all', ...corpora, '--', evil]);
    expect(readdirSync(folder)).not.toContain('evil');
  });

  test.each([
    ['bits', 0, 0],
    ['bits', 3, 3],
    ['bits', 4, 4],
    ['bands', 4, 0],
    ['bands', 3, 3],
    ['bands', 2, 2],
  ])('accepting %s, exit code %i becomes %i', (accept, code, expected) => {
    const { status, output } = runScript({ ACCEPT: accept }, code);
    expect(status).toBe(expected);
    expect(readFileSync(output, 'utf8')).toBe(`exit-code=${code}\n`);
  });

  test('refuses to accept anything else', () => {
    expect(runScript({ ACCEPT: 'everything' }).status).toBe(2);
  });
});
