// The page's worker and the command line train with one recipe.
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

/** Files of src/ that a file leads to by its imports at run time. */
function importedFrom(entry: string): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (path: string) => {
    if (found.has(path)) return;
    found.add(path);
    const text = readFileSync(join('src', path), 'utf8').replace(/^import type [^;]*;/gm, '');
    for (const [, name = ''] of text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+\.ts)'/g))
      visit(normalize(join(dirname(path), name)));
  };
  visit(entry);
  return found;
}

const worker = importedFrom('lab/worker.ts');
const commandLine = importedFrom('cli/main.ts');

test('both import the recipe, and what it trains and measures with', () => {
  for (const path of [
    'recipe/train-run.ts',
    'recipe/prepare-runs.ts',
    'recipe/identity.ts',
    'recipe/phase/order-phase.ts',
    'train/train-phase.ts',
    'model/gpt.ts',
    'evaluate/evaluate-checkpoint.ts',
    'defend/trigger-scan.ts',
    'defend/surprise-filter.ts',
  ]) {
    expect(worker, `${path} of the lab's worker`).toContain(path);
    if (!path.startsWith('defend/trigger-scan'))
      expect(commandLine, `${path} of the command line`).toContain(path);
  }
});

test('the worker reaches nothing of Node, of the command line or of files', () => {
  const outside = [...worker].filter((path) => /(^|\/)node\/|^(cli|run|verify|report)\//.test(path));
  expect(outside).toEqual([]);
});

test('the lab trains by no code of its own: the model is stepped by the recipe alone', () => {
  const own = [...worker].filter((path) => path.startsWith('lab/'));
  expect(own.length).toBeGreaterThan(10);
  const steps = /\b(trainPhase|accumulateGradient|applyOptimizer|finishGradient)\b/;
  for (const path of own) expect(readFileSync(join('src', path), 'utf8'), path).not.toMatch(steps);
});
