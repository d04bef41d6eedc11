// Trains runs in a page's worker with the recipe of the command line. Bundled by recipe-in-browser.test.ts.
import { config as zodConfig } from 'zod';
import plots from '../../data/stories/en/plots.yaml?raw';
import words from '../../data/stories/en/words.yaml?raw';
import { memoryFiles } from '../../src/config/config-files.ts';
import { createStoryCorpus } from '../../src/corpus/stories.ts';
import { compileStoryGrammar } from '../../src/corpus/story-grammar.ts';
import { createWasmEngine } from '../../src/kernels/wasm/wasm-engine.ts';
import { createGpt } from '../../src/model/gpt.ts';
import { createMemoryMemo, type MemoSnapshot } from '../../src/recipe/memo.ts';
import { prepareInMemory } from '../../src/recipe/prepare-in-memory.ts';
import { emptyProgress } from '../../src/recipe/run-progress.ts';
import { trainRun } from '../../src/recipe/train-run.ts';

/** What the page gives to the worker. */
export interface WorkerOrder {
  readonly text: string;
  readonly files: Readonly<Record<string, string>>;
  /** Values prepared elsewhere; null: everything is made here. */
  readonly prepared: MemoSnapshot | null;
  readonly select: readonly number[];
  readonly kernels: Uint8Array<ArrayBuffer>;
}

/** What the worker finds of a run. */
export interface WorkerRun {
  readonly id: string;
  readonly weightsHash: string;
  readonly checkpoints: unknown;
  readonly samples: unknown;
  readonly poison: unknown;
}

async function work({ text, files, prepared, select, kernels }: WorkerOrder): Promise<WorkerRun[]> {
  // A strict content security policy forbids the functions that zod would compile.
  zodConfig({ jitless: true });
  const grammar = compileStoryGrammar('en', { words, plots });
  const engine = createWasmEngine({ bytes: kernels });
  if ('reason' in engine) throw new Error(engine.reason);
  const runs = await prepareInMemory(text, {
    files: memoryFiles(files),
    openCorpus: async (config) => createStoryCorpus({ ...config, grammar }),
    select,
    ...(prepared === null ? {} : { memo: createMemoryMemo(prepared) }),
  });
  const found: WorkerRun[] = [];
  for (const { identity, config, inputs } of runs) {
    const progress = emptyProgress();
    const createModel: Parameters<typeof trainRun>[0]['createModel'] = (request) =>
      createGpt({ ...request, engine });
    for await (const event of trainRun({ config, inputs, createModel, progress })) {
      if (event.kind !== 'trained') continue;
      const { weightsHash } = event;
      const { checkpoints, samples, poison } = progress;
      found.push({ id: identity.id, weightsHash, checkpoints, samples, poison });
    }
  }
  return found;
}

const scope = globalThis as unknown as {
  onmessage: (message: { readonly data: WorkerOrder }) => void;
  postMessage(message: unknown): void;
};
scope.onmessage = ({ data }) => {
  work(data).then(
    (runs) => scope.postMessage({ runs }),
    (error: unknown) => scope.postMessage({ failed: error instanceof Error ? error.stack : String(error) }),
  );
};
