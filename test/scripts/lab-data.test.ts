import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('what was prepared for the lab is what its generator writes', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/lab/generate-lab-data.mjs', '--check'], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
