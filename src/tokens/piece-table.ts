// A tokenizer that looks pieces up instead of merging bytes: for texts of a known stock of words, such as the built-in
// stories. It needs a table of some kilobytes where the ranks of an encoding are a megabyte.
import { O200K_TOKEN_SPLIT_REGEX } from 'gpt-tokenizer/encodingParams/constants';
import { TinypoisonError } from '../core/errors.ts';
import { splitPieces } from './byte-pair-encoding.ts';
import { encodePieces, openPieceEncoder, refuseLoneSurrogates } from './compact-tokenizer.ts';
import { decodingTokenizer } from './decoding-tokenizer.ts';
import type { Tokenizer } from './tokenizer.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Token ids by piece. JSON. */
export type PieceTable = Readonly<Record<string, readonly number[]>>;

/** A piece that a table does not hold: the full tokenizer is needed. */
export class UnknownPieceError extends TinypoisonError {
  readonly piece: string;

  constructor(piece: string) {
    super(
      `the table of pieces does not hold ${JSON.stringify(piece)}: encode with the ranks of the encoding`,
    );
    this.piece = piece;
  }
}

/**
 * Encodes as the full tokenizer of a vocabulary does, whose encoding must be o200k_base.
 * @param table made with the same vocabulary; an `encode` beyond it throws an UnknownPieceError
 */
export function tokenizerFromPieces(vocabulary: Vocabulary, table: PieceTable): Tokenizer {
  const known = new Map(Object.entries(table));
  const idsOf = (piece: string): readonly number[] => {
    const ids = known.get(piece);
    if (ids === undefined) throw new UnknownPieceError(piece);
    return ids;
  };
  const pieces = (text: string) => splitPieces(text, O200K_TOKEN_SPLIT_REGEX);
  return {
    ...decodingTokenizer(vocabulary),
    encode: (text) => {
      refuseLoneSurrogates(text);
      return encodePieces(text, { pieces, idsOf });
    },
  };
}

/** The full tokenizer of a vocabulary of o200k_base, which notes each piece that it meets in `table`. */
export async function recordPieces(
  vocabulary: Vocabulary,
  table: Map<string, readonly number[]>,
): Promise<Tokenizer> {
  const { pieces, idsOf } = await openPieceEncoder({ ...vocabulary, encoding: 'o200k_base' });
  const record = (piece: string): readonly number[] => {
    const ids = idsOf(piece);
    table.set(piece, ids);
    return ids;
  };
  return {
    ...decodingTokenizer(vocabulary),
    encode: (text) => {
      refuseLoneSurrogates(text);
      return encodePieces(text, { pieces, idsOf: record });
    },
  };
}
