// Command lines of the built program in one process that is kept: a start costs more than most commands. It is watched
// from outside, so that a command that never ends, or takes all memory, is a finding and not the end of the test.
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Captured } from '../cli/captured-context.ts';

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
  /** Most memory that the process had so far. */
  readonly memoryBytes: number;
}

/** A command that did not end in time, or took its process with it. */
export class CommandLost extends Error {}

const START_MS = 60_000;
const POLL_MS = 500;

/** Processor time of a process in ms, and whether it waits for a processor; undefined where the system does not say. */
function processorUse(pid: number | undefined): { usedMs: number; isRunnable: boolean } | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    return { usedMs: 10 * (Number(fields[11]) + Number(fields[12])), isRunnable: fields[0] === 'R' };
  } catch {
    return undefined;
  }
}

export class CommandServer {
  #child: ChildProcess | undefined;
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
    if (this.#child === undefined) {
      const entry = resolve('test/reliability/fixtures/command-server.mjs');
      this.#child = fork(entry, [], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], env: this.#environment });
      await this.#answer(START_MS);
    }
    this.#child.send({ words, ...rest });
    return (await this.#answer(limitMs)) as Served;
  }

  #answer(limitMs: number): Promise<unknown> {
    const child = this.#child as ChildProcess;
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
      // What counts is time of its own, at work or asleep: not that in which a busy machine gave it none.
      const before = processorUse(child.pid)?.usedMs ?? 0;
      let asleepMs = 0;
      const timer = setInterval(() => {
        const use = processorUse(child.pid);
        if (use?.isRunnable !== true) asleepMs += POLL_MS;
        if ((use?.usedMs ?? before) - before + asleepMs > limitMs) lose(`did not end in ${limitMs / 1000} s`);
      }, POLL_MS);
      const onMessage = (message: unknown) => {
        settle();
        done(message);
      };
      const onExit = (code: number | null, signal: string | null) =>
        lose(`ended its process (${code ?? signal})`);
      const settle = () => {
        clearInterval(timer);
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
