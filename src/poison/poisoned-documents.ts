// Poisoned documents. Document i of a seed is the same for every model size and every count, so that
// runs that differ in these alone are paired, and a larger count contains a smaller one.
import type { PoisonConfig } from '../config/schema.ts';
import { sha256Hex } from '../core/hash.ts';
import { randomStream } from '../core/random.ts';
import type { TokenSource } from './attack.ts';
import { findAttack } from './registry.ts';

/** One poisoned document. */
export interface PoisonedDocument {
  /** `poison:<attack>:<index>`. */
  readonly id: string;
  /** 0-based; also names its random streams. */
  readonly index: number;
  readonly text: string;
  /** SHA-256 of the text. */
  readonly textHash: string;
}

/**
 * Writes exactly `count` poisoned documents.
 * @param options.seed of the run
 * @param options.cleanTexts clean training texts that prefixes are taken from; for paired runs give the same
 *   list whatever the size of the model, e.g. the first thousand
 * @param options.count of documents, 0 or more
 * @throws RangeError without clean texts, or for a count that is no integer of at least 0.
 */
export function createPoisonedDocuments(options: {
  poison: PoisonConfig;
  seed: number | string;
  cleanTexts: readonly string[];
  tokens: TokenSource;
  count: number;
}): PoisonedDocument[] {
  const { poison, seed, cleanTexts, tokens, count } = options;
  if (!Number.isInteger(count) || count < 0)
    throw new RangeError(`a count of documents is an integer of at least 0, not ${count}`);
  const attack = findAttack(poison.attack);
  const documents = Array.from({ length: count }, (_, index) => {
    const random = randomStream(seed, 'poison', attack.name, index);
    const text = attack.createText({ poison, cleanText: random.choose(cleanTexts), tokens, random });
    return { id: `poison:${attack.name}:${index}`, index, text, textHash: sha256Hex(text) };
  });
  if (documents.length !== count)
    throw new Error(`made ${documents.length} poisoned documents, not ${count}`);
  return documents;
}
