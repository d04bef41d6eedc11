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
import type { EncodedPoison, TriggeredDocument } from './phase/plant-poison.ts';

/** Prepared values by their kind. */
export interface MemoValues {
  readonly vocabularies: Vocabulary;
  readonly poison: readonly EncodedPoison[];
  readonly prompts: readonly number[];
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

/** All that a memo in memory holds, as JSON: made where there is a tokenizer, read where there is none. */
export interface MemoSnapshot {
  readonly values: { readonly [P in MemoPart]: readonly (readonly [ref: string, value: MemoValues[P]])[] };
  readonly encoded: readonly (readonly [
    ref: string,
    documents: { readonly ids: readonly number[]; readonly offsets: readonly number[] },
    complete: boolean,
  ])[];
}

/** A memo that keeps nothing but in memory. */
export interface MemoryMemo extends Memo, MemoReader {
  snapshot(): MemoSnapshot;
}

/**
 * A memo in this process's memory.
 * @param given what another one held. It is taken as it is: a run's weights show whether it was right
 */
export function createMemoryMemo(given?: MemoSnapshot): MemoryMemo {
  const values: { readonly [P in MemoPart]: Map<string, MemoValues[P]> } = {
    vocabularies: new Map(given?.values.vocabularies),
    poison: new Map(given?.values.poison),
    prompts: new Map(given?.values.prompts),
    triggers: new Map(given?.values.triggers),
    'clean-triggers': new Map(given?.values['clean-triggers']),
    evaluation: new Map(given?.values.evaluation),
  };
  const encoded = new Map<string, EncodedCorpus>(
    given?.encoded.map(([ref, { ids, offsets }, complete]) => [
      ref,
      { documents: { ids: Uint16Array.from(ids), offsets: Uint32Array.from(offsets) }, complete },
    ]),
  );
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
    snapshot: () => ({
      values: {
        vocabularies: [...values.vocabularies],
        poison: [...values.poison],
        prompts: [...values.prompts],
        triggers: [...values.triggers],
        'clean-triggers': [...values['clean-triggers']],
        evaluation: [...values.evaluation],
      },
      encoded: [...encoded].map(([ref, { documents, complete }]) => [
        ref,
        { ids: [...documents.ids], offsets: [...documents.offsets] },
        complete,
      ]),
    }),
  };
}
