// data/python/tinypoison_data.py reads what a run has written.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { vocabularySchema } from '../../src/run/schemas/cached-schemas.ts';
import { readRunFile } from '../../src/run/store/store.ts';
import { decodingTokenizer } from '../../src/tokens/decoding-tokenizer.ts';
import { temporaryFolder } from './fake-runs.ts';
import { runTiny } from './tiny-experiment.ts';

const hasPython = spawnSync('python3', ['--version']).status === 0;

test.skipIf(!hasPython)('Python reads held-out documents and decodes them as this program does', async () => {
  const store = temporaryFolder();
  const { ids } = await runTiny(store);
  const id = ids[0] as string;
  const script = `
import json, sys
sys.path.append(sys.argv[1])
from tinypoison_data import Run
run = Run(sys.argv[2], sys.argv[3])
held_out = run.held_out()
print(json.dumps({"ids": held_out, "texts": [run.decode(ids) for ids in held_out], "weights": run.weights.is_dir()}))`;
  const words = ['-c', script, resolve('data/python'), store, id.slice(0, 8)];
  const { stdout, stderr } = spawnSync('python3', words, { encoding: 'utf8' });
  expect(stderr).toBe('');
  const read = JSON.parse(stdout) as { ids: number[][]; texts: string[]; weights: boolean };
  expect(read.weights).toBe(true);
  expect(read.ids).toHaveLength(4);
  const { decode } = decodingTokenizer(readRunFile(store, id, 'vocabulary', vocabularySchema));
  expect(read.texts).toEqual(read.ids.map((tokens) => decode(tokens)));
  expect(read.texts[0]).toMatch(/[a-z]+ [a-z]+/);
});
