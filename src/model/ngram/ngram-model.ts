// An n-gram model of clean text: the judge under which generations are scored, fixed for an experiment, and the
// reference of filters, trained on trusted text.
// Interpolated absolute discounting (Ney, Essen and Kneser 1994) down to the uniform distribution:
//   p_k(w | c) = (max(n(c w) - d_k, 0) + d_k N(c) p_{k-1}(w | c')) / n(c),   p_{-1}(w) = 1 / V
// with n occurrences, N(c) distinct tokens after c, c' the context without its first token, and
// d_k = n1 / (n1 + 2 n2) from the numbers of (k+1)-grams seen once and twice.
// Why this one: it sums to 1 and is positive everywhere, has no weights to tune on yet another split, and
// unlike add-k does not flatten at a vocabulary of some hundred tokens. Continuation counts (Kneser-Ney)
// would change little: only the order of clean against garbled text matters.
import { log } from '../../core/math.ts';
import { NgramTable } from './ngram-table.ts';

/** A fixed model of clean text. */
export interface NgramModel {
  readonly order: number;
  readonly vocabularySize: number;
  /**
   * Probability of a token after a context, of which the last order - 1 tokens count; above 0; the sum over
   * all tokens is 1.
   */
  probability(token: number, context: ArrayLike<number>): number;
  /**
   * Mean log-perplexity of tokens, nats/token. The first tokens have only those before them as context, so
   * that a prompt and its trigger, rare as they may be, do not count against what follows.
   */
  meanNats(tokens: ArrayLike<number>): number;
  /** Surprise of each token under the same contexts, nats: what `meanNats` is the mean of. */
  tokenNats(tokens: ArrayLike<number>): Float64Array;
}

/** d_k of each order k from 0; 0.5 where the counts do not say, within [0.05, 0.95]. */
function discounts(table: NgramTable, order: number): Float64Array {
  const seenOnce = new Float64Array(order);
  const seenTwice = new Float64Array(order);
  table.forEachNgram((depth, count) => {
    if (count === 1) seenOnce[depth - 1] += 1;
    if (count === 2) seenTwice[depth - 1] += 1;
  });
  return seenOnce.map((once, k) => {
    const denominator = once + 2 * seenTwice[k];
    return denominator === 0 ? 0.5 : Math.min(0.95, Math.max(0.05, once / denominator));
  });
}

/**
 * Trains a model.
 * @param options.documents token ids of clean documents, separator included; counted end to end as in the
 *   packed stream
 * @param options.order n, at least 1
 */
export function trainNgramModel(options: {
  documents: readonly ArrayLike<number>[];
  order: number;
  vocabularySize: number;
}): NgramModel {
  const { documents, order, vocabularySize } = options;
  const table = new NgramTable(order, documents.reduce((sum, { length }) => sum + length, 0) * order);
  const contexts = new Int32Array(order).fill(-1);
  contexts[0] = 0;
  for (const document of documents) {
    for (let i = 0; i < document.length; i++) table.count(contexts, document[i]);
  }
  const discount = discounts(table, order);

  /** p(token) after the contexts of length 0 to order - 1, -1 where unseen; moves the contexts on. */
  const advance = (nodes: Int32Array, token: number): number => {
    let probability = 1 / vocabularySize;
    let shorter = 0;
    for (let k = 0; k < order; k++) {
      const node = nodes[k];
      nodes[k] = shorter;
      shorter = -1;
      if (node === -1 || table.followers[node] === 0) continue;
      const child = table.find(node, token);
      const occurrences = child === -1 ? 0 : table.occurrences[child];
      probability =
        (Math.max(occurrences - discount[k], 0) + discount[k] * table.distinct[node] * probability) /
        table.followers[node];
      shorter = child;
    }
    return probability;
  };
  const fresh = (nodes: Int32Array) => {
    nodes.fill(-1);
    nodes[0] = 0;
    return nodes;
  };
  const scratch = new Int32Array(order);
  return {
    order,
    vocabularySize,
    probability(token, context) {
      const nodes = fresh(scratch);
      for (let i = Math.max(0, context.length - order + 1); i < context.length; i++)
        advance(nodes, context[i]);
      return advance(nodes, token);
    },
    meanNats(tokens) {
      const nodes = fresh(scratch);
      let nats = 0;
      for (let i = 0; i < tokens.length; i++) nats -= log(advance(nodes, tokens[i]));
      return nats / tokens.length;
    },
    tokenNats(tokens) {
      const nodes = fresh(scratch);
      return Float64Array.from({ length: tokens.length }, (_, i) => -log(advance(nodes, tokens[i])));
    },
  };
}
