import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';

test('the package holds every C source and header that its install script compiles', () => {
  const answer = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  });
  const [{ files }] = JSON.parse(answer) as [{ files: { path: string }[] }];
  const packed = new Set(files.map(({ path }) => path));
  const sources = ['src/kernels/c', 'src/kernels/native'].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => /\.[ch]$/.test(name))
      .map((name) => `${folder}/${name}`),
  );
  expect(sources.length).toBeGreaterThan(15);
  expect(sources.filter((path) => !packed.has(path))).toEqual([]);
  expect(packed).toContain('scripts/build-native.mjs');
  expect(packed).toContain('scripts/compile-kernels.mjs');
}, 30_000);
