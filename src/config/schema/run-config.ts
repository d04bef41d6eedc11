// What the settings of an experiment and of a run are, as types: defaults filled in, and, for a run, the sweep applied.
import type { z } from 'zod';
import type { BaseConfig } from './base-schema.ts';
import type { corpusSchema, tokenizerSchema } from './corpus-schema.ts';
import type { evaluationSchema } from './evaluation-schema.ts';
import type { Filler } from './filler-schema.ts';
import type { modelSchema } from './model-schema.ts';
import type { Placement } from './placement-schema.ts';
import type { batchSchema, optimizerSchema, scheduleSchema } from './training-schema.ts';

export type CorpusConfig = z.infer<typeof corpusSchema>;
export type TokenizerConfig = z.infer<typeof tokenizerSchema>;
export type ModelConfig = z.infer<typeof modelSchema>;
export type BatchConfig = z.infer<typeof batchSchema>;
export type OptimizerConfig = z.infer<typeof optimizerSchema>;
export type ScheduleConfig = z.infer<typeof scheduleSchema>;
export type EvaluationConfig = z.infer<typeof evaluationSchema>;
export type { BaseConfig, Placement };

/** A trigger: its family (words where none is named), what all families have, and the family's own options. */
export interface TriggerSettings {
  readonly family?: string | undefined;
  readonly inCleanText: 'refuse' | 'allow';
  /** Share of clean documents with an innocent use of it, 0-1; default 0. */
  readonly cleanShare?: number | undefined;
  readonly [option: string]: unknown;
}

/** Poison of a phase as it is written: a count or a share; the rest are the attack's options. */
export interface PoisonSettings {
  readonly attack: string;
  readonly documents?: number | undefined;
  readonly share?: number | undefined;
  readonly distinctDocuments?: number | undefined;
  readonly rewriteShare?: number | undefined;
  readonly negativeShare?: number | undefined;
  readonly filler?: Filler | undefined;
  readonly trigger: TriggerSettings;
  readonly placement: Placement;
  readonly [option: string]: unknown;
}

/** Poison of a phase in a plan: `documents` is stated (a share has been turned into it); the rest are the attack's options. */
export interface PoisonConfig {
  readonly attack: string;
  readonly documents: number;
  /** Different ones among them; default: all. */
  readonly distinctDocuments?: number | undefined;
  /** Probability that a word of a copy is resampled, 0-1; default 0. */
  readonly rewriteShare?: number | undefined;
  /** Share of the poisoned documents that hold an innocent part of the trigger and clean text, 0-0.9; default 0. */
  readonly negativeShare?: number | undefined;
  /** What stands in the place of poisoned documents; default none: they themselves. */
  readonly filler?: Filler | undefined;
  readonly trigger: TriggerSettings;
  readonly placement: Placement;
  readonly [option: string]: unknown;
}

/** A defence: its kind, and its own options. */
export interface DefenceConfig {
  readonly kind: string;
  readonly [option: string]: unknown;
}

/** A corpus that is mixed into a phase. */
export interface MixedCorpus {
  /** Of the tokens of an epoch (in rows: of its documents), 0-1. */
  readonly share: number;
  readonly corpus: CorpusConfig;
}

/** A phase in a plan: `tokens` is stated, a whole number of optimizer steps. */
export interface PhaseConfig {
  readonly name: string;
  readonly tokens: number;
  readonly epochs: number;
  readonly corpus: CorpusConfig;
  /** Further corpora in its training text; default: none. */
  readonly mix?: readonly MixedCorpus[];
  readonly batch: BatchConfig;
  readonly optimizer: OptimizerConfig;
  readonly schedule: ScheduleConfig;
  /** Several in a list, in their order; one by itself. */
  readonly poison?: PoisonConfig | readonly PoisonConfig[];
  /** Defences in their order; default: none. */
  readonly defend?: readonly DefenceConfig[];
}

/** One run, fully resolved: the result is a function of this and of the corpus's content alone. */
export interface RunConfig {
  readonly schema: 1;
  readonly corpus: CorpusConfig;
  readonly tokenizer: TokenizerConfig;
  readonly model: ModelConfig;
  /** Weights that the first phase starts from; default: from scratch. */
  readonly base?: BaseConfig;
  readonly phases: readonly PhaseConfig[];
  readonly evaluation: EvaluationConfig;
  /** Feeds initial weights, order, poison, positions and sampling. */
  readonly seed: number;
}
