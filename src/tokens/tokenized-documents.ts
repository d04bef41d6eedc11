// Tokenised documents in two flat arrays, which are cheap to store, to share and to cut.
import { SEPARATOR_TOKENS } from '../config/budget.ts';
import type { Tokenizer } from './tokenizer.ts';

/** Documents as token ids, without separators. */
export interface TokenizedDocuments {
  /** Ids of all documents, one after the other. */
  readonly ids: Uint16Array;
  /** [documents + 1]: document i is `ids[offsets[i]]` up to but not including `ids[offsets[i + 1]]`. */
  readonly offsets: Uint32Array;
}

/** Number of documents. */
export function documentCount(documents: TokenizedDocuments): number {
  return documents.offsets.length - 1;
}

/** Token ids of document `index` (a view). @throws RangeError for an index out of range. */
export function documentTokens(documents: TokenizedDocuments, index: number): Uint16Array {
  if (!(index >= 0 && index < documentCount(documents))) {
    throw new RangeError(`document ${index} lies outside 0 to ${documentCount(documents) - 1}`);
  }
  return documents.ids.subarray(documents.offsets[index], documents.offsets[index + 1]);
}

/** Tokens that the documents fill in a packed stream: one separator after each included. */
export function streamTokens(documents: TokenizedDocuments): number {
  return documents.ids.length + documentCount(documents) * SEPARATOR_TOKENS;
}

/** Collects tokenised documents one at a time; memory grows geometrically. */
export class DocumentCollector {
  #ids = new Uint16Array(1 << 16);
  #tokens = 0;
  readonly #offsets: number[] = [0];

  /** Documents so far. */
  get documents(): number {
    return this.#offsets.length - 1;
  }

  /** Tokens so far, one separator for each document included. */
  get streamTokens(): number {
    return this.#tokens + this.documents * SEPARATOR_TOKENS;
  }

  add(ids: ArrayLike<number>): void {
    const needed = this.#tokens + ids.length;
    if (needed > this.#ids.length) {
      const grown = new Uint16Array(Math.max(needed, 2 * this.#ids.length));
      grown.set(this.#ids.subarray(0, this.#tokens));
      this.#ids = grown;
    }
    this.#ids.set(ids, this.#tokens);
    this.#tokens = needed;
    this.#offsets.push(needed);
  }

  finish(): TokenizedDocuments {
    return { ids: this.#ids.slice(0, this.#tokens), offsets: Uint32Array.from(this.#offsets) };
  }
}

/** Tokenises texts. @throws InputError for a lone surrogate. */
export function tokenizeTexts(tokenizer: Tokenizer, texts: Iterable<string>): TokenizedDocuments {
  const collector = new DocumentCollector();
  for (const text of texts) collector.add(tokenizer.encode(text));
  return collector.finish();
}

/** How many documents are needed: until both are reached. Tokens count one separator for each document. */
export interface DocumentDemand {
  readonly tokens?: number;
  readonly documents?: number;
}

/** The shortest beginning of the documents that meets a demand, or null if all of them do not. */
export function firstDocuments(
  documents: TokenizedDocuments,
  demand: DocumentDemand,
): TokenizedDocuments | null {
  let count = demand.documents ?? 0;
  if (count > documentCount(documents)) return null;
  while (documents.offsets[count] + count < (demand.tokens ?? 0)) {
    count += 1;
    if (count > documentCount(documents)) return null;
  }
  return {
    ids: documents.ids.subarray(0, documents.offsets[count]),
    offsets: documents.offsets.subarray(0, count + 1),
  };
}
