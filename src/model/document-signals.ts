// What a model says of whole documents, of any length: their losses, and their hidden states pooled.
import { InputError } from '../core/errors.ts';
import type { LanguageModel } from './language-model.ts';
import type { TrainableModel } from './trainable-model.ts';

/** Loss of one document. */
export interface DocumentLoss {
  /** Of each token but the first, nats. */
  readonly tokenNats: Float32Array;
  /** Their mean, nats/token; NaN for a document of one token. */
  readonly meanNats: number;
}

/** Pieces of `tokens` of at most `size` tokens, each beginning `overlap` tokens before the end of the one before. */
function cut(tokens: ArrayLike<number>, size: number, overlap: number): number[][] {
  const all = Array.from(tokens);
  const pieces: number[][] = [];
  for (let first = 0; first === 0 || first + overlap < all.length; first += size - overlap) {
    pieces.push(all.slice(first, first + size));
  }
  return pieces;
}

/** Pieces of all documents in one list, and how many each has. */
function cutAll(
  documents: readonly ArrayLike<number>[],
  size: number,
  overlap: number,
): { pieces: number[][]; counts: number[] } {
  const cuts = documents.map((tokens) => cut(tokens, size, overlap));
  return { pieces: cuts.flat(), counts: cuts.map(({ length }) => length) };
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

/**
 * Loss of each document. One longer than the context is cut into windows: a token is predicted from those of its
 * window alone, of which there are up to a context's.
 * @param documents token ids of each, at least one
 * @throws InputError for an empty document, or an id out of range
 */
export function documentLosses(
  model: LanguageModel,
  documents: readonly ArrayLike<number>[],
): DocumentLoss[] {
  const empty = documents.findIndex(({ length }) => length === 0);
  if (empty !== -1) throw new InputError(`document ${empty} has no tokens; a loss needs at least one`);
  // the last token of a window is the first of the next: predicted in the one, given in the other
  const { pieces, counts } = cutAll(documents, model.config.contextTokens + 1, 1);
  const losses = model.tokenLossesNats(pieces.filter(({ length }) => length > 1));
  let next = 0;
  return documents.map(({ length }, d) => {
    const tokenNats = new Float32Array(length - 1);
    let filled = 0;
    for (let piece = 0; length > 1 && piece < (counts[d] as number); piece++) {
      const nats = losses[next++] as Float32Array;
      tokenNats.set(nats, filled);
      filled += nats.length;
    }
    return { tokenNats, meanNats: meanOf(tokenNats) };
  });
}

/**
 * Hidden states of each document at a layer, pooled: the mean over its tokens (summed in their order in double
 * precision), or those after its last token. A document longer than the context is cut into windows.
 * @param options.layer 0: the embeddings; l: the output of block l; `head`: the last, normalised
 * @returns [documents][C]
 */
export function documentStates(
  model: TrainableModel,
  documents: readonly ArrayLike<number>[],
  { layer, pool }: { layer: number | 'head'; pool: 'mean' | 'last' },
): Float32Array[] {
  const { C, T } = model.shape;
  const { pieces, counts } = cutAll(documents, T, 0);
  const states = model.hiddenStates(pieces, { layer });
  let next = 0;
  return documents.map(({ length }, d) => {
    const own = states.slice(next, next + (counts[d] as number));
    next += own.length;
    if (pool === 'last') return Float32Array.from((own.at(-1) as Float32Array).subarray(-C));
    const sums = new Float64Array(C);
    for (const rows of own) for (let i = 0; i < rows.length; i++) sums[i % C] += rows[i];
    return Float32Array.from(sums, (sum) => sum / length);
  });
}
