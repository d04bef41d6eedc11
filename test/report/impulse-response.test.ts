// The kernel of experiments/impulse-response comes to its published verdict from the released records alone.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const script = 'experiments/impulse-response/kernel.mjs';

function run(file: string) {
  return spawnSync(process.execPath, [file], { encoding: 'utf8' });
}

describe('experiments/impulse-response/kernel.mjs', () => {
  it('comes to the published errors and verdict', () => {
    const { stdout, stderr } = run(join(root, script));
    expect(stderr).toBe('');
    for (const line of [
      /last tenth replaced: success 0\.090 \(0\.049 to 0\.130\), 49\.1 documents/,
      /share of the last three: 0\.674 \(0\.548 to 0\.801\)/,
      /The kernel that predicts: lasting/,
      /placement \(placement\): rmse 0\.375, count 0\.603: not predicted/,
      /density \(placement-ends\): rmse 0\.445, count 0\.585: not predicted/,
      /epochs \(exposures\): rmse 0\.140, count 0\.139: not predicted/,
      /dilution \(clean-volume\): rmse 0\.200, count 0\.282: undecided/,
      /One kernel: contradicted/,
    ])
      expect(stdout).toMatch(line);
  }, 300_000);

  it('says which results are missing', () => {
    const copy = mkdtempSync(join(tmpdir(), 'tinypoison-impulse-'));
    try {
      mkdirSync(join(copy, 'experiments'));
      cpSync(join(root, 'experiments/impulse-response'), join(copy, 'experiments/impulse-response'), {
        recursive: true,
      });
      const { stderr, status } = run(join(copy, script));
      expect(status).not.toBe(0);
      expect(stderr).toMatch(
        /results\/impulse-response\/results\.jsonl is not there: run the experiment first/,
      );
    } finally {
      rmSync(copy, { recursive: true });
    }
  });
});
