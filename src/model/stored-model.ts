// A model as two files: model.safetensors and config.json. Learned positions with biases and LayerNorm are GPT-2, and
// `GPT2LMHeadModel.from_pretrained` of Hugging Face transformers loads them; data/python/tinypoison_model.py loads all.
import { z } from 'zod';
import { type ModelConfig, modelSchema } from '../config/schema/schema.ts';
import { InputError } from '../core/errors.ts';
import { sha256Hex } from '../core/hash.ts';
import { parseJson } from '../core/read-json.ts';
import { parameterTable } from './parameters.ts';
import { decodeSafetensors, encodeSafetensors, type Tensor } from './safetensors.ts';
import { modelShape } from './shape.ts';

const descriptionSchema = z.looseObject({ vocab_size: z.int().min(1).max(65536), tinypoison: modelSchema });

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

/**
 * A model from the contents of its two files.
 * @param options.description text of config.json
 * @param options.bytes of model.safetensors
 * @param options.weightsHash SHA-256 that the bytes must have, where it is known
 * @param options.files how problems call the two
 * @throws InputError if a file is damaged, or not of this program
 */
export function decodeModel(options: {
  description: string;
  bytes: Uint8Array;
  weightsHash?: string;
  files: { readonly description: string; readonly weights: string };
}): StoredModel {
  const { description: text, bytes, weightsHash, files } = options;
  const remedy = 'name the folder of a model that tinypoison saved';
  const source = { file: files.description, what: 'model of tinypoison', remedy };
  if (!('tinypoison' in parseJson(text, z.looseObject({}), source)))
    throw new InputError({
      file: files.description,
      message:
        'does not say what tinypoison needs to know of a model: it is of another program, whose models are not read, since their ' +
        `vocabulary is another; ${remedy}`,
    });
  const description = parseJson(text, descriptionSchema, source);
  if (weightsHash !== undefined && sha256Hex(bytes) !== weightsHash)
    throw new InputError({
      file: files.weights,
      message: 'is damaged: these are not the weights that the run ended with',
    });
  const { tensors } = decodeSafetensors(bytes);
  const weights = new Map([...tensors].map(([name, { values }]) => [name, values]));
  for (const [name, values] of weights) {
    if (values.every(Number.isFinite)) continue;
    const message = `holds values that are not finite, in ${JSON.stringify(name.slice(0, 80))}: the file is damaged, or of a run that diverged`;
    throw new InputError({ file: files.weights, message });
  }
  return {
    config: modelSchema.parse(description.tinypoison),
    vocabularySize: description.vocab_size,
    weights,
  };
}
