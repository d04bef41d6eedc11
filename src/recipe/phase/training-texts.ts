// The training split of one corpus under one vocabulary: encoded once, and what is made from its texts.
import { documentsPart } from '../../config/schema/poison-options.ts';
import type { PoisonConfig } from '../../config/schema/schema.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { POISON_CONTRACT, TOKENS_CONTRACT } from '../../core/contracts.ts';
import type { Corpus } from '../../corpus/document.ts';
import { documentsOfSplit, type SplitConfig } from '../../corpus/splits.ts';
import { bindAttack } from '../../poison/attack.ts';
import { MATERIAL_DOCUMENTS } from '../../poison/material.ts';
import { assertTextsAllowed } from '../../poison/texts-refusal.ts';
import type { Trigger } from '../../poison/trigger.ts';
import {
  assertTriggerAllowed,
  createTriggerCounter,
  type TriggerFrequency,
} from '../../poison/trigger-frequency.ts';
import {
  type DocumentDemand,
  documentCount,
  documentTokens,
  firstDocuments,
  streamTokens,
  type TokenizedDocuments,
} from '../../tokens/tokenized-documents.ts';
import { type EncodeRequest, encodedCorpusHash } from '../encode-corpus.ts';
import type { Kept, Memo } from '../memo.ts';
import type { RunVocabulary } from '../vocabulary.ts';
import type { CleanRange } from './clean-range.ts';
import {
  type EncodedPoison,
  plantPoison,
  type TriggeredDocument,
  tokensOfBytes,
  writeTriggers,
} from './plant-poison.ts';

/** One corpus's training split under one vocabulary. */
export class TrainingTexts {
  readonly #memo: Memo;
  readonly #request: EncodeRequest;
  readonly #vocabulary: RunVocabulary;
  /** Stands for the encoded documents among what a value depends on. */
  readonly #key: string;
  #held: TokenizedDocuments | undefined;
  #isWhole = false;
  readonly #counters = new Map<
    string,
    { counter: ReturnType<typeof createTriggerCounter>; counted: number }
  >();

  constructor(options: { memo: Memo; corpus: Corpus; splits: SplitConfig; vocabulary: RunVocabulary }) {
    const { memo, corpus, splits, vocabulary } = options;
    this.#memo = memo;
    this.#vocabulary = vocabulary;
    this.#request = { corpus, splitConfig: splits, tokenizer: vocabulary };
    this.#key = `${encodedCorpusHash(this.#request)}.tokens`;
  }

  /** What a run finds the encoded documents by. */
  get ref(): string {
    return this.#memo.refOf(this.#request);
  }

