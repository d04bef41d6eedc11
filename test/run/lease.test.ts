import { spawn } from 'node:child_process';
import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LEASE_STALE_MS, takeLease } from '../../src/run/store/lease.ts';
import { runFile } from '../../src/run/store/store.ts';
import { fakeRecord, temporaryFolder } from './fake-runs.ts';

const { id } = fakeRecord('a');
const noProcess = 2 ** 22 + 1;

describe('a lease', () => {
  test('is held by one, and free again once released', () => {
    const store = temporaryFolder();
    const lease = takeLease(store, id);
    expect(lease).toBeDefined();
    expect(takeLease(store, id)).toBeUndefined();
    lease?.release();
    expect(takeLease(store, id)).toBeDefined();
  });

  test('that was taken over is neither renewed nor released by who held it before', () => {
    const store = temporaryFolder();
    const path = runFile(store, id, 'lease');
    const lease = takeLease(store, id);
    const successor = JSON.stringify({ pid: noProcess, host: 'another' });
    writeFileSync(path, successor);
    const longAgo = new Date(Date.now() - LEASE_STALE_MS - 1000);
    utimesSync(path, longAgo, longAgo);
    lease?.renew();
    lease?.release();
    expect(readFileSync(path, 'utf8')).toBe(successor);
    expect(Date.now() - statSync(path).mtimeMs).toBeGreaterThan(LEASE_STALE_MS);
  });

  test('of a dead process on this machine is taken over at once', () => {
    const store = temporaryFolder();
    takeLease(store, id);
    writeFileSync(runFile(store, id, 'lease'), JSON.stringify({ pid: noProcess, host: hostname() }));
    expect(takeLease(store, id)).toBeDefined();
  });

  test('of a running process on this machine stays its own, however busy it is', () => {
    const store = temporaryFolder();
    takeLease(store, id);
    const longAgo = new Date(Date.now() - LEASE_STALE_MS - 1000);
    utimesSync(runFile(store, id, 'lease'), longAgo, longAgo);
    expect(takeLease(store, id)).toBeUndefined();
  });

  test.skipIf(process.platform !== 'linux')('of a dead process that nobody has reaped is free', () => {
    const store = temporaryFolder();
    takeLease(store, id);
    // The shell never waits for its child, which so stays in the process table.
    const shell = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 30'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    onTestFinished(() => void shell.kill('SIGKILL'));
    return new Promise<void>((done) => {
      shell.stdout.once('data', (text: Buffer) => {
        setTimeout(() => {
          const pid = Number(text.toString());
          writeFileSync(runFile(store, id, 'lease'), JSON.stringify({ pid, host: hostname() }));
          expect(takeLease(store, id)).toBeDefined();
          done();
        }, 100);
      });
    });
  });

  test('of another machine is taken over only when it was not renewed', () => {
    const store = temporaryFolder();
    const path = runFile(store, id, 'lease');
    takeLease(store, id);
    writeFileSync(path, JSON.stringify({ pid: noProcess, host: 'another machine' }));
    expect(takeLease(store, id)).toBeUndefined();
    const longAgo = new Date(Date.now() - LEASE_STALE_MS - 1000);
    utimesSync(path, longAgo, longAgo);
    expect(takeLease(store, id)).toBeDefined();
  });

  test('stays readable and becomes young when it is renewed', () => {
    const store = temporaryFolder();
    const path = runFile(store, id, 'lease');
    const lease = takeLease(store, id);
    const longAgo = new Date(Date.now() - LEASE_STALE_MS - 1000);
    utimesSync(path, longAgo, longAgo);
    lease?.renew();
    expect(statSync(path).mtimeMs).toBeGreaterThan(longAgo.getTime() + LEASE_STALE_MS / 2);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ pid: process.pid, host: hostname() });
  });
});
