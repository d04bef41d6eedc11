// The built program, as its users start it.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { program } from '../reliability/built-program.ts';
import { temporaryFolder } from '../run/fake-runs.ts';
import { tinyYaml } from '../run/tiny-experiment.ts';

const sweep = ['--sweep', 'phases.pretrain.poison.documents=[0, 2, 4]', '--engine', 'wasm'];

function workplace(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'results'));
  writeFileSync(join(folder, 'tiny.yaml'), tinyYaml);
  return folder;
}

function start(folder: string, words: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [program, ...words], { cwd: folder, stdio: 'ignore' });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

const ended = (child: ChildProcess) =>
  new Promise<number | null>((done) =>
    child.exitCode === null ? child.on('exit', done) : done(child.exitCode),
  );

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 2400 && !condition(); tries++)
    await new Promise((done) => setTimeout(done, 25));
  expect(condition()).toBe(true);
}

/** Files of that name in the runs of a store. */
function inStore(folder: string, name: string): string[] {
  const store = join(folder, 'runs');
  if (!existsSync(store)) return [];
  return readdirSync(store, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith(name));
}

describe('the built program', () => {
  test('runs a sweep in worker processes: the same results with one worker as with two', () => {
    const [a, b] = [workplace(), workplace()];
    for (const [folder, workers] of [
      [a, '1'],
      [b, '2'],
    ] as const) {
      execFileSync(process.execPath, [program, 'run', 'tiny.yaml', ...sweep, '--workers', workers], {
        cwd: folder,
        stdio: 'ignore',
      });
    }
    for (const name of ['results.csv', 'results.jsonl', 'summary.md']) {
      const [one, two] = [a, b].map((folder) => readFileSync(join(folder, 'results', 'tiny', name), 'utf8'));
      expect(two).toBe(one);
    }
  }, 60_000);

  test('killed without warning loses no finished run, and goes on', async () => {
    const folder = workplace();
    const words = ['run', 'tiny.yaml', ...sweep, '--workers', '1', '--set', 'phases.pretrain.tokens=65536'];
    const child = start(folder, words);
    await until(() => inStore(folder, 'result.json').length > 0);
    child.kill('SIGKILL');
    await ended(child);
    const finished = inStore(folder, 'result.json');
    const before = finished.map((path) => readFileSync(join(folder, 'runs', path), 'utf8'));
    expect(finished.length).toBeLessThan(3);
    const again = spawnSync(process.execPath, [program, ...words, '--json'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(again.status).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({ runs: { done: 3, diverged: 0, failed: 0 } });
    expect(finished.map((path) => readFileSync(join(folder, 'runs', path), 'utf8'))).toEqual(before);
  }, 60_000);

  test('interrupted saves the states of its runs and exits with 130', async () => {
    const folder = workplace();
    const child = start(folder, ['run', 'tiny.yaml', ...sweep, '--set', 'phases.pretrain.tokens=4000000']);
    await until(
      () => inStore(folder, 'metrics.jsonl').length > 0 || inStore(folder, 'manifest.json').length > 0,
    );
    child.kill('SIGINT');
    expect(await ended(child)).toBe(130);
    expect(inStore(folder, 'state.bin').length).toBeGreaterThan(0);
    expect(inStore(folder, 'lease.json')).toEqual([]);
  }, 60_000);
});
