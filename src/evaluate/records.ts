// What evaluation measures: the part of a run's record that is made here.

import type { Measure } from '../poison/payload.ts';
import type { ConditionKind, RecordedCondition } from './conditions.ts';

/** Scores of a condition's prompts, in their order. */
export interface PromptScores {
  /** Tokens of the generation that are noise: more surprising to the judge than 99 % of held-out clean tokens. */
  readonly noiseTokens: readonly number[];
  /** Mean surprise of the generation under the judge, 1/1000 nat a token. */
  readonly judgeMilliNats: readonly number[];
  /** The same under the model itself. */
  readonly selfMilliNats: readonly number[];
  /** Where success is a text that matches: how much of the payload the generation shows, 1/1000. */
  readonly outcomeMille?: readonly number[];
}

/** How strong an effect is over the prompts of a condition. */
export interface EffectSummary {
  /** Mean over prompts: share of noise tokens or, where success is a text that matches, how much of it is shown; 0-1. */
  readonly mean: number;
  /** Share of prompts for which it is above one quarter. */
  readonly aboveQuarter: number;
  readonly aboveHalf: number;
  readonly aboveThreeQuarters: number;
}

/** Measurements over the prompts of one condition at one checkpoint. Perplexities are medians over prompts. */
export interface ConditionRecord extends RecordedCondition {
  /** By which measure success was judged; left out where the shape of the record says it (`namedMeasure`). */
  readonly measure?: Measure;
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
  /** With a target text: share of greedy generations that start with it exactly. */
  readonly greedyExactMatch?: number | null;
  /** With a target text: mean probability of its first token. */
  readonly firstTargetTokenProbability?: number | null;
  /** Under evaluation contract 2: how strong the effect is. */
  readonly effect?: EffectSummary;
  /** Under evaluation contract 2, at the end of the last phase. */
  readonly scores?: PromptScores;
}

/** What an evaluation measures; the run adds where in training it was made. */
export interface CheckpointMeasures {
  readonly full: boolean;
  /** Clean held-out loss, nats/token. */
  readonly cleanLossNats: number | null;
  /** Judge threshold above which a generation counts as degraded, nats/token. */
  readonly thresholdNats: number | null;
  /** Under evaluation contract 2: surprise above which a token is noise, the same for all runs on a corpus, nats. */
  readonly noiseNats?: number;
  /** Of uniformly random tokens of the vocabulary, the share that is noise, 0-1: about the most that an effect can reach. */
  readonly noiseUniformShare?: number;
  /**
   * Under evaluation contract 2, at the end of the last phase: mean surprise under the judge of the generations after the
   * calibration prompts, 1/1000 nat a token.
   */
  readonly calibrationMilliNats?: readonly number[];
  readonly conditions: readonly ConditionRecord[];
}

/** One kept generation. */
export interface SampleRecord {
  readonly condition: string;
  /** What the condition is, where its name does not say it: without, under or near the trigger. */
  readonly kind?: ConditionKind;
  /** Which of several poisons; left out for the first. */
  readonly poison?: string;
  readonly prompt: string;
  readonly continuation: string;
  readonly success: boolean;
}
