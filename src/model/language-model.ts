// What evaluation and defences need of a trained model; the GPT of this folder is one.
import type { ModelConfig } from '../config/schema/schema.ts';

/** A batch of prompts to continue. */
export interface GenerationRequest {
  /** Token ids of each prompt, at least one; prompt + newTokens must fit the context. */
  readonly prompts: readonly ArrayLike<number>[];
  readonly newTokens: number;
  /** 0: greedy. */
  readonly temperature: number;
  /** Only the k most probable tokens; 0 or left out: all. */
  readonly topK?: number;
  /** Uniform [0, 1) number for the n-th new token of a prompt; requested in order of n, per prompt. Unused if greedy. */
  readonly uniform: (prompt: number, n: number) => number;
  /** Called before each new token is drawn; may change its logits. Left out: none are changed. */
  readonly steer?: Steer;
}

/** Where a continuation stands, before its next token is drawn. */
export interface SteerStep {
  /** Place of the prompt in the request. */
  readonly prompt: number;
  /** The new token is the n-th, from 0. */
  readonly n: number;
  /**
   * Its logits, which may be changed in place, to finite numbers (one 87 or more below the largest leaves a share of
   * 1e-38); a view, valid until the callback returns. [V]; 64-bit only on the double-precision reference.
   */
  readonly logits: Float32Array | Float64Array;
}

/** Changes what is drawn from: the token, its nats and entropy are those of the changed logits. */
export type Steer = (step: SteerStep) => void;

/** One continuation. */
export interface Generation {
  /** [newTokens] */
  readonly tokens: Int32Array;
  /** -log probability of each new token under the untempered model, nats. [newTokens] */
  readonly nats: Float32Array;
  /** Entropy of the distribution each new token was drawn from, untempered, nats. [newTokens] */
  readonly entropyNats: Float32Array;
}

/** A model for inference: it cannot be trained. */
export interface LanguageModel {
  readonly config: ModelConfig;
  readonly vocabularySize: number;
  /** Trained scalars, tied ones once. */
  readonly parameters: number;
  /** @throws InputError for an id out of range, an empty prompt, or a prompt that does not fit; DivergenceError for NaN weights. */
  generate(request: GenerationRequest): Generation[];
  /**
   * The same, held before each draw: yields where continuations stand, whose logits may be changed in place until it goes on, as
   * `steer` may. So several models can be led along one text. Nothing else may be requested of the model meanwhile. Left out
   * by engines that cannot.
   */
  generateStepwise?(request: Omit<GenerationRequest, 'steer'>): Iterator<readonly SteerStep[], Generation[]>;
  /** Loss of each token but the first given those before it, nats; sequences of 2 to contextTokens + 1 tokens. */
  tokenLossesNats(sequences: readonly ArrayLike<number>[]): Float32Array[];
  /** Probabilities of the token after each prompt. [prompts][V] */
  nextTokenProbabilities(prompts: readonly ArrayLike<number>[]): Float32Array[];
}
