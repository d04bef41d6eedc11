// The whole procedure of an adaptive sweep, optional stopping included, simulated by the script that makes the table in
// docs/statistics.md: a small part of it.
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

interface Simulated {
  readonly scenario: string;
  readonly coverage: number;
  readonly costOfGrid: number;
  readonly halfWidth: number;
  readonly gridHalfWidth: number;
  readonly ends: Readonly<Record<string, number>>;
}

function simulate(...words: string[]): Simulated[] {
  const script = join(root, 'scripts/simulate-adaptive.mjs');
  const text = execFileSync(process.execPath, [script, '--json', ...words], {
    encoding: 'utf8',
    timeout: 240_000,
  });
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Simulated);
}

describe('an adaptive sweep over the sizes of constant-count', () => {
  it('covers α as promised and costs less than a third of the grid, for an interval that is no wider', () => {
    const [exact, steep] = simulate(
      '--sweeps',
      '20',
      '--draws',
      '60',
      '--scenarios',
      'exact,steepness 16',
    ) as [Simulated, Simulated];
    for (const { coverage, ends } of [exact, steep]) {
      expect(ends).toEqual({ reached: 20 });
      // 20 intervals of 90 %: 16 or fewer hold in one of seven such tests; the draws are the same every time.
      expect(coverage).toBeGreaterThanOrEqual(0.8);
    }
    expect(exact.costOfGrid).toBeLessThan(1 / 3);
    expect(exact.halfWidth).toBeLessThanOrEqual(exact.gridHalfWidth);
  }, 300_000);

  it('covers P50 of every size, whatever law they follow', () => {
    const [knee] = simulate(
      '--sweeps',
      '8',
      '--draws',
      '60',
      '--goal',
      'half-success',
      '--scenarios',
      'knee at 2.5 million',
    );
    expect(knee?.coverage).toBeGreaterThanOrEqual(0.8);
  }, 300_000);

  it('covers the ratio of two settings at every size', () => {
    const [exact] = simulate('--sweeps', '8', '--draws', '60', '--goal', 'ratio', '--scenarios', 'exact');
    expect(exact?.ends).toEqual({ reached: 8 });
    expect(exact?.coverage).toBeGreaterThanOrEqual(0.8);
  }, 300_000);
});
