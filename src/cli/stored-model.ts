// A trained model out of the store, with its tokenizer.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { withoutPaths } from '../config/identity.ts';
import type { RunConfig } from '../config/schema/schema.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { InputError } from '../core/errors.ts';
import type { EngineOption } from '../kernels/engine-names.ts';
import type { Gpt } from '../model/gpt.ts';
import { loadModel } from '../model/node/save-model.ts';
import { openModelSource } from '../run/execute/model-source.ts';
import type { RunRecord } from '../run/record.ts';
import { vocabularySchema } from '../run/schemas/cached-schemas.ts';
import { readStoredConfig } from '../run/store/read-run-file.ts';
import { summariseRuns } from '../run/store/run-index.ts';
import { damagedFile, readResult, readRunFile, runFile, storedRunIds } from '../run/store/store.ts';
import type { Vocabulary } from '../tokens/vocabulary.ts';

/** Ids of finished runs in the store with kept weights, by what their weights depend on. */
export function runsByTraining(store: string): Map<string, string> {
  const ids = new Map<string, string>();
  for (const [id, stored] of summariseRuns(store, storedRunIds(store))) {
    if (stored.kind !== 'found' || stored.summary.trainingHash === null) continue;
    if (existsSync(join(runFile(store, id, 'weights'), 'model.safetensors')))
      ids.set(stored.summary.trainingHash, id);
  }
  return ids;
}

/** The record of a finished run. @throws InputError if there is none that is whole */
export function storedRecord(store: string, id: string): RunRecord {
  const stored = readResult(store, id);
  if (stored.kind === 'found') return stored.record;
  throw new InputError(
    stored.kind === 'damaged'
      ? `${stored.reason}: run its experiment again, which repeats the run`
      : `run ${id.slice(0, 12)} is not finished: run its experiment first`,
  );
}

/** The resolved config of a finished run, with the paths of its corpora. @throws InputError if it is damaged */
export function storedConfig(store: string, id: string): RunConfig {
  const record = storedRecord(store, id);
  const path = runFile(store, id, 'config');
  const stored = readStoredConfig(store, id);
  if (stored === null) throw new InputError(`${path} is not in the store: run the experiment again`);
  const { resolved } = stored;
  if (canonicalJson(withoutPaths(resolved)) !== canonicalJson(record.config)) throw damagedFile(path);
  return resolved;
}

/** The vocabulary of a stored run. @throws InputError if it is damaged */
export function storedVocabulary(store: string, id: string): Vocabulary {
  return readRunFile(store, id, 'vocabulary', vocabularySchema);
}

/** The final model of a run. @throws InputError if its weights were not kept, or are damaged */
export async function loadStoredModel(store: string, id: string, engine: EngineOption): Promise<Gpt> {
  const folder = runFile(store, id, 'weights');
  if (!existsSync(join(folder, 'model.safetensors'))) {
    throw new InputError(
      `the weights of run ${id.slice(0, 12)} are not in the store: it is not finished, or was run with --keep-weights none`,
    );
  }
  const record = storedRecord(store, id);
  const { config, vocabularySize, weights } = loadModel(folder, { weightsHash: record.weightsHash ?? '' });
  const isOfRun = canonicalJson(config) === canonicalJson(record.config.model);
  const rows = (weights.get('wte.weight')?.length ?? 0) / config.width;
  if (!isOfRun || rows !== vocabularySize) throw damagedFile(join(folder, 'config.json'));
  const model = (await openModelSource({ engine })).create({ config, vocabularySize });
  model.setWeights(weights);
  return model;
}
