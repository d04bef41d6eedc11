// The built program, as its users start it, on the tiny experiment in a folder of its own.
import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../run/fake-runs.ts';
import { tinyYaml } from '../run/tiny-experiment.ts';

/** Its script. `test/build-first.ts` sees to it that it is there and current. */
export const program = resolve('dist/cli/main.js');

/** `run` on the tiny experiment: three counts, so three runs a seed. */
export const tinyRun: readonly string[] = [
  'run',
  'tiny.yaml',
  '--sweep',
  'phases.pretrain.poison.documents=[0, 2, 4]',
];

/** A folder with the tiny experiment, gone when the test ends. */
export function workplace(options: { yaml?: string; inside?: string } = {}): string {
  const folder = join(options.inside ?? temporaryFolder(), 'workplace');
  // The folder of results is made at the end only, but a harness may want to watch it.
  mkdirSync(join(folder, 'results'), { recursive: true });
  writeFileSync(join(folder, 'tiny.yaml'), options.yaml ?? tinyYaml);
  return folder;
}

/** How a command is started. */
export interface StartOptions {
  readonly folder: string;
  readonly node?: string;
  readonly program?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs a command to its end. */
export function runProgram(words: readonly string[], options: StartOptions): SpawnSyncReturns<string> {
  return spawnSync(options.node ?? process.execPath, [options.program ?? program, ...words], {
    cwd: options.folder,
    encoding: 'utf8',
    env: { ...process.env, ...options.environment },
    timeout: 120_000,
  });
}

/** A command while it is going on: the leader of a process group of its own, killed with it when the test ends. */
export interface Started {
  readonly process: ChildProcess;
  /** Standard error so far. */
  readonly errors: () => string;
  /** Exit code; null if it was killed. */
  readonly ended: Promise<number | null>;
}

/** Starts a command. */
export function startProgram(words: readonly string[], options: StartOptions): Started {
  const child = spawn(options.node ?? process.execPath, [options.program ?? program, ...words], {
    cwd: options.folder,
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ended = new Promise<number | null>((done) => child.on('exit', done));
  onTestFinished(() => killGroup(child));
  return { process: child, errors: () => errors, ended };
}

/** Kills a process with all that it has started. */
export function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // None of them is left.
  }
}

/** Files below a folder, as relative paths; none where it is not there. */
export function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (path) => statSync(join(folder, path), { throwIfNoEntry: false })?.isFile() === true,
  );
}

/** The files of results that depend on the experiment alone, by name. */
export function resultFiles(folder: string): Record<string, string> {
  const names = ['results.csv', 'results.jsonl', 'analysis.json', 'summary.md'];
  return Object.fromEntries(
    names.map((name) => [name, readFileSync(join(folder, 'results', 'tiny', name), 'utf8')]),
  );
}
