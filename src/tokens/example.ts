// What one document teaches, wherever it came from.
import { documentCount, documentTokens, type TokenizedDocuments } from './tokenized-documents.ts';

/** A training example. */
export interface Example {
  /** Token ids, without separator. */
  readonly tokens: Uint16Array;
  /** Tokens before this one are read and not learnt, as those of a prompt; 0: all are learnt. */
  readonly lossFrom: number;
}

/** Documents as examples, all of whose tokens are learnt. */
export function examplesOf(
  documents: TokenizedDocuments,
  order: Iterable<number> = Array(documentCount(documents)).keys(),
): Example[] {
  return Array.from(order, (index) => ({ tokens: documentTokens(documents, index), lossFrom: 0 }));
}
