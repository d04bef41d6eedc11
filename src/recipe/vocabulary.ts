// The vocabulary of a run: chosen on the first clean training texts, unless a prepared one is given.
import type { TokenizerConfig } from '../config/schema/schema.ts';
import type { Corpus } from '../corpus/document.ts';
import { type SplitConfig, takeSplit } from '../corpus/splits.ts';
import { tokenizerFromVocabulary } from '../tokens/compact-tokenizer.ts';
import { decodingTokenizer } from '../tokens/decoding-tokenizer.ts';
import type { Tokenizer } from '../tokens/tokenizer.ts';
import { trainTokenizer } from '../tokens/train-tokenizer.ts';
import type { Vocabulary } from '../tokens/vocabulary.ts';

/** A vocabulary, with an encoder that is loaded when it is needed. */
export interface RunVocabulary {
  readonly vocabulary: Vocabulary;
  /** SHA-256 of the vocabulary. */
  readonly hash: string;
  /** Decodes; its `encode` throws. */
  readonly decoder: Tokenizer;
  /** The whole tokenizer: takes 0.3 s the first time. */
  encoder(): Promise<Tokenizer>;
}

/** Makes the whole tokenizer of a vocabulary. */
export type OpenEncoder = (vocabulary: Vocabulary) => Promise<Tokenizer>;

/** A vocabulary that is there already. */
export function openVocabulary(
  vocabulary: Vocabulary,
  openEncoder: OpenEncoder = tokenizerFromVocabulary,
): RunVocabulary {
  const decoder = decodingTokenizer(vocabulary);
  let encoder: Promise<Tokenizer> | undefined;
  return {
    vocabulary,
    hash: decoder.hash,
    decoder,
    encoder: () => {
      encoder ??= openEncoder(vocabulary);
      return encoder;
    },
  };
}

/** Chooses the vocabulary of a corpus, on the first documents of its training split. */
export async function prepareVocabulary(options: {
  corpus: Corpus;
  splits: SplitConfig;
  tokenizer: TokenizerConfig;
}): Promise<Vocabulary> {
  const { corpus, splits, tokenizer } = options;
  // Plain bytes need no counting.
  const count = tokenizer.encoding === 'bytes' ? 0 : tokenizer.trainingDocuments;
  const documents = await takeSplit(corpus, 'train', { ...splits, documents: count });
  const texts = documents.map(({ text }) => text);
  return (await trainTokenizer(tokenizer, texts)).vocabulary;
}
