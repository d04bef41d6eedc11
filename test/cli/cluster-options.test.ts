import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clusterOptions } from '../../src/cli/cluster-options.ts';
import type { CommandContext } from '../../src/cli/command-context.ts';
import { temporaryFolder } from '../run/fake-runs.ts';

const at = (folder: string) => ({ folder }) as CommandContext;

test.each([
  [{ wait: true }, /--wait is for executors that submit jobs \(--executor slurm\)/],
  [{ dryRun: true, executor: 'in-process' as const }, /--dry-run .* not for in-process/],
  [{ cluster: 'c.yaml', executor: 'processes' as const }, /--cluster .* not for processes/],
  [{ executor: 'slurm' as const, workers: '2' }, /--workers is for this machine.*`cores`/],
])('an option that the executor has no use for is refused: %o', (options, message) => {
  expect(() => clusterOptions(options, [], at('/'))).toThrow(message);
});

test('without a cluster nothing is said of one', () => {
  expect(clusterOptions({}, [], at('/'))).toBeUndefined();
});

test('on a cluster, its file is read from the folder of the command, and nobody waits unless that is wanted', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'c.yaml'), 'cores: 8\n');
  const options = clusterOptions({ executor: 'slurm', cluster: 'c.yaml' }, ['report', '/e.yaml'], at(folder));
  expect(options).toMatchObject({ config: { cores: 8 }, dryRun: false, wait: false });
  expect(options?.afterwards?.slice(-2)).toEqual(['report', '/e.yaml']);
  expect(clusterOptions({ executor: 'slurm', wait: true }, [], at(folder))).toMatchObject({ wait: true });
});
