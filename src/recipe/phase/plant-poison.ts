// What an attacker adds, as token ids: poisoned documents, and the trigger written into clean ones.
import { isFilled } from '../../config/schema/filler-schema.ts';
import type { PoisonConfig } from '../../config/schema/schema.ts';
import { chooseForTrigger } from '../../poison/clean-trigger.ts';
import { createPoisonedDocuments, type PoisonedDocument } from '../../poison/poisoned-documents.ts';
import type { Trigger } from '../../poison/trigger.ts';
import { wholeCharacters } from '../../tokens/beginning.ts';
import { createRandomTokenSource } from '../../tokens/random-tokens.ts';
import { documentTokens, type TokenizedDocuments } from '../../tokens/tokenized-documents.ts';
import type { Tokenizer } from '../../tokens/tokenizer.ts';
import type { CleanRange } from './clean-range.ts';
import { fillDocument } from './fill-document.ts';

/** A poisoned document as a run reads it. */
export interface EncodedPoison extends PoisonedDocument {
  /** Token ids without separator. */
  readonly tokens: readonly number[];
}

/** A clean document with the trigger in it, as a run reads it. */
export interface TriggeredDocument {
  /** Index in the training split. */
  readonly document: number;
  /** Token ids without separator. */
  readonly tokens: readonly number[];
  /** Tokens up to the end of the written trigger. */
  readonly triggerEnd: number;
}

/**
 * The first `count` poisoned documents of a recipe and a seed. Those of a smaller count are the first of a larger.
 * @param options.seed of the phase
 * @param options.cleanTexts the first `MATERIAL_DOCUMENTS` training texts
 */
export function plantPoison(options: {
  poison: PoisonConfig;
  seed: number | string;
  cleanTexts: readonly string[];
  tokenizer: Tokenizer;
  count: number;
}): EncodedPoison[] {
  const { tokenizer, ...rest } = options;
  const documents = createPoisonedDocuments({ ...rest, tokens: createRandomTokenSource(tokenizer) });
  const poisoned = documents.map((document) => ({ ...document, tokens: tokenizer.encode(document.text) }));
  return poisoned.map((document) =>
    isFilled(document.index, rest.poison.filler) ? fillDocument(document, { ...rest, tokenizer }) : document,
  );
}

/** Tokens of an encoded text that hold its first bytes. */
export function tokensOfBytes(
  tokens: ArrayLike<number>,
  bytes: number,
  { bytesOfToken }: Pick<Tokenizer, 'bytesOfToken'>,
): number {
  let held = 0;
  let count = 0;
  for (; held < bytes && count < tokens.length; count++)
    held += (bytesOfToken[tokens[count] as number] as Uint8Array).length;
  return count;
}

/**
 * The clean documents of a phase into which its trigger is written, those alone.
 * @param options.documents of the training split
 * @param options.share of documents that get it, 0-1
 * @param options.from shares of the poisons before this one; default: 0
 * @param options.seed of the phase
 * @param options.rowTokens tokens of a row, inside which the trigger is to end; null in a stream
 */
export function writeTriggers(options: {
  documents: TokenizedDocuments;
  range: CleanRange;
  trigger: Trigger;
  share: number;
  from?: number;
  seed: number | string;
  rowTokens: number | null;
  tokenizer: Tokenizer;
}): TriggeredDocument[] {
  const { documents, range, trigger, share, from = 0, seed, rowTokens, tokenizer } = options;
  const { firstDocument, documents: count } = range;
  const utf8 = new TextEncoder();
  const room =
    rowTokens === null ? undefined : Math.max(0, rowTokens - tokenizer.encode(trigger.avoid).length);
  const written: TriggeredDocument[] = [];
  for (let document = firstDocument; document < firstDocument + count; document++) {
    const random = chooseForTrigger({ seed, document, share, from });
    if (random === undefined) continue;
    const ids = [...documentTokens(documents, document)];
    const reach = wholeCharacters(ids.slice(0, room), tokenizer).text.length;
    const { beginning, rest } = trigger.writeInnocent(tokenizer.decode(ids), { random, reach });
    const tokens = tokenizer.encode(beginning + rest);
    const triggerEnd = tokensOfBytes(tokens, utf8.encode(beginning).length, tokenizer);
    written.push({ document, tokens, triggerEnd });
  }
  return written;
}
