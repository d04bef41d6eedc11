// A process that waits for what another holds says for whom, and ends in an error where that one was stopped.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { EnvironmentError } from '../../src/core/errors.ts';
import { runSweep, type SweepEvent, type SweepRun } from '../../src/run/pool/run-sweep.ts';
import { holderInWords, leaseHolder } from '../../src/run/store/lease-holder.ts';
import { withLock } from '../../src/run/store/lock.ts';
import { runFile } from '../../src/run/store/store.ts';
import { temporaryFolder } from './fake-runs.ts';

const hasStates = existsSync(`/proc/${process.pid}/stat`);

/** A process that was stopped, or runs on and does nothing. */
async function holder(isStopped: boolean): Promise<number> {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const pid = child.pid as number;
  if (!isStopped) return pid;
  child.kill('SIGSTOP');
  const isDone = () => /\) T /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  while (!isDone()) await new Promise((done) => setTimeout(done, 10));
  return pid;
}

function writeLease(path: string, pid: number, host = hostname()): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify({ pid, host }));
}

describe.skipIf(!hasStates)('a lock whose holder is stopped', () => {
  test('is waited for, aloud, and then is an error that says what to do', async () => {
    const path = join(temporaryFolder(), 'prepare.lock');
    const pid = await holder(true);
    writeLease(path, pid);
    const said: string[] = [];
    const work = withLock(path, async () => 'done', {
      ...{ doing: 'is preparing on this store', stoppedMs: 200 },
      onWait: (text) => said.push(text),
    });
    await expect(work).rejects.toThrow(EnvironmentError);
    await expect(work).rejects.toThrow(
      `process ${pid}, which is preparing on this store, is stopped and holds ${path}: continue it (\`kill -CONT ${pid}\`)`,
    );
    expect(said).toEqual([`process ${pid}, which is stopped, is preparing on this store; waiting for it`]);
  });

  test('is had once the holder has ended, or goes on and releases it', async () => {
    const path = join(temporaryFolder(), 'prepare.lock');
    const pid = await holder(true);
    writeLease(path, pid);
    const work = withLock(path, async () => 'done', { doing: 'is preparing' });
    process.kill(pid, 'SIGKILL');
    await expect(work).resolves.toBe('done');
  });
});

test.skipIf(!hasStates)('a sweep whose last run a stopped process holds ends in that error', async () => {
  const store = temporaryFolder();
  const id = 'a'.repeat(64);
  const pid = await holder(true);
  writeLease(runFile(store, id, 'lease'), pid);
  const events: SweepEvent[] = [];
  const run = { task: { id }, flops: 1 } as unknown as SweepRun;
  const pool = { workers: 1, run: () => Promise.reject(new Error('nothing is run')), stop() {}, close() {} };
  const sweep = runSweep([run], {
    ...{ store, pool, pollMs: 10, stoppedMs: 50 },
    onEvent: (event) => events.push(event),
  });
  await expect(sweep).rejects.toThrow(`process ${pid}, which is doing a run of this sweep, is stopped`);
  expect(events).toEqual([
    { kind: 'elsewhere', run: 0, holder: { pid, host: hostname(), state: 'stopped' } },
  ]);
});

test('a holder is named as far as it is known', async () => {
  const path = join(temporaryFolder(), 'a.lock');
  expect(holderInWords(leaseHolder(path))).toBe('another process');
  writeLease(path, await holder(false));
  expect(leaseHolder(path)?.state).toBe('running');
  writeLease(path, 4_000_000);
  expect(leaseHolder(path)?.state).toBe('gone');
  writeLease(path, 17, 'lab2');
  expect(holderInWords(leaseHolder(path))).toBe('process 17 of the machine lab2');
});
