// A full disk and a store that cannot be written: a clear message, nothing half-written, and the same command goes on.
// Needs small file systems of its own, so Linux and root; skipped elsewhere.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readResult, storedRunIds } from '../../src/run/store/store.ts';
import { temporaryFolder } from '../run/fake-runs.ts';
import { say } from '../say.ts';
import { filesBelow, resultFiles, runProgram, tinyRun, workplace } from './built-program.ts';

const mount = (...words: readonly string[]) => spawnSync('mount', words).status === 0;

/** Whether this process may mount file systems. */
function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'tinypoison-mount-'));
  const can = mount('-t', 'tmpfs', '-o', 'size=64k', 'tinypoison', folder);
  if (can) execFileSync('umount', [folder]);
  rmdirSync(folder);
  return can;
}

/** A file system of so many kilobytes; gone when the test ends. */
function smallDisk(kilobytes: number): string {
  const folder = join(temporaryFolder(), 'disk');
  mkdirSync(folder);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tinypoison', folder]);
  onTestFinished(() => {
    execFileSync('umount', ['-l', folder]);
  });
  return folder;
}

const words = [...tinyRun, '--workers', '2', '--save-every', '0'];
let first: Record<string, string> | undefined;

/** Results of a sweep with room enough. */
function expected(): Record<string, string> {
  if (first === undefined) {
    const folder = workplace();
    expect(runProgram(words, { folder }).status).toBe(0);
    first = resultFiles(folder);
  }
  return first;
}

const isPossible = canMount();
if (!isPossible) say('full disk: skipped, since no file system can be mounted here');

describe.skipIf(!isPossible)('a store', () => {
  // In the middle of preparing, of a run, of the last runs.
  test.each([
    48, 160, 400,
  ])('on a disk of %i kB stops with a clear message, and goes on once there is room', (size) => {
    const folder = workplace();
    const disk = smallDisk(size);
    const store = join(disk, 'runs');
    const full = runProgram([...words, '--store', store], { folder });
    expect(full.status).toBe(1);
    expect(full.stderr).toMatch(
      new RegExp(`error: ${disk}/.* cannot be written: the disk is full; make room`),
    );
    expect(full.stderr).not.toContain('defect');
    for (const id of storedRunIds(store)) {
      const stored = readResult(store, id);
      expect(stored.kind).not.toBe('damaged');
      if (stored.kind === 'found') expect(stored.record.status).toBe('done');
    }
    expect(filesBelow(disk).filter((path) => /\.tmp$|lease\.json$|\.lock$/.test(path))).toEqual([]);
    execFileSync('mount', ['-o', 'remount,size=20m', disk]);
    const again = runProgram([...words, '--store', store], { folder });
    expect(again.status, again.stderr).toBe(0);
    expect(resultFiles(folder)).toEqual(expected());
  });

  test('that holds all runs is reported on once there is room for the report', () => {
    const disk = smallDisk(24);
    const folder = workplace();
    const results = join(disk, 'tiny');
    const full = runProgram([...words, '--results', results], { folder });
    expect(full).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('cannot be written: the disk is full'),
    });
    expect(filesBelow(disk).filter((path) => path.endsWith('.tmp'))).toEqual([]);
    execFileSync('mount', ['-o', 'remount,size=20m', disk]);
    const again = runProgram([...words, '--results', results], { folder });
    expect(again.status, again.stderr).toBe(0);
    expect(again.stderr).not.toContain('preparing');
  });

  test('that is read-only is refused before anything is trained', () => {
    const disk = smallDisk(20_000);
    const folder = workplace();
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    const refused = runProgram([...words, '--store', join(disk, 'runs')], { folder });
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(
      /error: .*\/disk\/runs.* cannot be written: the file system is read-only; make it/,
    );
    execFileSync('mount', ['-o', 'remount,rw', disk]);
    expect(runProgram([...words, '--store', join(disk, 'runs')], { folder }).status).toBe(0);
    expect(resultFiles(folder)).toEqual(expected());
  });
});
