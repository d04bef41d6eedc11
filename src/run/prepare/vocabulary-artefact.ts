// The vocabulary of an experiment in the store's cache, and its tokenizer, which is only loaded where it is needed.
import { join } from 'node:path';
import type { TokenizerConfig } from '../../config/schema/schema.ts';
import { TinypoisonError } from '../../core/errors.ts';
import { hashValue } from '../../core/hash.ts';
import type { Corpus } from '../../corpus/document.ts';
import { type SplitConfig, takeSplit } from '../../corpus/splits.ts';
import { tokenizerFromVocabulary } from '../../tokens/compact-tokenizer.ts';
import { createDecoder } from '../../tokens/decoder.ts';
import type { Tokenizer } from '../../tokens/tokenizer.ts';
import { trainTokenizer } from '../../tokens/train-tokenizer.ts';
import {
  bytesOfVocabulary,
  hashOfVocabulary,
  SEPARATOR_ID,
  TOKENS_CONTRACT,
  type Vocabulary,
} from '../../tokens/vocabulary.ts';
import { vocabularySchema } from '../schemas/cached-schemas.ts';
import { hasCachedJson, readCachedJson, writeCachedJson } from './cached-json.ts';

/** Thrown by a tokenizer that only decodes. */
export class EncoderNeeded extends TinypoisonError {
  override readonly name = 'EncoderNeeded';
}

/** A vocabulary in the cache. */
export interface VocabularyArtefact {
  readonly path: string;
  readonly vocabulary: Vocabulary;
  /** Decodes; `encode` throws EncoderNeeded. */
  readonly decoder: Tokenizer;
  /** The whole tokenizer: takes 0.3 s the first time. */
  encoder(): Promise<Tokenizer>;
}

/** What a process that never encodes needs of a tokenizer. */
export function decodingTokenizer(vocabulary: Vocabulary): Tokenizer {
  const bytesOfToken = bytesOfVocabulary(vocabulary);
  return {
    vocabularySize: bytesOfToken.length,
    separatorId: SEPARATOR_ID,
    hash: hashOfVocabulary(vocabulary),
    bytesOfToken,
    encode: () => {
      throw new EncoderNeeded('this process only decodes');
    },
    decode: createDecoder(bytesOfToken),
  };
}

/** The vocabulary of a corpus: from the cache, or trained on the first documents of the training split. */
export async function prepareVocabulary(options: {
  folder: string;
  corpus: Corpus;
  splits: SplitConfig;
  tokenizer: TokenizerConfig;
}): Promise<VocabularyArtefact> {
  const { folder, corpus, splits, tokenizer } = options;
  const { seed, splits: shares } = splits;
  const key = hashValue({
    contract: TOKENS_CONTRACT,
    corpus: corpus.contentHash,
    seed,
    splits: shares,
    tokenizer,
  });
  const path = join(folder, 'vocabularies', `${key}.json`);
  let encoder: Promise<Tokenizer> | undefined;
  if (!hasCachedJson(path)) {
    // Plain bytes need no counting.
    const count = tokenizer.encoding === 'bytes' ? 0 : tokenizer.trainingDocuments;
    const documents = await takeSplit(corpus, 'train', { ...splits, documents: count });
    const texts = documents.map(({ text }) => text);
    const trained = await trainTokenizer(tokenizer, texts);
    writeCachedJson(path, trained.vocabulary);
    encoder = Promise.resolve(trained);
  }
  const vocabulary = readCachedJson(path, vocabularySchema);
  return {
    path,
    vocabulary,
    decoder: decodingTokenizer(vocabulary),
    encoder: () => {
      encoder ??= tokenizerFromVocabulary(vocabulary);
      return encoder;
    },
  };
}
