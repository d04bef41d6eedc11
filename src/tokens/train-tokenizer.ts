// Chooses which tokens of a large encoding a compact vocabulary keeps.
import type { TokenizerConfig } from '../config/schema/schema.ts';
import { TOKENS_CONTRACT } from '../core/contracts.ts';
import { InputError } from '../core/errors.ts';
import { type BytePairEncoding, loadEncoding } from './byte-pair-encoding.ts';
import { chooseKept } from './choose-kept.ts';
import { tokenizerFromVocabulary } from './compact-tokenizer.ts';
import { FIRST_KEPT_ID, keptToken, type Vocabulary } from './vocabulary.ts';

/** How often each original token occurs. */
function countTokens(encoding: BytePairEncoding, texts: Iterable<string>): Float64Array {
  const occurrencesOfPiece = new Map<string, number>();
  for (const text of texts) {
    for (const piece of encoding.pieces(text)) {
      occurrencesOfPiece.set(piece, (occurrencesOfPiece.get(piece) ?? 0) + 1);
    }
  }
  const counts = new Float64Array(encoding.originalIds);
  for (const [piece, occurrences] of occurrencesOfPiece) {
    for (const id of encoding.encodePiece(piece)) counts[id] += occurrences;
  }
  return counts;
}

async function chooseVocabulary(config: TokenizerConfig, texts: Iterable<string>): Promise<Vocabulary> {
  const size = config.vocabularySize;
  if (config.encoding === 'bytes') {
    if (size === FIRST_KEPT_ID) return { contract: TOKENS_CONTRACT, encoding: 'bytes', kept: [] };
    throw new InputError(
      `the encoding "bytes" has a vocabulary of ${FIRST_KEPT_ID}, not ${size}: set vocabularySize to it`,
    );
  }
  const encoding = await loadEncoding(config.encoding);
  const chosen = chooseKept(encoding, countTokens(encoding, texts), size - FIRST_KEPT_ID);
  if (chosen.length < size - FIRST_KEPT_ID) {
    const limit = chosen.length + FIRST_KEPT_ID;
    throw new InputError(
      `${config.encoding} has tokens for a vocabulary of ${limit} at most, not ${size}: lower vocabularySize`,
    );
  }
  const kept = chosen.map((id) => keptToken(id, encoding.bytesOf(id)));
  return { contract: TOKENS_CONTRACT, encoding: config.encoding, kept };
}

/**
 * Trains the compact vocabulary: the tokens of the encoding that make these texts shortest when all others are split
 * into their byte-pair parents.
 * @param texts clean texts of the training split
 * @throws InputError if the size does not fit the encoding, or for a lone surrogate later in `encode`
 */
export async function trainTokenizer(
  config: TokenizerConfig,
  texts: Iterable<string>,
): Promise<Awaited<ReturnType<typeof tokenizerFromVocabulary>>> {
  return tokenizerFromVocabulary(await chooseVocabulary(config, texts));
}
