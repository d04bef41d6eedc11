// Prepares runs with the recipe of the command line. Encodes with the table of pieces, and loads the ranks of the
// encoding only for a text that the table does not hold.
import { poisonsOf, withPoisons } from '../../config/poisons.ts';
import type { RunConfig } from '../../config/schema/schema.ts';
import { sha256Hex } from '../../core/hash.ts';
import { createStoryCorpus } from '../../corpus/stories.ts';
import { createMemoryMemo, type MemoryMemo } from '../../recipe/memo.ts';
import type { EncodedPoison } from '../../recipe/phase/plant-poison.ts';
import { type PreparedRun, prepareConfigs } from '../../recipe/prepare-configs.ts';
import { loadEncoding } from '../../tokens/byte-pair-encoding.ts';
import { tokenizerFromVocabulary } from '../../tokens/compact-tokenizer.ts';
import { decodingTokenizer } from '../../tokens/decoding-tokenizer.ts';
import { tokenizerFromPieces, UnknownPieceError } from '../../tokens/piece-table.ts';
import type { Tokenizer } from '../../tokens/tokenizer.ts';
import { MOST_DOCUMENTS } from '../choices.ts';
import type { PreparedData } from './prepared-data.ts';

const SPARED_SEED = 1;

/** Poisoned documents as the recipe keeps them, from their token ids. */
export function restorePoison(
  { attack, documents }: PreparedData['poison'],
  decode: Tokenizer['decode'],
): EncodedPoison[] {
  return documents.map((tokens, index) => {
    const text = decode(tokens);
    return { id: `poison:${attack}:${index}`, index, text, textHash: sha256Hex(text), tokens };
  });
}

/** Prepares runs of one reader. */
export class LabPreparation {
  readonly data: PreparedData;
  readonly #memo: MemoryMemo;
  readonly #table: Tokenizer;
  readonly #whole: () => Promise<Tokenizer>;
  #full: Tokenizer | undefined;

  /** @param options.whole the full tokenizer; default: made of the ranks that the page carries */
  constructor(data: PreparedData, options: { whole?: () => Promise<Tokenizer> } = {}) {
    this.data = data;
    const { vocabulary, pieces, poison } = data;
    this.#table = tokenizerFromPieces(vocabulary.value, pieces);
    this.#whole = options.whole ?? (() => tokenizerFromVocabulary(vocabulary.value));
    const { decode } = decodingTokenizer(vocabulary.value);
    this.#memo = createMemoryMemo({
      values: {
        vocabularies: [[vocabulary.ref, vocabulary.value]],
        poison: poison.documents.length === 0 ? [] : [[poison.ref, restorePoison(poison, decode)]],
        prompts: [],
        triggers: [],
        'clean-triggers': [],
        evaluation: [],
      },
      encoded: [],
    });
  }

  /** Token ids of a text. @param onRanks called before the ranks are loaded */
  async encode(text: string, onRanks: () => void = () => {}): Promise<number[]> {
    try {
      return (this.#full ?? this.#table).encode(text);
    } catch (error) {
      if (!(error instanceof UnknownPieceError)) throw error;
      onRanks();
      this.#full = await this.#whole();
      return this.#full.encode(text);
    }
  }

  /** Loads the ranks before a text needs them. */
  async loadRanks(): Promise<void> {
    const { encoding } = this.data.vocabulary.value;
    if (encoding !== 'bytes') await loadEncoding(encoding);
  }

  decode(ids: ArrayLike<number>): string {
    return this.#table.decode(ids);
  }

  /** A run, ready to be trained. @throws InputError where the choice does not fit, e.g. a trigger that stories hold */
  async prepare(config: RunConfig, onRanks: () => void = () => {}): Promise<PreparedRun> {
    const prepare = async (encoder: Tokenizer) => {
      const [run] = await prepareConfigs([config], {
        memo: this.#memo,
        openCorpus: async (corpus) =>
          createStoryCorpus({ seed: String(corpus.seed), grammar: this.data.grammar }),
        openEncoder: async () => encoder,
        ofExperiment: config.seed === SPARED_SEED ? [config, withMost(config)] : [config],
      });
      return run as PreparedRun;
    };
    if (this.#full !== undefined) return prepare(this.#full);
    try {
      return await prepare(this.#table);
    } catch (error) {
      if (!(error instanceof UnknownPieceError)) throw error;
      onRanks();
      this.#full = await this.#whole();
      return prepare(this.#full);
    }
  }
}

/** The list of poisoned documents of the prepared seed is as long as the most that can be chosen. */
function withMost(config: RunConfig): RunConfig {
  const [first, ...rest] = config.phases;
  if (first === undefined) return config;
  const poisons = poisonsOf(first).map((poison) => ({ ...poison, documents: MOST_DOCUMENTS }));
  return { ...config, phases: [{ ...first, ...withPoisons(poisons) }, ...rest] };
}
