import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('the figures of docs/statistics.md are those of the committed analysis', () => {
  const out = execFileSync(process.execPath, ['docs/figures/draw.mjs', '--check'], {
    encoding: 'utf8',
  });
  expect(out).toBe('');
});

test('its figures exist, and no file among them is unused', () => {
  const page = readFileSync('docs/statistics.md', 'utf8');
  const figures = [...page.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, path = '']) => path);
  for (const path of figures) expect(readFileSync(`docs/${path}`, 'utf8')).toContain('<svg');
  expect(figures.filter((path) => path.startsWith('figures/')).sort()).toEqual([
    'figures/alpha.svg',
    'figures/claims.svg',
    'figures/curve.svg',
  ]);
});
