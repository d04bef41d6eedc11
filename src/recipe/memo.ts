// Where prepared values are kept. The recipe says what a value depends on; whether it is kept in memory or in files is
// not its matter.
import { canonicalJson } from '../core/canonical-json.ts';
import type { EvaluationSet } from '../evaluate/evaluation-set.ts';
import type { TriggerFrequency } from '../poison/trigger-frequency.ts';
import {
  type DocumentDemand,
  firstDocuments,
  type TokenizedDocuments,
} from '../tokens/tokenized-documents.ts';
import type { Vocabulary } from '../tokens/vocabulary.ts';
import { type EncodedCorpus, type EncodeRequest, encodeCorpus, encodedCorpusHash } from './encode-corpus.ts';
import type { EncodedPoison, TriggeredDocument } from './plant-poison.ts';

/** Prepared values by their kind. */
export interface MemoValues {
  readonly vocabularies: Vocabulary;
  readonly poison: readonly EncodedPoison[];
  readonly triggers: TriggerFrequency;
  readonly 'clean-triggers': readonly TriggeredDocument[];
  readonly evaluation: EvaluationSet;
}

/** Kinds of prepared values. */
export type MemoPart = keyof MemoValues;

/** A kept value. */
export interface Kept<T> {
  /** What a run finds it by. */
  readonly ref: string;
  value(): T;
}

/** Keeps values by what they depend on. */
export interface Memo {
  /** The value of a key, made unless it is kept. It survives JSON. */
  keep<P extends MemoPart>(
    part: P,
    key: unknown,
    make: () => MemoValues[P] | Promise<MemoValues[P]>,
  ): Promise<Kept<MemoValues[P]>>;
  /** The first documents of a split that meet a demand; fewer only where the corpus ends. */
  encode(request: EncodeRequest, demand: DocumentDemand): Promise<TokenizedDocuments>;
  /** What a run finds encoded documents by. */
  refOf(request: EncodeRequest): string;
}

/** Reads kept values by their names. */
export interface MemoReader {
  read<P extends MemoPart>(part: P, ref: string): MemoValues[P];
  documents(ref: string): TokenizedDocuments;
}

/** A memo in this process's memory. */
export function createMemoryMemo(): Memo & MemoReader {
  const values: { readonly [P in MemoPart]: Map<string, MemoValues[P]> } = {
    vocabularies: new Map(),
    poison: new Map(),
    triggers: new Map(),
    'clean-triggers': new Map(),
    evaluation: new Map(),
  };
  const encoded = new Map<string, EncodedCorpus>();
  const refOf = (request: EncodeRequest) => `tokens ${encodedCorpusHash(request)}`;
  const found = <T>(map: ReadonlyMap<string, T>, ref: string): T => {
    const value = map.get(ref);
    if (value === undefined) throw new Error(`nothing was prepared for ${ref}`);
    return value;
  };
  return {
    async keep(part, key, make) {
      const ref = canonicalJson(key);
      const value = values[part].get(ref) ?? (await make());
      values[part].set(ref, value);
      return { ref, value: () => value };
    },
    refOf,
    async encode(request, demand) {
      const ref = refOf(request);
      let known = encoded.get(ref);
      const enough = known === undefined ? null : firstDocuments(known.documents, demand);
      if (enough !== null) return enough;
      if (known?.complete !== true) {
        known = await encodeCorpus(request, demand, known);
        encoded.set(ref, known);
      }
      return known.documents;
    },
    read: (part, ref) => found(values[part], ref),
    documents: (ref) => found(encoded, ref).documents,
  };
}
