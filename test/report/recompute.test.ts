// A fresh reader's check: the script beside the experiments recomputes published claims with pandas and SciPy alone.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findPython } from '../python.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const python = findPython(['numpy', 'scipy', 'pandas']);

describe.skipIf(python === null)('experiments/recompute.py', () => {
  it('comes to the seven published claims from the released tables', () => {
    const { stdout, stderr, status } = spawnSync(python ?? '', [join(root, 'experiments/recompute.py')], {
      encoding: 'utf8',
      env: { ...process.env, PYTHONIOENCODING: 'utf-8' },
    });
    expect(stderr).toBe('');
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(7);
    for (const line of lines) expect(line).toMatch(/^same: /);
    expect(status).toBe(0);
  }, 300_000);

  it('says which claim differs where one was changed', () => {
    const copy = mkdtempSync(join(tmpdir(), 'tinypoison-recompute-'));
    try {
      mkdirSync(join(copy, 'experiments'));
      cpSync(join(root, 'experiments/recompute.py'), join(copy, 'experiments/recompute.py'));
      for (const name of ['constant-count-3', 'constant-count', 'clean-volume'])
        for (const file of ['results.csv', 'analysis.json'])
          cpSync(join(root, 'results', name, file), join(copy, 'results', name, file));
      const file = join(copy, 'results/constant-count/analysis.json');
      const stated = '"estimate": -0.09685836195817986';
      const text = readFileSync(file, 'utf8');
      expect(text).toContain(stated);
      writeFileSync(file, text.replaceAll(stated, '"estimate": -0.0268'));
      const { stdout, status } = spawnSync(python ?? '', [join(copy, 'experiments/recompute.py')], {
        encoding: 'utf8',
        env: { ...process.env, PYTHONIOENCODING: 'utf-8' },
      });
      expect(stdout).toMatch(/^DIFFERS: constant-count, α for new sizes: -0\.09686 .*published -0\.0268/m);
      expect(status).toBe(1);
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  }, 300_000);
});
