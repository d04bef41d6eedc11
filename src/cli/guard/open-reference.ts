// The reference of defences at inference: trained here on trusted text, or a model that is given.
import { z } from 'zod';
import { InputError } from '../../core/errors.ts';
import { sha256 } from '../../core/node/sha256.ts';
import type { EngineOption } from '../../kernels/engine-names.ts';
import type { Gpt } from '../../model/gpt.ts';
import { loadModel, saveModel } from '../../model/node/save-model.ts';
import { encodeModel, type StoredModel } from '../../model/stored-model.ts';
import { trainReference } from '../../recipe/train-reference.ts';
import { openModelSource } from '../../run/execute/model-source.ts';
import { hasCachedJson, readCachedJson, writeCachedJson } from '../../run/prepare/cached-json.ts';
import type { Example } from '../../tokens/example.ts';
import { SEPARATOR_ID } from '../../tokens/vocabulary.ts';
import type { StoredRun } from '../stored-runs.ts';
import type { GuardedRun } from './guard-groups.ts';
import type { KeptGuards } from './kept-guards.ts';

/** A reference with where it is from; to be released by who receives it. */
export interface OpenedReference {
  readonly model: Gpt;
  readonly described: GuardedRun['reference'];
}

/** What a reference is trained on, and for whom. */
interface ReferenceRequest {
  readonly run: StoredRun;
  readonly trusted: readonly Example[];
  readonly vocabularySize: number;
}

const trainedSchema = z.object({ weightsHash: z.string(), tokens: z.int(), passes: z.int() });

/** What the weights of a reference depend on. */
export function trainingKey({ run: { config }, trusted, vocabularySize }: ReferenceRequest): unknown {
  const [phase] = config.phases;
  const { poison: _, defend: __, ...rest } = phase ?? {};
  return ['reference', config.model, vocabularySize, config.seed, rest, examplesHash(trusted)];
}

/** SHA-256 of what examples teach, in their order. */
export function examplesHash(examples: readonly Example[]): string {
  return sha256(
    ...examples.flatMap(({ tokens, lossFrom }) => [
      `${tokens.length} ${lossFrom} `,
      new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength),
    ]),
  );
}

/** Whether a reference has been trained before. */
export function isTrainedReference(kept: KeptGuards, request: ReferenceRequest): boolean {
  return hasCachedJson(`${kept.pathOf(trainingKey(request))}.json`);
}

/** The weights of a trained reference; null: they are not there, or damaged. */
function readTrained(path: string): { stored: StoredModel; tokens: number; passes: number } | null {
  if (!hasCachedJson(`${path}.json`)) return null;
  const { weightsHash, ...amount } = readCachedJson(`${path}.json`, trainedSchema);
  try {
    return { stored: loadModel(path, { weightsHash }), ...amount };
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}

/**
 * The reference of a run, trained on trusted text; its weights are kept, so that it serves all runs that would train the same, now
 * and after a stop.
 * @param options.onTrain told before one is trained
 */
export async function openTrained(
  request: ReferenceRequest,
  { kept, engine, onTrain }: { kept: KeptGuards; engine: EngineOption; onTrain: () => void },
): Promise<OpenedReference> {
  const { run, trusted: examples, vocabularySize } = request;
  const path = kept.pathOf(trainingKey(request));
  const source = await openModelSource({ engine });
  if (readTrained(path) === null) {
    onTrain();
    const { model, tokens, passes } = await trainReference({
      ...{ config: run.config, examples },
      tokenizer: { separatorId: SEPARATOR_ID, vocabularySize },
      createModel: (wanted) => source.create(wanted),
    });
    const stored = { config: run.config.model, vocabularySize, weights: model.getWeights() };
    saveModel(path, stored);
    writeCachedJson(`${path}.json`, { weightsHash: sha256(encodeModel(stored)), tokens, passes });
    model.release();
  }
  const trained = readTrained(path);
  if (trained === null) throw new Error(`the reference in ${path} cannot be read back`);
  const model = source.create({ config: run.config.model, vocabularySize });
  model.setWeights(trained.stored.weights);
  const of = `a model of the same shape, trained on ${examples.length} trusted documents`;
  return { model, described: { of, tokens: trained.tokens, passes: trained.passes } };
}
