import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('docs/api.md is what the sources of the public interface say', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/build-api-page.mjs', '--check'], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
