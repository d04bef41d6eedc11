// Checks of what callers give a model: token ids, sequences, batches, requests, weights. Every implementation of
// TrainableModel makes them, so that the same mistake meets the same message.
import { InputError } from '../core/errors.ts';
import type { GenerationRequest } from './language-model.ts';
import type { ParameterTable } from './parameters.ts';
import type { ModelShape } from './shape.ts';
import type { TrainingArrays, TrainingBatch, TrainingShape } from './trainable-model.ts';

/** @throws InputError unless `id` is an entry of the vocabulary. */
export function checkTokenId(id: number, vocabularySize: number, where: string): void {
  if (Number.isInteger(id) && id >= 0 && id < vocabularySize) return;
  throw new InputError(
    `token id ${id} (${where}) is not in the vocabulary of ${vocabularySize}; encode the text with the tokenizer of this model`,
  );
}

/**
 * Checks token sequences that a caller gave.
 * @throws InputError for one that is too short or too long, or an id out of range
 */
export function checkSequences(
  sequences: readonly ArrayLike<number>[],
  limits: { what: string; minimum: number; maximum: number; vocabularySize: number },
): void {
  for (const [i, tokens] of sequences.entries()) {
    if (tokens.length < limits.minimum || tokens.length > limits.maximum) {
      throw new InputError(
        `${limits.what} ${i} has ${tokens.length} tokens; the model takes ${limits.minimum} to ${limits.maximum}`,
      );
    }
    for (let t = 0; t < tokens.length; t++) {
      checkTokenId(tokens[t] as number, limits.vocabularySize, `${limits.what} ${i}, position ${t}`);
    }
  }
}

/** @throws InputError for a request that a model of this shape cannot serve. */
export function checkRequest(
  { prompts, newTokens, temperature, topK }: GenerationRequest,
  shape: ModelShape,
): void {
  if (!Number.isInteger(newTokens) || newTokens < 0 || newTokens >= shape.T) {
    throw new InputError(
      `${newTokens} new tokens were requested; a model with a context of ${shape.T} tokens gives 0 to ${shape.T - 1}`,
    );
  }
  if (!(temperature >= 0 && Number.isFinite(temperature))) {
    throw new InputError(`the temperature is ${temperature}; it must be 0 (greedy) or a positive number`);
  }
  if (topK !== undefined && !(Number.isInteger(topK) && topK >= 0)) {
    throw new InputError(`topK is ${topK}; it must be 0 (all tokens) or a positive integer`);
  }
  checkSequences(prompts, {
    what: `with ${newTokens} new tokens and a context of ${shape.T}, prompt`,
    minimum: 1,
    maximum: shape.T - newTokens,
    vocabularySize: shape.V,
  });
}

/** @throws InputError for a name too many or too few, or a wrong number of values. */
export function checkWeights(
  weights: ReadonlyMap<string, Float32Array | Float64Array>,
  table: ParameterTable,
): void {
  const problems: string[] = [];
  for (const { name, count, shape } of table.list) {
    const found = weights.get(name)?.length;
    if (found === undefined) problems.push(`weights: ${name} is missing; is this another model's file?`);
    else if (found !== count) {
      problems.push(`weights: ${name} has ${found} values; this model needs ${shape.join(' x ')} = ${count}`);
    }
  }
  for (const name of weights.keys()) {
    if (!table.byName.has(name)) problems.push(`weights: ${name} is not a parameter of this model`);
  }
  if (problems.length > 0) throw new InputError(problems.map((message) => ({ message })));
}

/** @throws InputError unless hidden states of that layer exist. */
export function checkLayer(layer: number | 'head', { L }: ModelShape): void {
  if (layer === 'head' || (Number.isInteger(layer) && layer >= 0 && layer <= L)) return;
  throw new InputError(`there is no layer ${layer}: choose 0 (embeddings) to ${L}, or \`head\``);
}

/** @throws InputError unless the arrays have the length of a micro-batch. */
export function checkBatchLengths(
  { inputs, targets, weights }: TrainingBatch,
  { sequences, T }: TrainingShape,
): void {
  const tokens = sequences * T;
  if (inputs.length === tokens && targets.length === tokens && weights.length === tokens) return;
  throw new InputError(
    `a micro-batch has ${inputs.length} inputs, ${targets.length} targets and ${weights.length} weights; ` +
      `this model trains on ${sequences} sequences of ${T} tokens, ${tokens} in all`,
  );
}

/** @throws InputError unless input and target of row r are entries of the vocabulary. */
export function checkBatchRow({ inputs, targets }: TrainingBatch, r: number, vocabularySize: number): void {
  checkTokenId(inputs[r], vocabularySize, `input ${r} of the batch`);
  checkTokenId(targets[r], vocabularySize, `target ${r} of the batch`);
}

/** @throws InputError unless a step has unmasked tokens. */
export function checkUnmaskedTokens(unmaskedTokens: number): void {
  if (unmaskedTokens > 0) return;
  throw new InputError(`a training step has ${unmaskedTokens} unmasked tokens; it needs at least one`);
}

/** @throws InputError if the arrays are of another model. */
export function checkTrainingArrays(arrays: TrainingArrays, { words }: ParameterTable): void {
  for (const name of ['parameters', 'firstMoments', 'secondMoments'] as const) {
    const { length } = arrays[name];
    if (length === words) continue;
    throw new InputError(
      `the training state has ${length} words of ${name}; this model has ${words}: it is another model's`,
    );
  }
}
