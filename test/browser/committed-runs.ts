// Committed experiments as a page receives them, and their records as what a page found must be.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { memoryFiles } from '../../src/config/config-files.ts';
import { loadStoryGrammar } from '../../src/corpus/node/load-story-grammar.ts';
import { createStoryCorpus } from '../../src/corpus/stories.ts';
import { createMemoryMemo, type MemoSnapshot } from '../../src/recipe/memo.ts';
import { prepareInMemory } from '../../src/recipe/prepare-in-memory.ts';
import { createRecord } from '../../src/run/execute/create-record.ts';
import type { RunOrder, TrainedRun } from './train-runs.ts';

const shipped = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(folder, name));

/** Shipped configs. An experiment is read as if it stood in a folder of results. */
const files = Object.fromEntries(
  ['configs/attacks', 'configs/models']
    .flatMap(shipped)
    .map((path) => [`/${path}`, readFileSync(path, 'utf8')]),
);

/** What trains runs of a committed experiment; `select`: places in its plan. */
export function orderOf(experiment: string, select: readonly number[]): Omit<RunOrder, 'kernels'> {
  const text = readFileSync(`results/${experiment}/config.yaml`, 'utf8');
  return { text: text.replaceAll('../../configs/', '/configs/'), files, prepared: null, select };
}

/** The same with everything prepared that needs a tokenizer's ranks. */
export async function preparedOrder(order: Omit<RunOrder, 'kernels'>): Promise<Omit<RunOrder, 'kernels'>> {
  const memo = createMemoryMemo();
  const grammar = loadStoryGrammar('en');
  await prepareInMemory(order.text, {
    memo,
    files: memoryFiles(order.files),
    openCorpus: async (config) => createStoryCorpus({ ...config, grammar }),
    select: order.select,
  });
  const prepared: MemoSnapshot = memo.snapshot();
  return { ...order, prepared };
}

/** What was found of a run, as the line of results.jsonl that it would be. */
export function recordOf({
  id,
  config,
  contracts,
  tokensTrained,
  weightsHash,
  progress,
}: TrainedRun): unknown {
  const artefacts = { vocabulary: '', evaluation: '', phases: [], contracts };
  const record = createRecord({ id, config, artefacts, engine: 'wasm' }, progress, tokensTrained, {
    status: 'done',
    weightsHash,
  });
  return JSON.parse(JSON.stringify(record));
}

/** The committed record of a run, every field. */
export function committedRecord(experiment: string, id: string): unknown {
  const path = `results/${experiment}/results.jsonl`;
  if (!existsSync(path)) throw new Error(`${path} is not there`);
  const line = readFileSync(path, 'utf8')
    .split('\n')
    .find((text) => text !== '' && JSON.parse(text).id === id);
  if (line === undefined) throw new Error(`${path} has no run ${id}`);
  return JSON.parse(line);
}
