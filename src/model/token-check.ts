// Checks of token ids and lengths at the door of the model.
import { InputError } from '../core/errors.ts';

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
