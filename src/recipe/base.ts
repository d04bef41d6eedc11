// The weights that a run starts from, where it does not start from scratch.
import type { BaseConfig, ModelConfig } from '../config/schema/schema.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { InputError } from '../core/errors.ts';
import type { Vocabulary } from '../tokens/vocabulary.ts';

/** A base that was opened. */
export interface OpenedBase {
  /** How problems call it. */
  readonly name: string;
  /** SHA-256 of model.safetensors: what of it enters a run's identity. */
  readonly weightsHash: string;
  readonly model: ModelConfig;
  readonly vocabulary: Vocabulary;
  /** What a run finds its weights by. */
  readonly ref: string;
}

/** Opens no base: for callers without a store. */
export function refuseBase(_: BaseConfig): never {
  throw new InputError(
    'base: weights are read from a store or a folder, and here there is neither: leave base out',
  );
}

/** @throws InputError where a run cannot start from a base: of another shape, or of another vocabulary */
export function checkBase(base: OpenedBase, run: { model: ModelConfig; vocabulary: Vocabulary }): void {
  const fields = [
    ...new Set([...Object.keys(base.model), ...Object.keys(run.model)]),
  ] as (keyof ModelConfig)[];
  const other = fields.find((field) => base.model[field] !== run.model[field]);
  if (other !== undefined)
    throw new InputError(
      `base: ${base.name} is a model with ${other} ${String(base.model[other])}, and this run's has ` +
        `${String(run.model[other])}: give the same model`,
    );
  if (canonicalJson(base.vocabulary) !== canonicalJson(run.vocabulary))
    throw new InputError(
      `base: ${base.name} has another vocabulary than the one that the corpus and the tokenizer of this experiment give: ` +
        'give those that it was trained with (phases may read other corpora)',
    );
}
