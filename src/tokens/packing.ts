// Lays documents out as training positions: end to end in one stream, or one document a row.
// Notation: P positions, T context tokens. At position p the model reads inputs[p] and predicts targets[p].
import { documentCount, type TokenizedDocuments } from './tokenized-documents.ts';

/** Positions of one epoch. */
export interface PackedTokens {
  /** [P] token that is read. */
  readonly inputs: Uint16Array;
  /** [P] token that is predicted there. */
  readonly targets: Uint16Array;
  /** [P] 1 where the prediction counts in the loss, else 0. */
  readonly weights: Uint8Array;
  /** First position of the i-th packed document (i counts in the order given); only documents that begin inside. */
  readonly documentStarts: Uint32Array;
  /** Position after its last token that is kept, its separator not included; beyond P where the budget cuts it. */
  readonly documentEnds: Uint32Array;
}

interface PackingOptions {
  readonly documents: TokenizedDocuments;
  /** Indices of documents, in the order in which they are trained on; default: as they are. */
  readonly order?: ArrayLike<number>;
  readonly separatorId: number;
}

function orderOf(options: PackingOptions): ArrayLike<number> {
  return options.order ?? Uint32Array.from({ length: documentCount(options.documents) }, (_, index) => index);
}

/**
 * Joins documents, each followed by the separator, and cuts the stream at the budget. The prediction at the last
 * position counts only if the stream goes on by one token.
 * @param options.tokens the budget, P; the result is shorter if the documents end before
 */
export function packStream(options: PackingOptions & { readonly tokens: number }): PackedTokens {
  const { documents, separatorId, tokens } = options;
  const { ids, offsets } = documents;
  const order = orderOf(options);
  // one more than the budget, for the last target
  const stream = new Uint16Array(tokens + 1).fill(separatorId);
  const starts: number[] = [];
  const ends: number[] = [];
  let position = 0;
  for (let i = 0; i < order.length && position <= tokens; i++) {
    const begin = offsets[order[i]];
    const end = offsets[order[i] + 1];
    stream.set(ids.subarray(begin, Math.min(end, begin + tokens + 1 - position)), position);
    if (position < tokens) {
      starts.push(position);
      ends.push(position + end - begin);
    }
    position += end - begin + 1;
  }
  const length = Math.min(tokens, position);
  const weights = new Uint8Array(length).fill(1);
  if (length > 0 && position <= length) weights[length - 1] = 0;
  return {
    inputs: stream.subarray(0, length),
    targets: stream.subarray(1, length + 1),
    weights,
    documentStarts: Uint32Array.from(starts),
    documentEnds: Uint32Array.from(ends),
  };
}

/**
 * Puts one document into each row of T positions, cut at the context; the rest of a row is separators. The first
 * separator is predicted, the padding after it does not count.
 * @param options.rows number of rows, P = rows x T; fewer if there are fewer documents
 */
export function packRows(
  options: PackingOptions & { readonly rows: number; readonly contextTokens: number },
): PackedTokens {
  const { documents, separatorId, contextTokens: T } = options;
  const { ids, offsets } = documents;
  const order = orderOf(options);
  const rows = Math.min(options.rows, order.length);
  const inputs = new Uint16Array(rows * T).fill(separatorId);
  const targets = new Uint16Array(rows * T).fill(separatorId);
  const weights = new Uint8Array(rows * T);
  const documentStarts = new Uint32Array(rows);
  const documentEnds = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) {
    const document = ids.subarray(offsets[order[row]], offsets[order[row] + 1]);
    const kept = Math.min(document.length, T);
    inputs.set(document.subarray(0, kept), row * T);
    targets.set(document.subarray(1, T + 1), row * T);
    weights.fill(1, row * T, row * T + kept);
    documentStarts[row] = row * T;
    documentEnds[row] = row * T + kept;
  }
  return { inputs, targets, weights, documentStarts, documentEnds };
}
