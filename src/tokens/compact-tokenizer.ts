// A tokenizer over a compact vocabulary. What was not kept is split into its byte-pair parents, and only at the
// end into bytes, so that no text is out of vocabulary.
import { InputError } from '../core/errors.ts';
import { type BytePairEncoding, type EncodingName, loadEncoding } from './byte-pair-encoding.ts';
import { createDecoder } from './decoder.ts';
import type { Tokenizer } from './tokenizer.ts';
import {
  bytesOfVocabulary,
  FIRST_KEPT_ID,
  hashOfVocabulary,
  parseVocabulary,
  SEPARATOR_ID,
  type Vocabulary,
} from './vocabulary.ts';

// Pieces repeat (words do), so that their ids are kept; a text without repetition must not fill the memory.
const MAX_CACHED_PIECES = 100_000;

/** @throws InputError for a lone surrogate: it has no UTF-8, so that no tokenizer could give it back. */
export function refuseLoneSurrogates(text: string): void {
  const at = text.search(/\p{Surrogate}/u);
  if (at < 0) return;
  const code = text.charCodeAt(at).toString(16).toUpperCase();
  throw new InputError(
    `text holds a lone surrogate U+${code} at character ${at}: it is not well-formed Unicode`,
  );
}

/** Ids of a piece: kept tokens as they are, others through their parents. */
function createPieceEncoder(
  encoding: BytePairEncoding,
  vocabulary: Vocabulary,
): (piece: string) => readonly number[] {
  const idsOfOriginal = new Map<number, readonly number[]>(
    vocabulary.kept.map(([originalId], index) => [originalId, [FIRST_KEPT_ID + index]]),
  );
  const compact = (originalId: number): readonly number[] => {
    let ids = idsOfOriginal.get(originalId);
    if (ids === undefined) {
      const bytes = encoding.bytesOf(originalId);
      ids = bytes.length === 1 ? [...bytes] : encoding.parentsOf(originalId).flatMap(compact);
      idsOfOriginal.set(originalId, ids);
    }
    return ids;
  };
  const idsOfPiece = new Map<string, readonly number[]>();
  return (piece) => {
    let ids = idsOfPiece.get(piece);
    if (ids === undefined) {
      ids = encoding.encodePiece(piece).flatMap(compact);
      if (idsOfPiece.size >= MAX_CACHED_PIECES) idsOfPiece.clear();
      idsOfPiece.set(piece, ids);
    }
    return ids;
  };
}

/** How a text is encoded: cut into pieces, and each piece by itself. */
export interface PieceEncoder {
  pieces(text: string): Iterable<string>;
  idsOf(piece: string): readonly number[];
}

/** The two steps of encoding with a vocabulary. Loads the ranks of its encoding. */
export async function openPieceEncoder(
  vocabulary: Vocabulary & { readonly encoding: EncodingName },
): Promise<PieceEncoder> {
  const encoding = await loadEncoding(vocabulary.encoding);
  return { pieces: encoding.pieces, idsOf: createPieceEncoder(encoding, vocabulary) };
}

/** Ids of a whole text. */
export function encodePieces(text: string, { pieces, idsOf }: PieceEncoder): number[] {
  const ids: number[] = [];
  for (const piece of pieces(text)) for (const id of idsOf(piece)) ids.push(id);
  return ids;
}

async function createEncoder(vocabulary: Vocabulary): Promise<(text: string) => number[]> {
  const { encoding } = vocabulary;
  if (encoding === 'bytes') {
    const encoder = new TextEncoder();
    return (text) => Array.from(encoder.encode(text));
  }
  const pieces = await openPieceEncoder({ ...vocabulary, encoding });
  return (text) => encodePieces(text, pieces);
}

/**
 * The tokenizer of a vocabulary. Loads the ranks of its encoding (none for `bytes`).
 * @param json a Vocabulary, or what JSON.parse made of one
 * @throws InputError if it is not a vocabulary
 */
export async function tokenizerFromVocabulary(
  json: unknown,
): Promise<Tokenizer & { readonly vocabulary: Vocabulary }> {
  const vocabulary = parseVocabulary(json);
  const bytesOfToken = bytesOfVocabulary(vocabulary);
  const encode = await createEncoder(vocabulary);
  return {
    vocabulary,
    vocabularySize: bytesOfToken.length,
    separatorId: SEPARATOR_ID,
    hash: hashOfVocabulary(vocabulary),
    bytesOfToken,
    encode: (text) => {
      refuseLoneSurrogates(text);
      return encode(text);
    },
    decode: createDecoder(bytesOfToken),
  };
}
