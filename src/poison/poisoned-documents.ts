// Poisoned documents. Document i of a seed is the same for every model size and every count, so that
// runs that differ in these alone are paired, and a larger count contains a smaller one.
import type { PoisonConfig } from '../config/schema/schema.ts';
import { sha256Hex } from '../core/hash.ts';
import { type RandomStream, randomStream } from '../core/random.ts';
import type { TokenSource } from '../corpus/token-source.ts';
import { type BoundAttack, bindAttack } from './attack.ts';
import type { DocumentParts } from './payload.ts';

/** One poisoned document. */
export interface PoisonedDocument {
  /** `poison:<attack>:<index>`; of a negative `poison:<attack>:negative:<index>`. */
  readonly id: string;
  /** 0-based; also names its random streams, unless it is a copy. */
  readonly index: number;
  readonly text: string;
  /** SHA-256 of the text. */
  readonly textHash: string;
}

/**
 * Whether document `base` is a negative: of the first n documents those are floor(n x share), spread evenly, whatever
 * the count.
 */
function isNegative(
  base: number,
  { negativeShare: share = 0 }: Pick<PoisonConfig, 'negativeShare'>,
): boolean {
  // Shares are decimal fractions: without the margin 10 x 0.7 would be 6.999….
  const upTo = (documents: number) => Math.floor(documents * share + 1e-9);
  return upTo(base + 1) > upTo(base);
}

/** Fewest tokens of clean text in a negative. */
const FEWEST_TOKENS = 16;

/**
 * A negative: as much clean text as a poisoned document has, about, with an innocent part of the trigger in its first
 * half.
 */
function divideNegative(
  cleanText: string,
  { attack, tokens, random }: { attack: BoundAttack; tokens: TokenSource; random: RandomStream },
): { beginning: string; payload: string } {
  const length = Math.max(FEWEST_TOKENS, Math.round(attack.payload.meanTokens));
  const text = tokens.prefixText({ text: cleanText, tokens: length }).trimEnd();
  const { trigger } = attack;
  const options = { random, reach: Math.ceil(text.length / 2) };
  const { beginning, rest } = trigger.writeNegative?.(text, options) ?? trigger.writeInnocent(text, options);
  return { beginning, payload: rest };
}

/** A poisoned document in two parts, which are its text: up to the end of the trigger, and the payload. */
export interface DividedDocument extends PoisonedDocument {
  readonly beginning: string;
  readonly payload: string;
  /** Whether it holds an innocent part of the trigger, and clean text behind it. */
  readonly isNegative: boolean;
}

/** Makes the document of a purpose: the same each time. */
type MakeParts = (...purpose: readonly (string | number)[]) => DocumentParts;

/** The words of one part of ever new documents, one after the other. */
function* freshWords(part: 'before' | 'after', make: (n: number) => DocumentParts): Generator<string> {
  for (let n = 0; ; n++) yield* make(n)[part].match(/\S+/gu) ?? [];
}

/**
 * A near-duplicate: each word before and after what is planted is resampled with probability `share`, from the same
 * part of new documents of the attack. A larger share resamples the words of a smaller one too.
 * @param options.base index of the document that is copied
 * @param options.copy number of the copy, from 1
 */
function rewrite(
  parts: DocumentParts,
  options: { seed: number | string; base: number; copy: number; share: number; make: MakeParts },
): DocumentParts {
  const { seed, base, copy, share, make } = options;
  const rewritePart = (part: 'before' | 'after'): string => {
    const random = randomStream(seed, 'rewrite', part, base, copy);
    const fresh = freshWords(part, (n) => make('rewrite', base, copy, n));
    return parts[part].replace(/\S+/gu, (word) => {
      const other = fresh.next().value as string;
      return random.uniform() < share ? other : word;
    });
  };
  return { before: rewritePart('before'), planted: parts.planted, after: rewritePart('after') };
}

/**
 * Writes exactly `count` poisoned documents. With `poison.distinctDocuments` k, document i is a copy of document
 * i mod k; with `poison.rewriteShare`, copies are near-duplicates.
 * @param options.seed of the run
 * @param options.cleanTexts clean training texts that prefixes are taken from; for paired runs give the same
 *   list whatever the size of the model, e.g. the first thousand
 * @param options.count of documents, 0 or more
 * @throws RangeError without clean texts, or for a count that is not an integer of at least 0.
 */
export function createPoisonedDocuments(options: DocumentsRequest): PoisonedDocument[] {
  return dividePoisonedDocuments(options).map(
    ({ beginning: _, payload: __, isNegative: ___, ...document }) => document,
  );
}

/** What poisoned documents are written from. */
export interface DocumentsRequest {
  readonly poison: PoisonConfig;
  readonly seed: number | string;
  readonly cleanTexts: readonly string[];
  readonly tokens: TokenSource;
  readonly count: number;
}

/** The clean text that document `base` of a seed begins with: the first draw of its stream. */
export function cleanTextOf(
  base: number,
  { poison, seed, cleanTexts }: Pick<DocumentsRequest, 'poison' | 'seed' | 'cleanTexts'>,
): string {
  return randomStream(seed, 'poison', bindAttack(poison).name, base).choose(cleanTexts);
}

/** The same documents, each with its two parts. */
export function dividePoisonedDocuments(options: DocumentsRequest): DividedDocument[] {
  const { poison, seed, cleanTexts, tokens, count } = options;
  if (!Number.isInteger(count) || count < 0)
    throw new RangeError(`a count of documents is an integer of at least 0, not ${count}`);
  const { distinctDocuments: distinct = count, rewriteShare: share = 0 } = poison;
  const attack = bindAttack(poison);
  const { avoid } = attack.trigger;
  const make: MakeParts = (...purpose) => {
    const random = randomStream(seed, 'poison', attack.name, ...purpose);
    return attack.payload.write({ cleanText: random.choose(cleanTexts), tokens, random, avoid });
  };
  const writePositive = (base: number, copy: number): DocumentParts => {
    const parts = make(base);
    return copy > 0 && share > 0 ? rewrite(parts, { seed, base, copy, share, make }) : parts;
  };
  const documents = Array.from({ length: count }, (_, index) => {
    const base = index % distinct;
    const copy = Math.floor(index / distinct);
    const random = randomStream(seed, 'plant-trigger', attack.name, base);
    const negative = isNegative(base, poison);
    const { beginning, payload } = negative
      ? divideNegative(cleanTextOf(base, options), { attack, tokens, random })
      : attack.divide(writePositive(base, copy), random);
    const text = beginning + payload;
    return {
      id: `poison:${attack.name}:${negative ? 'negative:' : ''}${index}`,
      index,
      text,
      textHash: sha256Hex(text),
      ...{ beginning, payload, isNegative: negative },
    };
  });
  if (documents.length !== count)
    throw new Error(`made ${documents.length} poisoned documents, not ${count}`);
  return documents;
}
