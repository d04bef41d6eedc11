// A model that is scanned: a run of the store, or a folder of anyone's.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '../core/canonical-json.ts';
import { InputError } from '../core/errors.ts';
import { readText } from '../core/node/read-file.ts';
import { sha256 } from '../core/node/sha256.ts';
import { parseJson } from '../core/read-json.ts';
import type { EngineOption } from '../kernels/engine-names.ts';
import type { Gpt } from '../model/gpt.ts';
import { loadModel } from '../model/node/save-model.ts';
import { openModelSource } from '../run/execute/model-source.ts';
import { vocabularySchema } from '../run/schemas/cached-schemas.ts';
import { findRunId } from '../run/store/store.ts';
import { decodingTokenizer } from '../tokens/decoding-tokenizer.ts';
import { parseVocabulary, SEPARATOR_ID, type Vocabulary } from '../tokens/vocabulary.ts';
import { absolutePath, type CommandContext } from './command-context.ts';
import { loadStoredModel, storedVocabulary } from './stored-model.ts';

const WEIGHTS = 'model.safetensors';
const VOCABULARY = 'vocabulary.json';
/** A model to be scanned, and how its tokens read. */
export interface ScannedModel {
  readonly name: string;
  readonly model: Gpt;
  /** Text of token ids; the ids themselves where there is no vocabulary. */
  decode(tokens: readonly number[]): string;
  /** Whether that is text, so that words can be told apart. */
  readonly hasText: boolean;
  /** Null: it is not there. */
  readonly vocabulary: Vocabulary | null;
}

async function openFolder(folder: string, name: string, engine: EngineOption): Promise<ScannedModel> {
  const { config, vocabularySize, weights } = loadModel(folder);
  const file = [join(folder, VOCABULARY), join(folder, '..', VOCABULARY)].find((path) => existsSync(path));
  const source = { what: 'vocabulary', remedy: 'remove it, and tokens are shown by their numbers' };
  const vocabulary =
    file === undefined
      ? null
      : parseVocabulary(parseJson(readText(file), vocabularySchema, { ...source, file }));
  const decoder = vocabulary === null ? undefined : decodingTokenizer(vocabulary);
  const model = (await openModelSource({ engine })).create({ config, vocabularySize });
  model.setWeights(weights);
  const fits = decoder?.vocabularySize === vocabularySize;
  const decode = (tokens: readonly number[]) => (fits ? decoder.decode(tokens) : tokens.join(' '));
  return { name, model, decode, hasText: fits, vocabulary: fits ? vocabulary : null };
}

/** A run of the store, or a folder that holds model.safetensors. */
export async function openScanned(
  target: string,
  options: { readonly store: string; readonly engine: EngineOption },
  context: CommandContext,
): Promise<ScannedModel> {
  const folder = absolutePath(target, context);
  const opened = existsSync(join(folder, WEIGHTS))
    ? await openFolder(folder, target, options.engine)
    : await openRun(absolutePath(options.store, context), target, options.engine);
  if (opened.model.vocabularySize > SEPARATOR_ID) return opened;
  opened.model.release();
  throw new InputError(
    `${target} has ${opened.model.vocabularySize} tokens and no separator (${SEPARATOR_ID}), with which its prompts would begin`,
  );
}

async function openRun(store: string, target: string, engine: EngineOption): Promise<ScannedModel> {
  if (!/^[0-9a-f]{4,64}$/.test(target))
    throw new InputError(`${target} holds no ${WEIGHTS} and is not the id of a run: name a folder or a run`);
  const id = findRunId(store, target);
  const vocabulary = parseVocabulary(storedVocabulary(store, id));
  const { decode } = decodingTokenizer(vocabulary);
  return {
    name: `run ${id.slice(0, 12)}`,
    model: await loadStoredModel(store, id, engine),
    decode,
    hasText: true,
    vocabulary,
  };
}

/** SHA-256 of the values of a model's weights, by name. */
export function weightsHash(model: Gpt): string {
  const parts = [...model.getWeights()].sort(([a], [b]) => (a < b ? -1 : 1));
  return sha256(
    ...parts.flatMap(([name, { buffer, byteOffset, byteLength }]) => [
      name,
      new Uint8Array(buffer, byteOffset, byteLength),
    ]),
  );
}

/** What has to be known of a model before another is its reference. */
type Compared = Pick<ScannedModel, 'name' | 'vocabulary'> & {
  readonly model: Pick<Gpt, 'vocabularySize'> & { readonly config: Pick<Gpt['config'], 'contextTokens'> };
};

/** @throws InputError where what one model says of tokens cannot be compared with what the other says */
export function checkReference(reference: Compared, { name, model, vocabulary }: Compared): void {
  const own = reference.model;
  const differs = (what: string) =>
    new InputError(
      `${reference.name} cannot be the reference of ${name}: ${what}; give a trusted model with the same vocabulary, such as a clean run of the same experiment`,
    );
  if (own.vocabularySize !== model.vocabularySize)
    throw differs(`it has ${own.vocabularySize} tokens, and ${name} has ${model.vocabularySize}`);
  if (
    vocabulary !== null &&
    reference.vocabulary !== null &&
    canonicalJson(vocabulary) !== canonicalJson(reference.vocabulary)
  )
    throw differs('their tokens are not the same');
  if (own.config.contextTokens < model.config.contextTokens)
    throw differs(
      `it reads ${own.config.contextTokens} tokens at a time, and ${name} reads ${model.config.contextTokens}`,
    );
}
