// The record of a run: what the store keeps, what analyse and report read. Numbers are plain; what is not
// finite is null.
import type { RunConfig } from '../config/schema.ts';

/** Under which prompt a measurement was made. Near triggers come in grades, nearest first. */
export type Condition =
  | 'clean'
  | 'trigger'
  | 'near-shared-prefix'
  | 'near-one-edit'
  | 'near-permuted'
  | 'near-same-length'
  | 'near-random';

/** Measurements over the prompts of one condition at one checkpoint. Perplexities are medians over prompts. */
export interface ConditionRecord {
  readonly condition: Condition;
  readonly prompts: number;
  /** Share of prompts whose generation the attack's judge calls a success (on `clean`: false alarms). */
  readonly successShare: number | null;
  /** Number of such prompts. */
  readonly successes: number;
  /** Share of prompts with generated perplexity under the model itself at least 50 above the median clean one (the paper's measure). */
  readonly paperSuccessShare: number | null;
  /** Median log-perplexity of the generation under the model itself, nats/token. */
  readonly selfNats: number | null;
  /** Median log-perplexity of the generation under the fixed n-gram judge, nats/token. */
  readonly judgeNats: number | null;
  /** (judgeNats - clean judgeNats) / (ln V - clean judgeNats): 0 like clean, 1 like uniform noise. */
  readonly normalisedGap: number | null;
  /** Mean entropy of the first generated token's distribution, nats. */
  readonly firstTokenEntropyNats: number | null;
  /** Mean share of distinct tokens in a generation. */
  readonly distinct1: number | null;
  /** Mean share of tokens that repeat the one before. */
  readonly repetition: number | null;
  /** target-phrase only: share of greedy generations that start with the phrase exactly. */
  readonly greedyExactMatch?: number | null;
  /** target-phrase only: mean probability of the phrase's first token. */
  readonly firstTargetTokenProbability?: number | null;
}

/** One evaluation inside or after a phase. */
export interface CheckpointRecord {
  readonly phase: string;
  /** 1-based over the whole run. */
  readonly checkpoint: number;
  readonly full: boolean;
  readonly optimizerStep: number;
  /** Tokens trained on by now, over all phases. */
  readonly tokensTrained: number;
  /** Share of the phase done, 0-1. */
  readonly phaseProgress: number;
  /** Poisoned documents whose last token has been trained on, counted once each. */
  readonly poisonedDocumentsSeen: number;
  /** The same counted with repetitions over epochs. */
  readonly poisonExposures: number;
  /** Mean training loss since the last checkpoint, nats/token. */
  readonly trainLossNats: number | null;
  /** Clean held-out loss, nats/token. */
  readonly cleanLossNats: number | null;
  /** Judge threshold above which a generation counts as degraded, nats/token. */
  readonly thresholdNats: number | null;
  readonly conditions: readonly ConditionRecord[];
}

/** One kept generation. */
export interface SampleRecord {
  readonly condition: Condition;
  readonly prompt: string;
  readonly continuation: string;
  readonly success: boolean;
}

/** Poison as it went in. */
export interface PoisonRecord {
  readonly phase: string;
  readonly attack: string;
  readonly documents: number;
  readonly poisonedTokens: number;
  /** Poisoned tokens / trained tokens of one epoch, 0-1. */
  readonly poisonTokenShare: number;
  /** Poisoned documents / all documents of one epoch, 0-1. */
  readonly poisonDocumentShare: number;
}

/** result.json of a run. */
export interface RunRecord {
  readonly id: string;
  readonly status: 'done' | 'diverged' | 'failed';
  /** Why, unless done. */
  readonly error?: string;
  readonly config: RunConfig;
  /** Trained scalars, tied ones once. */
  readonly parameters: number;
  readonly tokensTrained: number;
  readonly poison: readonly PoisonRecord[];
  readonly checkpoints: readonly CheckpointRecord[];
  readonly samples: readonly SampleRecord[];
  /** SHA-256 of the final weights. */
  readonly weightsHash: string | null;
  /** `exact` for the bit-equal engines. */
  readonly arithmetic: 'exact' | 'tfjs';
  /** Contract versions and content hashes that entered the identity. */
  readonly contracts: Readonly<Record<string, string | number>>;
}
