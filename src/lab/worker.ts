// Trains the first golden run in a worker.
import { config as zodConfig } from 'zod';
import denialOfService from '../../configs/attacks/denial-of-service.yaml?raw';
import targetPhrase from '../../configs/attacks/target-phrase.yaml?raw';
import plots from '../../data/stories/en/plots.yaml?raw';
import words from '../../data/stories/en/words.yaml?raw';
import text from '../../results/golden/config.yaml?raw';
import { memoryFiles } from '../config/config-files.ts';
import { createStoryCorpus } from '../corpus/stories.ts';
import { compileStoryGrammar } from '../corpus/story-grammar.ts';
import { createWasmEngine } from '../kernels/wasm/wasm-engine.ts';
import { createGpt } from '../model/gpt.ts';
import { prepareInMemory } from '../recipe/prepare-in-memory.ts';
import { trainRun } from '../recipe/train-run.ts';

const files = {
  '/configs/attacks/denial-of-service.yaml': denialOfService,
  '/configs/attacks/target-phrase.yaml': targetPhrase,
};

async function train(kernels: Uint8Array<ArrayBuffer>): Promise<string> {
  zodConfig({ jitless: true });
  const grammar = compileStoryGrammar('en', { words, plots });
  const engine = createWasmEngine({ bytes: kernels });
  if ('reason' in engine) throw new Error(engine.reason);
  const [run] = await prepareInMemory(text, {
    files: memoryFiles(files),
    openCorpus: async (config) => createStoryCorpus({ ...config, grammar }),
    select: [0],
  });
  if (run === undefined) throw new Error('there is no run');
  const createModel: Parameters<typeof trainRun>[0]['createModel'] = (request) =>
    createGpt({ ...request, engine });
  for await (const event of trainRun({ ...run, createModel }))
    if (event.kind === 'trained') return event.weightsHash;
  throw new Error('the run did not end');
}

globalThis.onmessage = ({ data }: MessageEvent<{ kernels: Uint8Array<ArrayBuffer> }>) => {
  train(data.kernels).then(
    (hash) => postMessage(hash),
    (error: unknown) => postMessage(String(error)),
  );
};