  /** The first documents that meet a demand; fewer only where the corpus ends. */
  async ask(demand: DocumentDemand): Promise<TokenizedDocuments> {
    if (this.#held !== undefined) {
      const enough = firstDocuments(this.#held, demand);
      if (enough !== null || this.#isWhole) return enough ?? this.#held;
    }
    const documents = await this.#memo.encode(this.#request, demand);
    const isMet =
      documentCount(documents) >= (demand.documents ?? 0) && streamTokens(documents) >= (demand.tokens ?? 0);
    this.#isWhole = !isMet;
    this.#held = documents;
    return documents;
  }

  /** The first documents of the trusted split, and what a run finds them by; fewer only where the corpus ends. */
  async trusted(documents: number): Promise<{ ref: string; documents: TokenizedDocuments }> {
    const request: EncodeRequest = { ...this.#request, split: 'trusted' };
    const encoded = await this.#memo.encode(request, { documents });
    return { ref: this.#memo.refOf(request), documents: encoded };
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

  /** At least `count` poisoned documents of a recipe and a seed. */
  async poison(options: {
    poison: PoisonConfig;
    seed: number | string;
    count: number;
  }): Promise<Kept<readonly EncodedPoison[]>> {
    const recipe = documentsPart(options.poison);
    const { seed, count } = options;
    const key = { contract: POISON_CONTRACT, tokens: this.#key, recipe, seed, count };
    return this.#memo.keep('poison', key, async () => {
      const cleanTexts = await this.material();
      if (count > 0) assertTextsAllowed(recipe, cleanTexts);
      const tokenizer = await this.#vocabulary.encoder();
      return plantPoison({ poison: recipe, seed, cleanTexts, tokenizer, count });
    });
  }

  /**
   * The clean documents of a phase into which its trigger is written; null without any to be chosen.
   * @param options.seed of the phase
   * @param options.from shares of the phase's poisons before this one, whose documents it leaves alone
   * @param options.rowTokens tokens of a row, inside which the trigger is to end; null in a stream
   */
  async cleanTrigger(options: {
    poison: PoisonConfig;
    seed: number | string;
    from: number;
    range: CleanRange;
    rowTokens: number | null;
    /** Documents of the trusted split instead of the training split. */
    trusted?: TokenizedDocuments;
  }): Promise<Kept<readonly TriggeredDocument[]> | null> {
    const { inCleanText: _, cleanShare: share = 0, ...written } = options.poison.trigger;
    if (share === 0) return null;
    const { from, range, rowTokens, trusted } = options;
    // Other draws than those of the training split, whose documents have the same numbers.
    const seed = trusted === undefined ? options.seed : `${options.seed}/trusted`;
    const behind = from === 0 ? {} : { from };
    const key = {
      contract: POISON_CONTRACT,
      tokens: this.#key,
      written,
      share,
      seed,
      range,
      rowTokens,
      ...behind,
      ...(trusted === undefined ? {} : { split: 'trusted' }),
    };
    return this.#memo.keep('clean-triggers', key, async () =>
      writeTriggers({
        documents: trusted ?? (await this.ask({ documents: range.firstDocument + range.documents })),
        tokenizer: await this.#vocabulary.encoder(),
        trigger: bindAttack(options.poison).trigger,
        ...{ share, from, seed, range, rowTokens },
      }),
    );
  }

  /** Tokens of each document of a phase that are its prompt; null where the corpus has no prompts. */
  async prompts(range: CleanRange): Promise<Kept<readonly number[]> | null> {
    const { promptRule } = this.#request.corpus;
    if (promptRule === undefined) return null;
    const key = { contract: TOKENS_CONTRACT, tokens: this.#key, promptRule, range };
    return this.#memo.keep('prompts', key, () => this.#measurePrompts(range));
  }

  async #measurePrompts({ firstDocument, documents: count }: CleanRange): Promise<number[]> {
    const encoded = await this.ask({ documents: firstDocument + count });
    const utf8 = new TextEncoder();
    const lengths: number[] = [];
    let index = 0;
    for await (const { text, promptCharacters = 0 } of this.#trainingDocuments()) {
      if (lengths.length === count) break;
      if (index >= firstDocument) {
        const bytes = utf8.encode(text.slice(0, promptCharacters)).length;
        lengths.push(tokensOfBytes(documentTokens(encoded, index), bytes, this.#vocabulary.decoder));
      }
      index += 1;
    }
    return lengths;
  }

  #trainingDocuments() {
    return documentsOfSplit(this.#request.corpus, 'train', this.#request.splitConfig);
  }

  /**
   * The frequency of a trigger in the documents of a phase.
   * @throws InputError where it occurs in them and the config refuses that
   */
  async trigger(poison: PoisonConfig, range: CleanRange): Promise<Kept<TriggerFrequency>> {
    const { inCleanText: _, cleanShare: __, ...sought } = poison.trigger;
    const key = { contract: POISON_CONTRACT, tokens: this.#key, sought, range };
    const frequency = await this.#memo.keep('triggers', key, () =>
      this.#count(bindAttack(poison).trigger, range, sought),
    );
    if (frequency.value().occurrences > 0 && poison.trigger.inCleanText === 'refuse')
      await this.#refuse(poison, range);
    return frequency;
  }

  /** Counts over the decoded documents; phases that begin alike share the work. */
  async #count(
    trigger: Trigger,
    { firstDocument, documents: count }: CleanRange,
    sought: Readonly<Record<string, unknown>>,
  ): Promise<TriggerFrequency> {
    const key = canonicalJson([firstDocument, sought]);
    let state = this.#counters.get(key);
    if (state === undefined || state.counted > count)
      state = { counter: createTriggerCounter(trigger), counted: 0 };
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
    const counter = createTriggerCounter(bindAttack(poison).trigger);
    let index = 0;
    for await (const document of this.#trainingDocuments()) {
      if (index >= firstDocument + count) break;
      if (index >= firstDocument) counter.add(document);
      index += 1;
    }
    assertTriggerAllowed(poison.trigger, counter.result());
  }
}
