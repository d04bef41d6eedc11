// A trained model out of the store, with its tokenizer.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunConfig } from '../config/schema.ts';
import { InputError } from '../core/errors.ts';
import type { Gpt } from '../model/gpt.ts';
import { loadModel } from '../model/save-model.ts';
import { openModelSource } from '../run/model-source.ts';
import type { EngineOption } from '../run/run-event.ts';
import { runFile } from '../run/store.ts';

const ENGINES: readonly EngineOption[] = ['auto', 'native', 'wasm', 'reference', 'tfjs'];

/** The engine option of the command line. @throws InputError for a name that is none */
export function parseEngine(text: string | undefined): EngineOption {
  const engine = ENGINES.find((name) => name === (text ?? 'auto'));
  if (engine === undefined)
    throw new InputError(`--engine is "${text}": choose one of ${ENGINES.join(', ')}`);
  return engine;
}

function readJson<T>(path: string, what: string): T {
  if (!existsSync(path))
    throw new InputError(`${what} is not in the store (${path}): run the experiment again`);
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}

/** The resolved config of a stored run. */
export function storedConfig(store: string, id: string): RunConfig {
  return readJson<{ resolved: RunConfig }>(runFile(store, id, 'config'), 'the config of the run').resolved;
}

/** The vocabulary of a stored run, as JSON. */
export function storedVocabulary(store: string, id: string): unknown {
  return readJson(runFile(store, id, 'vocabulary'), 'the vocabulary of the run');
}

/** The final model of a run. @throws InputError if its weights were not kept */
export async function loadStoredModel(store: string, id: string, engine: EngineOption): Promise<Gpt> {
  const folder = runFile(store, id, 'weights');
  if (!existsSync(join(folder, 'model.safetensors'))) {
    throw new InputError(
      `the weights of run ${id.slice(0, 12)} are not in the store: it is not finished, or was run with --keep-weights none`,
    );
  }
  const { config, vocabularySize, weights } = loadModel(folder);
  const model = (await openModelSource({ engine })).create({ config, vocabularySize });
  model.setWeights(weights);
  return model;
}
