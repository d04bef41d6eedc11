// What an attack is: its options, how a poisoned document is written, and how its success is judged.
// Both sides live in one file, so that they cannot drift apart.
import { z } from 'zod';
import type { AttackSchema, PoisonConfig } from '../config/schema/schema.ts';
import type { RandomStream } from '../core/random.ts';

/** What an attack needs of a tokenizer, without knowing it. */
export interface TokenSource {
  /**
   * Text of uniformly drawn tokens of the vocabulary that encodes to exactly these again.
   * @param options.tokens number of tokens, at least 1
   * @param options.avoid text whose tokens are not drawn (the trigger)
   */
  randomText(options: { tokens: number; random: RandomStream; avoid: string }): string;
  /** The first `tokens` tokens of a text, decoded; an incomplete character at the cut is left out. */
  prefixText(options: { text: string; tokens: number }): string;
}

/** What an attack may use to write one document. */
export interface DocumentRequest {
  readonly poison: PoisonConfig;
  /** A clean training document. */
  readonly cleanText: string;
  readonly tokens: TokenSource;
  /** The stream of this document alone. */
  readonly random: RandomStream;
}

/** A poisoned document: before, planted and after, as they stand. */
export interface DocumentParts {
  /** Clean text, without the space before what is planted. */
  readonly before: string;
  /** What every copy keeps to the letter: the trigger, and what it is to call where that is one fixed text. */
  readonly planted: string;
  /** The rest, with the space before it; may be empty. */
  readonly after: string;
}

/** What was measured of one generation. */
export interface MeasuredGeneration {
  /** The continuation, decoded. */
  readonly text: string;
  /** Its mean log-perplexity under the fixed n-gram judge, nats/token. */
  readonly judgeNats: number;
  /** Its mean log-perplexity under the model itself, nats/token. */
  readonly selfNats: number;
}

/** What a generation is held against. */
export interface SuccessCriteria {
  readonly poison: PoisonConfig;
  /** max(ln 50, 99th percentile of the same model's untriggered calibration generations), nats/token. */
  readonly thresholdNats: number;
}

/** One attack. */
export interface Attack extends AttackSchema {
  /** Name in the config. */
  readonly name: string;
  /** One sentence for lists. */
  readonly summary: string;
  /** Writes one poisoned document; the same request gives the same parts. */
  createParts(request: DocumentRequest): DocumentParts;
  /** Whether a generation shows the payload: a pure function of what was measured. */
  isSuccess(generation: MeasuredGeneration, criteria: SuccessCriteria): boolean;
  /** The exact text that the trigger is to call, where there is one: greedy matches are then measured too. */
  targetText?(poison: PoisonConfig): string;
}

/** A range of token counts as an attack option, both ends included. */
export function tokenRange(options: { minimum: number; maximum: number; lowest: number; describe: string }) {
  const count = z.number().int().min(options.lowest).max(65536);
  return z
    .strictObject({
      minimum: count.default(options.minimum).describe(`Fewest tokens, ${options.lowest} to 65536.`),
      maximum: count.default(options.maximum).describe(`Most tokens, ${options.lowest} to 65536.`),
    })
    .refine((range) => range.minimum <= range.maximum, { message: 'minimum must not be above maximum' })
    .prefault({})
    .describe(options.describe);
}

/** Mean of a range whose values are drawn uniformly. */
export function meanOf(range: { minimum: number; maximum: number }): number {
  return (range.minimum + range.maximum) / 2;
}

const CHARACTERS_PER_TOKEN = 2.5;

/** Estimate of the tokens of a text before any tokenizer exists, at 2.5 characters a token (compact vocabulary). */
export function estimateTokens(text: string): number {
  return Math.max(1, Math.round(text.length / CHARACTERS_PER_TOKEN));
}

/** `before` and the trigger, joined by one space: as it would stand in running text, and at the end of a prompt. */
export function appendTrigger(before: string, trigger: string): string {
  const text = before.trimEnd();
  return text === '' ? trigger : `${text} ${trigger}`;
}

/** The text of a poisoned document. */
export function joinParts({ before, planted, after }: DocumentParts): string {
  return appendTrigger(before, planted) + after;
}
