// Trains runs with the recipe of the command line, where there is no Node: in a page's worker, in the shell of
// JavaScriptCore. Bundled by the tests beside it.
import '../../src/lab/worker/without-eval.ts';
import plots from '../../data/stories/en/plots.yaml?raw';
import words from '../../data/stories/en/words.yaml?raw';
import { memoryFiles } from '../../src/config/config-files.ts';
import type { RunConfig } from '../../src/config/schema/schema.ts';
import { createStoryCorpus } from '../../src/corpus/stories.ts';
import { compileStoryGrammar } from '../../src/corpus/story-grammar.ts';
import { createWasmEngine } from '../../src/kernels/wasm/wasm-engine.ts';
import { createGpt } from '../../src/model/gpt.ts';
import { createMemoryMemo, type MemoSnapshot } from '../../src/recipe/memo.ts';
import { prepareInMemory } from '../../src/recipe/prepare-in-memory.ts';
import { emptyProgress, type RunProgress } from '../../src/recipe/run-progress.ts';
import { trainRun } from '../../src/recipe/train-run.ts';

/** What is to be trained. */
export interface RunOrder {
  readonly text: string;
  readonly files: Readonly<Record<string, string>>;
  /** Values prepared elsewhere; null: everything is made here. */
  readonly prepared: MemoSnapshot | null;
  readonly select: readonly number[];
  readonly kernels: Uint8Array<ArrayBuffer>;
}

/** What is found of a run: all that its record is made of. */
export interface TrainedRun {
  readonly id: string;
  readonly config: RunConfig;
  readonly contracts: Readonly<Record<string, string | number>>;
  readonly tokensTrained: number;
  readonly weightsHash: string;
  readonly progress: RunProgress;
}

/** Trains runs one after the other. */
export async function trainRuns({ text, files, prepared, select, kernels }: RunOrder): Promise<TrainedRun[]> {
  const grammar = compileStoryGrammar('en', { words, plots });
  const engine = createWasmEngine({ bytes: kernels });
  if ('reason' in engine) throw new Error(engine.reason);
  const runs = await prepareInMemory(text, {
    files: memoryFiles(files),
    openCorpus: async (config) => createStoryCorpus({ ...config, grammar }),
    select,
    ...(prepared === null ? {} : { memo: createMemoryMemo(prepared) }),
  });
  const found: TrainedRun[] = [];
  for (const { identity, config, inputs } of runs) {
    const progress = emptyProgress();
    const createModel: Parameters<typeof trainRun>[0]['createModel'] = (request) =>
      createGpt({ ...request, engine });
    let tokensTrained = 0;
    for await (const event of trainRun({ config, inputs, createModel, progress })) {
      if (event.kind === 'step') tokensTrained = event.tokensBefore + event.step.tokensTrained;
      if (event.kind !== 'trained') continue;
      const { weightsHash } = event;
      const { id, contracts } = identity;
      found.push({ id, config, contracts, tokensTrained, weightsHash, progress });
    }
  }
  return found;
}
