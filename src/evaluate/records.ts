// What evaluation measures: the part of a run's record that is made here.

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

/** What an evaluation measures; the run adds where in training it was made. */
export interface CheckpointMeasures {
  readonly full: boolean;
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
