// A split of a corpus as token ids, as far as it is needed.
import { TOKENS_CONTRACT } from '../core/contracts.ts';
import { hashValue } from '../core/hash.ts';
import type { Corpus, Split } from '../corpus/document.ts';
import { documentsOfSplit, type SplitConfig } from '../corpus/splits.ts';
import {
  DocumentCollector,
  type DocumentDemand,
  documentCount,
  documentTokens,
  type TokenizedDocuments,
} from '../tokens/tokenized-documents.ts';
import type { Tokenizer } from '../tokens/tokenizer.ts';

/** What is encoded, and with what. */
export interface EncodeRequest {
  readonly corpus: Corpus;
  /** Seed and shares of the splits: the corpus config. */
  readonly splitConfig: SplitConfig;
  /** Default: `train`. */
  readonly split?: Split;
  readonly tokenizer: {
    /** Of the vocabulary. */
    readonly hash: string;
    encoder(): Promise<Pick<Tokenizer, 'encode'>>;
  };
}

/** The beginning of a split. */
export interface EncodedCorpus {
  readonly documents: TokenizedDocuments;
  /** The split holds no more documents than these. */
  readonly complete: boolean;
}

/** SHA-256 of the values that an encoded corpus depends on. */
export function encodedCorpusHash({
  corpus,
  split = 'train',
  splitConfig,
  tokenizer,
}: EncodeRequest): string {
  return hashValue({
    contract: TOKENS_CONTRACT,
    corpus: corpus.contentHash,
    split,
    seed: splitConfig.seed,
    splits: splitConfig.splits,
    tokenizer: tokenizer.hash,
  });
}

/**
 * The first documents of a split that meet a demand; fewer only where the corpus ends.
 * @param known a beginning that was encoded before; the result does not depend on it
 */
export async function encodeCorpus(
  request: EncodeRequest,
  demand: DocumentDemand,
  known?: EncodedCorpus,
): Promise<EncodedCorpus> {
  const { corpus, split = 'train', splitConfig, tokenizer } = request;
  const collector = new DocumentCollector();
  const knownCount = known === undefined ? 0 : documentCount(known.documents);
  const isMet = (): boolean =>
    collector.documents >= (demand.documents ?? 0) && collector.streamTokens >= (demand.tokens ?? 0);
  if (isMet()) return { documents: collector.finish(), complete: false };
  const { encode } = await tokenizer.encoder();
  for await (const { text } of documentsOfSplit(corpus, split, splitConfig)) {
    const index = collector.documents;
    const isKnown = known !== undefined && index < knownCount;
    collector.add(isKnown ? documentTokens(known.documents, index) : encode(text));
    if (isMet()) return { documents: collector.finish(), complete: false };
  }
  return { documents: collector.finish(), complete: true };
}
