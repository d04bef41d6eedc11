// Lays examples out as training positions: end to end in one stream, or one document a row.
// Notation: P positions, T context tokens. At position p the model reads inputs[p] and predicts targets[p].
import type { Example } from './example.ts';

/** Positions of one epoch. */
export interface PackedTokens {
  /** [P] token that is read. */
  readonly inputs: Uint16Array;
  /** [P] token that is predicted there. */
  readonly targets: Uint16Array;
  /** [P] 1 where the prediction counts in the loss, else 0: also where a prompt is predicted. */
  readonly weights: Uint8Array;
  /** First position of the i-th packed document (i counts in the order given); only documents that begin inside. */
  readonly documentStarts: Uint32Array;
  /** Position after its last token that is kept, its separator not included; beyond P where the budget cuts it. */
  readonly documentEnds: Uint32Array;
}

interface PackingOptions {
  /** In the order in which they are trained on. */
  readonly examples: readonly Example[];
  readonly separatorId: number;
}

/**
 * Joins documents, each followed by the separator, and cuts the stream at the budget. The prediction at the last
 * position counts only if the stream goes on by one token.
 * @param options.tokens the budget, P; the result is shorter if the documents end before
 */
export function packStream(options: PackingOptions & { readonly tokens: number }): PackedTokens {
  const { examples, separatorId, tokens } = options;
  // one more than the budget, for the last target
  const stream = new Uint16Array(tokens + 1).fill(separatorId);
  const weights = new Uint8Array(tokens).fill(1);
  const starts: number[] = [];
  const ends: number[] = [];
  let position = 0;
  for (const { tokens: ids, lossFrom } of examples) {
    if (position > tokens) break;
    stream.set(ids.subarray(0, tokens + 1 - position), position);
    // The token at a position is the target of the one before.
    if (lossFrom > 0) weights.fill(0, Math.max(0, position - 1), position - 1 + lossFrom);
    if (position < tokens) {
      starts.push(position);
      ends.push(position + ids.length);
    }
    position += ids.length + 1;
  }
  const length = Math.min(tokens, position);
  if (length > 0 && position <= length) weights[length - 1] = 0;
  return {
    inputs: stream.subarray(0, length),
    targets: stream.subarray(1, length + 1),
    weights: weights.subarray(0, length),
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
  const { examples, separatorId, contextTokens: T } = options;
  const rows = Math.min(options.rows, examples.length);
  const inputs = new Uint16Array(rows * T).fill(separatorId);
  const targets = new Uint16Array(rows * T).fill(separatorId);
  const weights = new Uint8Array(rows * T);
  const documentStarts = new Uint32Array(rows);
  const documentEnds = new Uint32Array(rows);
  for (const [row, { tokens, lossFrom }] of examples.slice(0, rows).entries()) {
    const kept = Math.min(tokens.length, T);
    inputs.set(tokens.subarray(0, kept), row * T);
    targets.set(tokens.subarray(1, T + 1), row * T);
    // The first token of a row is not predicted.
    weights.fill(1, row * T + Math.min(kept, Math.max(0, lossFrom - 1)), row * T + kept);
    documentStarts[row] = row * T;
    documentEnds[row] = row * T + kept;
  }
  return { inputs, targets, weights, documentStarts, documentEnds };
}
