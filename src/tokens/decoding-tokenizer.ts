// A tokenizer for processes that never encode: it needs the vocabulary alone, and no ranks of its encoding.
import { TinypoisonError } from '../core/errors.ts';
import { createDecoder } from './decoder.ts';
import type { Tokenizer } from './tokenizer.ts';
import { bytesOfVocabulary, hashOfVocabulary, SEPARATOR_ID, type Vocabulary } from './vocabulary.ts';

/** Decodes with a vocabulary. Its `encode` throws. */
export function decodingTokenizer(vocabulary: Vocabulary): Tokenizer {
  const bytesOfToken = bytesOfVocabulary(vocabulary);
  return {
    vocabularySize: bytesOfToken.length,
    separatorId: SEPARATOR_ID,
    hash: hashOfVocabulary(vocabulary),
    bytesOfToken,
    encode: () => {
      throw new TinypoisonError('this process only decodes');
    },
    decode: createDecoder(bytesOfToken),
  };
}
