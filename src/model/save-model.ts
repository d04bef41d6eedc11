// A model as a folder: model.safetensors and config.json. Learned positions with biases and LayerNorm are GPT-2, and
// `GPT2LMHeadModel.from_pretrained` of Hugging Face transformers loads them; data/python/tinypoison_model.py loads all.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ModelConfig, modelSchema } from '../config/schema/schema.ts';
import { writeFileAtomic } from '../core/atomic-file.ts';
import { InputError } from '../core/errors.ts';
import { sha256Hex } from '../core/hash.ts';
import { parameterTable } from './parameters.ts';
import { decodeSafetensors, encodeSafetensors, type Tensor } from './safetensors.ts';
import { modelShape } from './shape.ts';

/** A model's weights with what they belong to. */
export interface StoredModel {
  readonly config: ModelConfig;
  readonly vocabularySize: number;
  /** By name, as the parameter table has them. */
  readonly weights: ReadonlyMap<string, Float32Array>;
}

/** Whether Hugging Face's GPT-2 is the same function. */
export function isGpt2(config: ModelConfig): boolean {
  return config.positions === 'learned' && config.biases && config.norm === 'layernorm';
}

/** Content of config.json. */
export function describeModel(config: ModelConfig, vocabularySize: number): Record<string, unknown> {
  const gpt2 = {
    architectures: ['GPT2LMHeadModel'],
    model_type: 'gpt2',
    activation_function: 'gelu_new',
    layer_norm_epsilon: 1e-5,
    n_embd: config.width,
    n_head: config.heads,
    n_layer: config.layers,
    n_positions: config.contextTokens,
    attn_pdrop: 0,
    embd_pdrop: 0,
    resid_pdrop: 0,
    bos_token_id: null,
    eos_token_id: null,
    tie_word_embeddings: config.tied,
  };
  const kind = isGpt2(config) ? gpt2 : { model_type: 'tinypoison' };
  return { ...kind, vocab_size: vocabularySize, torch_dtype: 'float32', tinypoison: config };
}

/** Bytes of model.safetensors: equal weights give equal bytes. */
export function encodeModel({ config, vocabularySize, weights }: StoredModel): Uint8Array {
  const tensors = new Map<string, Tensor>();
  for (const { name, shape } of parameterTable(modelShape(config, vocabularySize)).list) {
    tensors.set(name, { shape, values: weights.get(name) as Float32Array });
  }
  return encodeSafetensors({ tensors, metadata: { format: 'pt' } });
}

/** Writes model.safetensors and config.json into a folder, making it if need be. */
export function saveModel(folder: string, model: StoredModel): void {
  const description = describeModel(model.config, model.vocabularySize);
  writeFileAtomic(join(folder, 'config.json'), `${JSON.stringify(description, null, 2)}\n`);
  writeFileAtomic(join(folder, 'model.safetensors'), encodeModel(model));
}

function readFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new InputError(
      `${path} cannot be read (${(error as NodeJS.ErrnoException).code}); name a model's folder`,
    );
  }
}

/**
 * Reads a folder that `saveModel` wrote.
 * @param options.weightsHash SHA-256 that the weights' file must have, where it is known
 * @throws InputError if a file is missing, damaged, or not of this program.
 */
export function loadModel(folder: string, options: { weightsHash?: string } = {}): StoredModel {
  const path = join(folder, 'config.json');
  const text = readFile(path).toString('utf8');
  let description: { vocab_size?: unknown; tinypoison?: unknown };
  try {
    description = JSON.parse(text);
  } catch {
    throw new InputError({ message: 'is not JSON', file: path });
  }
  const config = modelSchema.safeParse(description.tinypoison);
  if (!config.success || !Number.isInteger(description.vocab_size)) {
    throw new InputError({ message: 'does not describe a model of tinypoison', file: path });
  }
  const file = join(folder, 'model.safetensors');
  const bytes = readFile(file);
  if (options.weightsHash !== undefined && sha256Hex(bytes) !== options.weightsHash)
    throw new InputError({ file, message: 'is damaged: these are not the weights that the run ended with' });
  const { tensors } = decodeSafetensors(bytes);
  const weights = new Map([...tensors].map(([name, { values }]) => [name, values]));
  return { config: config.data, vocabularySize: description.vocab_size as number, weights };
}
