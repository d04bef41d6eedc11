// The programs in examples/, as a user of the library runs them.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { temporaryFolder } from './run/fake-runs.ts';
import { runTiny } from './run/tiny-experiment.ts';

const run = (name: string, ...words: string[]) =>
  execFileSync(process.execPath, [`examples/${name}`, ...words], { encoding: 'utf8' });

test('experiment.mjs runs a sweep and prints what it found', () => {
  const lines = run('experiment.mjs', 'examples/tiny.yaml', temporaryFolder()).trimEnd().split('\n');
  expect(lines.slice(0, -1).map((line) => line.replace(/: success [\d.]+$/, ''))).toEqual([
    '0 poisoned documents, seed 1',
    '0 poisoned documents, seed 2',
    '8 poisoned documents, seed 1',
    '8 poisoned documents, seed 2',
    '24 poisoned documents, seed 1',
    '24 poisoned documents, seed 2',
  ]);
  expect(lines.at(-1)).not.toBe('');
});

test('one-model.mjs trains: the loss falls', () => {
  const losses = [...run('one-model.mjs').matchAll(/^step \d+: ([\d.]+) nats/gm)].map(([, loss]) =>
    Number(loss),
  );
  expect(losses).toHaveLength(3);
  expect(losses[2]).toBeLessThan((losses[0] ?? 0) - 0.2);
});

test('in-memory.mjs trains the run that the command line trains', async () => {
  const out = run('in-memory.mjs');
  const [, text = ''] = /const text = `([^`]*)`/.exec(readFileSync('examples/in-memory.mjs', 'utf8')) ?? [];
  const { ids, records } = await runTiny(temporaryFolder(), { yaml: text });
  expect(out).toContain(`run ${ids[0]}: weights ${records[0]?.weightsHash}`);
  expect(out).toMatch(/^success [\d.]+, clean loss [\d.]+ nats$/m);
});

test('no example is left out here', () => {
  const programs = readdirSync('examples').filter((name) => name.endsWith('.mjs'));
  expect(programs).toEqual(['experiment.mjs', 'in-memory.mjs', 'one-model.mjs']);
});
