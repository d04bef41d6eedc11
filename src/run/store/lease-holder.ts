// Who holds a lease: a process of this machine, running, stopped or gone, or one of another machine.
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { EnvironmentError } from '../../core/errors.ts';
import { leaseHolderSchema } from '../schemas/run-file-schemas.ts';

/** A waiting process ends in an error once what it waits for was stopped (SIGSTOP, Ctrl-Z) for so long. */
export const STOPPED_MS = 30_000;

/** The holder of a lease. `state` is known of this machine alone; a process that waits for its parent to notice its end is gone. */
export interface LeaseHolder {
  readonly pid: number;
  readonly host: string;
  readonly state: 'running' | 'stopped' | 'gone' | 'unknown';
}

function stateOf(pid: number): LeaseHolder['state'] {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return 'gone';
  }
  try {
    const letter = /\) ([A-Za-z]) /.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1] ?? '';
    if (letter === 'Z') return 'gone';
    return letter === 'T' || letter === 't' ? 'stopped' : 'running';
  } catch {
    return 'running';
  }
}

/** Who holds the lease at a path; null where there is none, or it cannot be read: it may be just being written. */
export function leaseHolder(path: string): LeaseHolder | null {
  try {
    const { pid, host } = leaseHolderSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    return { pid, host, state: host === hostname() ? stateOf(pid) : 'unknown' };
  } catch {
    return null;
  }
}

/** `process 1234`, `process 1234 of the machine lab2`. */
export function holderInWords(holder: LeaseHolder | null): string {
  if (holder === null) return 'another process';
  const { pid, host, state } = holder;
  const machine = state === 'unknown' ? ` of the machine ${host}` : '';
  return `process ${pid}${machine}${state === 'stopped' ? ', which is stopped,' : ''}`;
}

/** The error of a process that would wait for ever. @param doing what the holder was at */
export function stoppedError(
  holder: LeaseHolder,
  options: { path: string; doing: string },
): EnvironmentError {
  const { pid } = holder;
  return new EnvironmentError(
    `process ${pid}, which ${options.doing}, is stopped and holds ${options.path}: continue it (\`kill -CONT ${pid}\`) or end it ` +
      `(\`kill -KILL ${pid}\`); then the same command goes on`,
  );
}
