// The slowest part of test/reliability: sweeps of the built program that are killed, starved and moved about.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/reliability/*.harness.ts'],
    globalSetup: ['test/build-first.ts'],
    testTimeout: 120_000,
    pool: 'forks',
    // each starts processes of its own
    maxWorkers: 1,
  },
});
