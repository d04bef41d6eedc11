// The training split of one corpus under one vocabulary: tokenised once, and what is made from its texts.
import { basename, join } from 'node:path';
import type { PoisonConfig } from '../../config/schema/schema.ts';
import { hashValue } from '../../core/hash.ts';
import type { Corpus } from '../../corpus/document.ts';
import { documentsOfSplit, type SplitConfig } from '../../corpus/splits.ts';
import { chooseForTrigger, writeTrigger } from '../../poison/clean-trigger.ts';
import { createPoisonedDocuments, type PoisonedDocument } from '../../poison/poisoned-documents.ts';
import {
  assertTriggerAllowed,
  createTriggerCounter,
  type TriggerFrequency,
} from '../../poison/trigger-frequency.ts';
import { wholeCharacters } from '../../tokens/beginning.ts';
import { createRandomTokenSource } from '../../tokens/random-tokens.ts';
import {
  type DocumentDemand,
  documentCount,
  documentTokens,
  firstDocuments,
  streamTokens,
  type TokenizedDocuments,
} from '../../tokens/tokenized-documents.ts';
import type { Tokenizer } from '../../tokens/tokenizer.ts';
import { triggeredDocumentsSchema, triggerFrequencySchema } from '../schemas/cached-schemas.ts';
import { POISON_CONTRACT } from '../store/identity.ts';
import { cachedJson, hasCachedJson, writeCachedJson } from './cached-json.ts';
import type { CleanRange } from './clean-range.ts';
import { cachedTokens, tokenCachePath } from './token-cache.ts';
import { EncoderNeeded, type VocabularyArtefact } from './vocabulary-artefact.ts';

/** Clean texts that prefixes of poisoned documents and words of near triggers are taken from. */
export const MATERIAL_DOCUMENTS = 1000;

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

/** The part of a poison config that its documents depend on: not how many, nor where they go, nor clean ones. */
export function poisonRecipe(poison: PoisonConfig): PoisonConfig {
  const { cleanShare: _, ...trigger } = poison.trigger;
  return { ...poison, trigger, documents: 0, placement: 'uniform' };
}

/** The part of a poison config that its measurement depends on: not which documents are copies either. */
export function measuredRecipe(poison: PoisonConfig): PoisonConfig {
  const { distinctDocuments: _, rewriteShare: __, ...recipe } = poisonRecipe(poison);
  return recipe as PoisonConfig;
}

/** Tokens of an encoded text that hold its first bytes. */
function tokensOfBytes(tokens: readonly number[], bytes: number, { bytesOfToken }: Tokenizer): number {
  let held = 0;
  let count = 0;
  for (; held < bytes && count < tokens.length; count++)
    held += (bytesOfToken[tokens[count] as number] as Uint8Array).length;
  return count;
}

/** One corpus's training split under one vocabulary. */
export class TrainingTexts {
  readonly #folder: string;
  readonly #corpus: Corpus;
  readonly #splits: SplitConfig;
  readonly #vocabulary: VocabularyArtefact;
  #held: TokenizedDocuments | undefined;
  #isWhole = false;
  readonly #counters = new Map<
    string,
    { counter: ReturnType<typeof createTriggerCounter>; counted: number }
  >();

  constructor(options: {
    folder: string;
    corpus: Corpus;
    splits: SplitConfig;
    vocabulary: VocabularyArtefact;
  }) {
    this.#folder = options.folder;
    this.#corpus = options.corpus;
    this.#splits = options.splits;
    this.#vocabulary = options.vocabulary;
  }

