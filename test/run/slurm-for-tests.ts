// Slurm for tests: a small stand-in of its commands, or the real ones where TINYPOISON_REAL_SLURM is set.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import type { ClusterOptions } from '../../src/run/executors/executor.ts';
import { defaultCluster } from '../../src/run/executors/slurm/cluster.ts';

export const isRealSlurm = process.env.TINYPOISON_REAL_SLURM !== undefined;

/** A job that fits a small machine. */
export const testCluster: ClusterOptions = { config: { ...defaultCluster, cores: 2 } };

/** A built script of src/run, for tests, which run from the sources. `npm run prepare` builds it. */
export function builtEntry(path: string): string {
  return fileURLToPath(new URL(`../../dist/run/${path}`, import.meta.url));
}

/** Puts the stand-in first on the path of the tests of a file. */
export function useSlurm(): void {
  if (isRealSlurm) return;
  let folder: string;
  const path = process.env.PATH ?? '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'fake-slurm-'));
    const fake = fileURLToPath(new URL('./fixtures/fake-slurm.mjs', import.meta.url));
    for (const command of ['sbatch', 'squeue', 'scancel', 'scontrol']) {
      writeFileSync(
        join(folder, command),
        `#!/bin/sh\nexec "${process.execPath}" "${fake}" ${command} "$@"\n`,
      );
      chmodSync(join(folder, command), 0o755);
    }
    process.env.PATH = `${folder}${delimiter}${path}`;
    process.env.FAKE_SLURM = folder;
  });
  afterAll(() => {
    process.env.PATH = path;
    delete process.env.FAKE_SLURM;
    rmSync(folder, { recursive: true, force: true });
  });
}
