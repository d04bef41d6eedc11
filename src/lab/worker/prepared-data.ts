// What was prepared for the lab by scripts/lab/generate-lab-data.mjs: it spares the page a megabyte of ranks and a parser.
import type { ModelConfig, PoisonConfig, RunConfig } from '../../config/schema/schema.ts';
import type { StoryGrammar } from '../../corpus/story-grammar.ts';
import type { PieceTable } from '../../tokens/piece-table.ts';
import type { Vocabulary } from '../../tokens/vocabulary.ts';
import type { Payload, Size } from '../choices.ts';

/** JSON, generated. */
export interface PreparedData {
  readonly grammar: StoryGrammar;
  readonly vocabulary: { readonly ref: string; readonly value: Vocabulary };
  readonly pieces: PieceTable;
  /** A run of the experiment constant-count. */
  readonly base: RunConfig;
  readonly sizes: Readonly<Record<Size, { readonly model: ModelConfig; readonly tokens: number }>>;
  readonly poisons: Readonly<Record<Payload, PoisonConfig>>;
  /** Token ids of the poisoned documents of seed 1 with the published trigger, gibberish. */
  readonly poison: {
    readonly ref: string;
    readonly attack: string;
    readonly documents: readonly (readonly number[])[];
  };
}

/** Loads it; a file of its own, so that the worker's code arrives first. */
export async function loadPreparedData(): Promise<PreparedData> {
  const { default: data } = await import('../data/prepared.json');
  return data as unknown as PreparedData;
}