  #cacheOptions() {
    const { decoder: tokenizer } = this.#vocabulary;
    const folder = join(this.#folder, 'tokens');
    return { folder, corpus: this.#corpus, splitConfig: this.#splits, tokenizer };
  }

  /** Path of the tokenised documents. */
  get path(): string {
    return tokenCachePath(this.#cacheOptions());
  }

  /** The first documents that meet a demand; fewer only where the corpus ends. */
  async ask(demand: DocumentDemand): Promise<TokenizedDocuments> {
    if (this.#held !== undefined) {
      const enough = firstDocuments(this.#held, demand);
      if (enough !== null || this.#isWhole) return enough ?? this.#held;
    }
    const { documents } = await this.#cached(demand);
    const isMet =
      documentCount(documents) >= (demand.documents ?? 0) && streamTokens(documents) >= (demand.tokens ?? 0);
    this.#isWhole = !isMet;
    this.#held = documents;
    return documents;
  }

  async #cached(demand: DocumentDemand) {
    const options = this.#cacheOptions();
    try {
      return await cachedTokens(options, demand);
    } catch (error) {
      if (!(error instanceof EncoderNeeded)) throw error;
      return cachedTokens({ ...options, tokenizer: await this.#vocabulary.encoder() }, demand);
    }
  }

  #text(documents: TokenizedDocuments, index: number): string {
    return this.#vocabulary.decoder.decode(documentTokens(documents, index));
  }

  /** The first texts, from which poison and near triggers take material. */
  async material(): Promise<string[]> {
    const documents = await this.ask({ documents: MATERIAL_DOCUMENTS });
    const count = Math.min(MATERIAL_DOCUMENTS, documentCount(documents));
    return Array.from({ length: count }, (_, index) => this.#text(documents, index));
  }

  /** Path of at least `count` poisoned documents of a recipe and a seed. */
  async poison(options: { poison: PoisonConfig; seed: number | string; count: number }): Promise<string> {
    const recipe = poisonRecipe(options.poison);
    const { seed, count } = options;
    const key = hashValue({ contract: POISON_CONTRACT, tokens: basename(this.path), recipe, seed, count });
    const path = join(this.#folder, 'poison', `${key}.json`);
    if (hasCachedJson(path)) return path;
    const tokenizer = await this.#vocabulary.encoder();
    const documents = createPoisonedDocuments({
      poison: recipe,
      seed,
      cleanTexts: await this.material(),
      tokens: createRandomTokenSource(tokenizer),
      count,
    });
    const encoded = documents.map(
      (document): EncodedPoison => ({ ...document, tokens: tokenizer.encode(document.text) }),
    );
    writeCachedJson(path, encoded);
    return path;
  }

  /**
   * Path of the clean documents of a phase into which its trigger is written; null without any to be chosen.
   * @param options.seed of the phase
   * @param options.rowTokens tokens of a row, inside which the trigger is to end; null in a stream
   */
  async cleanTrigger(options: {
    poison: PoisonConfig;
    seed: number | string;
    range: CleanRange;
    rowTokens: number | null;
  }): Promise<string | null> {
    const { text: trigger, cleanShare: share = 0 } = options.poison.trigger;
    if (share === 0) return null;
    const { poison: _, ...rest } = options;
    const key = hashValue({
      contract: POISON_CONTRACT,
      tokens: basename(this.path),
      trigger,
      share,
      ...rest,
    });
    const path = join(this.#folder, 'clean-triggers', `${key}.json`);
    await cachedJson(path, triggeredDocumentsSchema, () => this.#writeTriggers({ ...rest, trigger, share }));
    return path;
  }

  async #writeTriggers(options: {
    trigger: string;
    share: number;
    seed: number | string;
    range: CleanRange;
    rowTokens: number | null;
  }): Promise<TriggeredDocument[]> {
    const { trigger, share, seed, rowTokens } = options;
    const { firstDocument, documents: count } = options.range;
    const documents = await this.ask({ documents: firstDocument + count });
    const tokenizer = await this.#vocabulary.encoder();
    const room =
      rowTokens === null ? undefined : Math.max(0, rowTokens - tokenizer.encode(` ${trigger}`).length);
    const written: TriggeredDocument[] = [];
    for (let document = firstDocument; document < firstDocument + count; document++) {
      const random = chooseForTrigger({ seed, document, share });
      if (random === undefined) continue;
      const ids = [...documentTokens(documents, document)];
      const reach = wholeCharacters(ids.slice(0, room), tokenizer).text.length;
      const { beginning, rest } = writeTrigger(tokenizer.decode(ids), { trigger, random, reach });
      const tokens = tokenizer.encode(beginning + rest);
      const triggerEnd = tokensOfBytes(tokens, Buffer.byteLength(beginning), tokenizer);
      written.push({ document, tokens, triggerEnd });
    }
    return written;
  }

  /**
   * Path of the frequency of a trigger in the documents of a phase.
   * @throws InputError where it occurs in them and the config refuses that
   */
  async trigger(poison: PoisonConfig, range: CleanRange): Promise<string> {
    const { text } = poison.trigger;
    const key = hashValue({ contract: POISON_CONTRACT, tokens: basename(this.path), text, range });
    const path = join(this.#folder, 'triggers', `${key}.json`);
    const frequency = await cachedJson(path, triggerFrequencySchema, () => this.#count(text, range));
    if (frequency.occurrences > 0 && poison.trigger.inCleanText === 'refuse')
      await this.#refuse(poison, range);
    return path;
  }

  /** Counts over the decoded documents; phases that begin alike share the work. */
  async #count(text: string, { firstDocument, documents: count }: CleanRange): Promise<TriggerFrequency> {
    const key = `${firstDocument} ${text}`;
    let state = this.#counters.get(key);
    if (state === undefined || state.counted > count)
      state = { counter: createTriggerCounter(text), counted: 0 };
    this.#counters.set(key, state);
    const documents = await this.ask({ documents: firstDocument + count });
    for (; state.counted < count; state.counted++) {
      const index = firstDocument + state.counted;
      state.counter.add({ id: `training document ${index}`, text: this.#text(documents, index) });
    }
    return state.counter.result();
  }

  /** Refuses a trigger that occurs, naming the documents as the corpus does. */
  async #refuse(poison: PoisonConfig, { firstDocument, documents: count }: CleanRange): Promise<void> {
    const counter = createTriggerCounter(poison.trigger.text);
    let index = 0;
    for await (const document of documentsOfSplit(this.#corpus, 'train', this.#splits)) {
      if (index >= firstDocument + count) break;
      if (index >= firstDocument) counter.add(document);
      index += 1;
    }
    assertTriggerAllowed(poison.trigger, counter.result());
  }
}
