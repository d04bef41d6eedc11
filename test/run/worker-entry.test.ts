import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { builtWorkerEntry } from '../../src/run/executors/worker-entry.ts';
import { temporaryFolder } from './fake-runs.ts';

/** A folder like dist/, whose worker was compiled and bundled at some seconds. */
function builtAt({ compiled, bundled }: { compiled?: number; bundled?: number }) {
  const folder = temporaryFolder();
  const paths = { compiled: join(folder, 'run/pool/worker.js'), bundled: join(folder, 'worker/worker.js') };
  for (const [name, seconds] of Object.entries({ compiled, bundled })) {
    if (seconds === undefined) continue;
    const path = paths[name as keyof typeof paths];
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
    utimesSync(path, seconds, seconds);
  }
  return { paths, entry: () => builtWorkerEntry(pathToFileURL(join(folder, 'run/executors/x.js')).href) };
}

describe('the script of a worker', () => {
  test('is the bundle of what was compiled', () => {
    const { paths, entry } = builtAt({ compiled: 100, bundled: 101 });
    expect(entry()).toBe(paths.bundled);
    rmSync(paths.bundled);
    expect(entry()).toBe(paths.compiled);
  });

  test('is the bundle where a package gave all files one time', () => {
    const { paths, entry } = builtAt({ compiled: 100, bundled: 100 });
    expect(entry()).toBe(paths.bundled);
  });

  test('is not the bundle of an older compilation', () => {
    const { paths, entry } = builtAt({ compiled: 102, bundled: 101 });
    expect(entry()).toBe(paths.compiled);
  });

  test('is not there where nothing was compiled', () => {
    expect(builtAt({}).entry()).toBeUndefined();
    expect(builtAt({ bundled: 101 }).entry()).toBeUndefined();
  });
});
