// Two projects: `unit`, which `npm test` runs, and `slow`, which `npm run test:slow` runs: whatever takes more than about
// two seconds by itself, starts processes or compilers, simulates coverage, fuzzes, bundles for a browser, or loads TensorFlow.js.
import { defineConfig } from 'vitest/config';

const slow = [
  'test/analyse/claim-intervals.test.ts',
  'test/analyse/contrasts.test.ts',
  'test/analyse/dose-response.test.ts',
  'test/analyse/laws.test.ts',
  'test/browser/**/*.test.ts',
  'test/cli/check-commands.test.ts',
  'test/cli/command-line.test.ts',
  'test/cli/guard-results.test.ts',
  'test/cli/lab.test.ts',
  'test/cli/program.test.ts',
  'test/cli/reproduce.test.ts',
  'test/cli/reuse.test.ts',
  'test/cli/survey.test.ts',
  'test/config/parse-yaml.test.ts',
  'test/examples.test.ts',
  'test/export/latex.test.ts',
  'test/export/make-export.test.ts',
  'test/export/notebook.test.ts',
  'test/kernels/build-dist.test.ts',
  'test/kernels/build-native.test.ts',
  'test/kernels/package-files.test.ts',
  'test/model/signals.test.ts',
  'test/readme.test.ts',
  'test/recipe/mixed-corpora.test.ts',
  'test/recipe/several-poisons.test.ts',
  'test/recipe/train-run.test.ts',
  'test/reliability/**/*.test.ts',
  'test/report/contrasts.test.ts',
  'test/report/figures.test.ts',
  'test/report/write-report.test.ts',
  'test/run/executors.test.ts',
  'test/run/kept-training.test.ts',
  'test/run/outcome-of-a-run.test.ts',
  'test/run/python-data.test.ts',
  'test/run/run-experiment.test.ts',
  'test/run/slurm.test.ts',
  'test/run/trace.test.ts',
  'test/scripts/**/*.test.ts',
  'test/sign/**/*.test.ts',
  'test/tensorflow/**/*.test.ts',
  'test/tokens/piece-table.test.ts',
  'test/train/allocation.test.ts',
  'test/verify/forging.test.ts',
  'test/verify/prompts-table.test.ts',
  'test/verify/verify-results.test.ts',
];
const everything = ['test/**/*.test.ts'];

export default defineConfig({
  test: {
    testTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    setupFiles: ['test/fail-on-console.ts'],
    projects: [
      { extends: true, test: { name: 'unit', include: everything, exclude: slow } },
      {
        extends: true,
        test: { name: 'slow', include: slow, testTimeout: 120_000, globalSetup: ['test/build-first.ts'] },
      },
    ],
  },
});
