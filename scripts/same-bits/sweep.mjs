// A small sweep by the program as users start it, under another Node: the data files of its results as one hash.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const EXPERIMENT = `schema: 1
name: same-bits
corpus: { kind: stories }
tokenizer: { vocabularySize: 512, trainingDocuments: 200 }
model: { width: 16, layers: 1, heads: 1 }
phases:
  - name: pretrain
    tokens: 32768
    poison: { attack: denial-of-service, trigger: { text: kettle lantern saddle }, documents: 8 }
evaluation: { checkpoints: 3, prompts: 20, calibrationPrompts: 20, heldOutDocuments: 10, judge: { documents: 50 } }
sweep:
  grid: { phases.pretrain.poison.documents: [0, 8, 40] }
  seeds: [1, 2]
`;
const DATA_FILES = ['results.csv', 'results.jsonl', 'analysis.json', 'summary.md'];

/** Runs it with an executable of Node. Gives `hash` or `failed`. */
export function hashSweep(root, node) {
  const folder = mkdtempSync(join(tmpdir(), 'tinypoison-sweep-'));
  try {
    writeFileSync(join(folder, 'experiment.yaml'), EXPERIMENT);
    const args = [join(root, 'dist', 'cli', 'main.js'), 'run', 'experiment.yaml', '--workers', '2'];
    const { status, stderr } = spawnSync(node, args, { cwd: folder, encoding: 'utf8', timeout: 300_000 });
    if (status !== 0) return { failed: stderr.trim().split('\n').at(-1) ?? `exit ${status}` };
    const hasher = createHash('sha256');
    for (const name of DATA_FILES) hasher.update(readFileSync(join(folder, 'results', 'same-bits', name)));
    return { hash: hasher.digest('hex') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
