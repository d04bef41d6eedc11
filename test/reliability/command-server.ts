// Command lines of the built program in one process that is kept: a start costs more than most commands. It is watched
// from outside, so that a command that never ends, or takes all memory, is a finding and not the end of the test.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Captured } from '../cli/captured-context.ts';
import { killGroup, program } from './built-program.ts';

/** One call of the file system below a folder that fails; without a number, calls are counted alone. */
export interface InjectedFault {
  readonly below: string;
  /** From 0. */
  readonly call?: number;
  /** Of the system, such as ENOSPC; `half`: half of the bytes are written or read. */
  readonly code?: string;
}

/** What a command line came to. */
export interface Served extends Captured {
  /** Calls of the file system, where they were counted. */
  readonly calls: readonly string[];
  /** Most memory that the process had meanwhile; where the system has no record that can be reset, so far. */
  readonly memoryBytes: number;
}

/** A command that did not end in time, or took its process with it. */
export class CommandLost extends Error {}

const START_MS = 60_000;
const POLL_MS = 500;
/** After that many commands a process is replaced, so that none rests on what hundreds before it left. */
const COMMANDS_PER_PROCESS = 250;

/** Fields of /proc/<id>/stat from the state on. */
function statOf(path: string): string[] {
  return readFileSync(`${path}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ');
}

/** Processes that a process has started and that live, at any remove. */
function descendantsOf(pid: number): number[] {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const parents = processes.map((name) => [Number(name), ifThere(() => Number(statOf(`/proc/${name}`)[1]))]);
  const found = [pid];
  for (const parent of found)
    found.push(...parents.flatMap(([child, own]) => (own === parent ? [child as number] : [])));
  return found.slice(1);
}

function ifThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

const isWaiting = (pid: number) =>
  ifThere(() => readdirSync(`/proc/${pid}/task`))?.some(
    (thread) => ifThere(() => statOf(`/proc/${pid}/task/${thread}`)[0]) === 'R',
  ) === true;

/**
 * Processor time of a process and all that it started, in ms, and whether a thread of theirs waits for a processor;
 * undefined where the system does not say.
 */
function processorUse(pid: number | undefined): { usedMs: number; isRunnable: boolean } | undefined {
  if (pid === undefined) return undefined;
  return ifThere(() => {
    const others = ifThere(() => descendantsOf(pid)) ?? [];
    // In units of 10 ms: of itself, of those that have ended, of those that live.
    const own = statOf(`/proc/${pid}`).slice(11, 15).map(Number);
    const living = others.flatMap((other) => ifThere(() => statOf(`/proc/${other}`).slice(11, 13)) ?? []);
    const ticks = [...own, ...living.map(Number)].reduce((sum, one) => sum + one, 0);
    return { usedMs: 10 * ticks, isRunnable: [pid, ...others].some(isWaiting) };
  });
}

/** Most memory of a process since the last reset; undefined where the system does not say. */
function peakBytes(pid: number | undefined): number | undefined {
  try {
    const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return kilobytes === undefined ? undefined : 1024 * Number(kilobytes);
  } catch {
    return undefined;
  }
}

function resetPeak(pid: number | undefined): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // Another system than Linux: the peak is that of the whole process.
  }
}

/**
 * Calls `lose` once a process has used more than its time. What counts is time of its own, at work or asleep: not that
 * in which a busy machine gave it none. Gives what ends the watch.
 */
function watch(pid: number | undefined, limitMs: number, lose: (why: string) => void): () => void {
  const before = processorUse(pid)?.usedMs ?? 0;
  let asleepMs = 0;
  const timer = setInterval(() => {
    const use = processorUse(pid);
    if (use?.isRunnable !== true) asleepMs += POLL_MS;
    if ((use?.usedMs ?? before) - before + asleepMs > limitMs) lose(`did not end in ${limitMs / 1000} s`);
  }, POLL_MS);
  return () => clearInterval(timer);
}

/** A command line in a process of its own, as users start it. @throws CommandLost as the server does */
export function runAlone(
  words: readonly string[],
  options: { folder: string; limitMs: number },
): Promise<Served> {
  const child = spawn(process.execPath, [program, ...words], {
    cwd: options.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let out = '';
  let err = '';
  let memoryBytes = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const memory = setInterval(() => {
    memoryBytes = Math.max(memoryBytes, peakBytes(child.pid) ?? 0);
  }, 50);
  return new Promise<Served>((done, fail) => {
    const settle = () => {
      clearInterval(memory);
      unwatch();
    };
    const unwatch = watch(child.pid, options.limitMs, (why) => {
      settle();
      killGroup(child);
      fail(new CommandLost(`${why} ${err.slice(-1000)}`.trim()));
    });
    child.on('close', (code, signal) => {
      settle();
      if (code === null) fail(new CommandLost(`ended its process (${signal}) ${err.slice(-1000)}`.trim()));
      else done({ code, out, err, calls: [], memoryBytes });
    });
  });
}

export class CommandServer {
  #child: ChildProcess | undefined;
  #commands = 0;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(environment: NodeJS.ProcessEnv = {}) {
    this.#environment = { ...process.env, ...environment };
    onTestFinished(() => this.close());
  }

  /** Does a command line. @throws CommandLost where it does not end in time, or the process dies */
  async run(
    words: readonly string[],
    options: { folder: string; limitMs: number; fault?: InjectedFault },
  ): Promise<Served> {
    const { limitMs, ...rest } = options;
    if (this.#commands === COMMANDS_PER_PROCESS) this.close();
    const child = this.#child ?? (await this.#start());
    resetPeak(child.pid);
    this.#commands += 1;
    child.send({ words, ...rest });
    const served = (await this.#answer(child, limitMs)) as Served;
    return { ...served, memoryBytes: peakBytes(child.pid) ?? served.memoryBytes };
  }

  async #start(): Promise<ChildProcess> {
    const entry = resolve('test/reliability/fixtures/command-server.mjs');
    const child = fork(entry, [], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], env: this.#environment });
    this.#child = child;
    this.#commands = 0;
    await this.#answer(child, START_MS);
    return child;
  }

  #answer(child: ChildProcess, limitMs: number): Promise<unknown> {
    let errors = '';
    const onErrors = (text: Buffer) => {
      errors = (errors + text.toString('utf8')).slice(-1000);
    };
    child.stderr?.on('data', onErrors);
    return new Promise((done, fail) => {
      const lose = (why: string) => {
        settle();
        this.close();
        fail(new CommandLost(`${why} ${errors}`.trim()));
      };
      const unwatch = watch(child.pid, limitMs, lose);
      const onMessage = (message: unknown) => {
        settle();
        done(message);
      };
      const onExit = (code: number | null, signal: string | null) =>
        lose(`ended its process (${code ?? signal})`);
      const settle = () => {
        unwatch();
        child.off('message', onMessage).off('exit', onExit);
        child.stderr?.off('data', onErrors);
      };
      child.on('message', onMessage).on('exit', onExit);
    });
  }

  /** Ends the process. The next command starts another. */
  close(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }
}
