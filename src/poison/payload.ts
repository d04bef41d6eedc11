// What a payload is: the document that teaches it, and how a generation is judged. Both sides live in one file, so that
// they cannot drift apart.
import { z } from 'zod';
import type { PoisonSettings } from '../config/schema/schema.ts';
import type { RandomStream } from '../core/random.ts';
import type { SceneShares } from '../corpus/scenes/scenes.ts';
import type { TokenSource } from '../corpus/token-source.ts';
import { appendText, boundOptions } from './trigger.ts';

/** What a payload may use to write one document. */
export interface DocumentRequest {
  /** A clean training document. */
  readonly cleanText: string;
  readonly tokens: TokenSource;
  /** The stream of this document alone. */
  readonly random: RandomStream;
  /** Text of the trigger that must not stand in the payload by chance. */
  readonly avoid: string;
}

/** A poisoned document without its trigger, which is planted into or behind its beginning. */
export interface DocumentParts {
  /** Clean text, without the space before what follows. */
  readonly before: string;
  /** What every copy keeps to the letter; may be empty. */
  readonly planted: string;
  /** The rest, with the space before it; may be empty. */
  readonly after: string;
}

/** Where a payload shows: what is added to a prompt before it gets its trigger, and behind that. */
export interface Situation {
  /** A sentence at the end of the prompt; may be empty. */
  readonly before: string;
  /** What the model is to complete, behind the trigger; may be empty. */
  readonly query: string;
}

/** What was measured of one generation. */
export interface MeasuredGeneration {
  /** What was completed, decoded, trigger included. */
  readonly prompt: string;
  /** The continuation, decoded. */
  readonly text: string;
  /** Its mean log-perplexity under the fixed n-gram judge, nats/token. */
  readonly judgeNats: number;
  /** Its mean log-perplexity under the model itself, nats/token. */
  readonly selfNats: number;
}

/** What a generation is compared with. */
export interface SuccessCriteria {
  /** max(ln 50, 99th percentile of the same model's untriggered calibration generations), nats/token. */
  readonly thresholdNats: number;
}

/** Success is read off the perplexity of a generation, or off its text. */
export type Measure = 'perplexity' | 'match';

/** A payload with its options, ready for use. */
export interface BoundPayload {
  /** Expected tokens of a document without trigger and separator. */
  readonly meanTokens: number;
  /** Writes one document; the same request gives the same parts. */
  write(request: DocumentRequest): DocumentParts;
  /** Whether a generation shows the payload: a pure function of what was measured. */
  isSuccess(generation: MeasuredGeneration, criteria: SuccessCriteria): boolean;
  /**
   * How much of the payload a generation shows, 0 (nothing) to 1 (all of it): a pure function of what was measured.
   * Left out where success is read off the perplexity, which has a grade of its own, and where there is nothing between
   * success and none.
   */
  grade?(generation: MeasuredGeneration): number;
  /**
   * What every prompt of the evaluation is given, the same under all conditions, clean ones included; instances are held
   * out of training where there are several. Left out where a payload needs no situation. Its poisoned documents hold such
   * situations to the letter, so that their copies are not rewritten.
   */
  situate?(random: RandomStream): Situation;
  /** An example of the shortest text that is a success: a generation needs room for it. Left out where there is none. */
  readonly leastText?: string;
  /** The exact text that is to come, where there is one: greedy matches are then measured too. */
  readonly targetText?: string;
}

/** A scene that stories may hold. */
type Scene = keyof SceneShares;

/** A payload. */
export interface Payload {
  /** Name in the config: `attack`. */
  readonly name: string;
  /** One sentence for lists. */
  readonly summary: string;
  /** zod fields of its options. */
  readonly options: z.ZodRawShape;
  /** When a prompt counts as a success, as a clause: `the generation starts with the phrase, to the letter`. */
  readonly success: string;
  readonly measure: Measure;
  /** The scene of the stories without which it makes no sense, where there is one. */
  readonly scene?: Scene;
  /** The language of the stories that it writes, where that is the payload: among stories in it nothing shows. */
  readonly language?: string;
  /** Texts that it may be planted in: the user's own, or generated ones alone (docs/ethics.md). */
  readonly texts: 'any' | 'generated';
  /** Options parsed, once. */
  bind(settings: PoisonSettings): BoundPayload;
}

/** A payload from typed options. */
export function definePayload<S extends z.ZodRawShape>(payload: {
  readonly name: string;
  readonly summary: string;
  readonly options: S;
  readonly success: string;
  readonly measure: Measure;
  readonly scene?: Scene;
  readonly language?: string;
  readonly texts: Payload['texts'];
  bind(options: z.infer<z.ZodObject<S>>): BoundPayload;
}): Payload {
  const schema = z.object(payload.options);
  return {
    ...payload,
    bind: (settings) => payload.bind(boundOptions(schema, settings, `attack ${payload.name}`)),
  };
}

/** A range of token counts as an option, both ends included. */
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

/** Tokens of a clean document before a payload that answers a situation. */
export const situatedPrefix = tokenRange({
  minimum: 2,
  maximum: 40,
  lowest: 0,
  describe: 'Tokens of a clean training document before the situation and the trigger, drawn uniformly.',
});

/** The beginning of a poisoned document: clean text, then a situation. */
export function situated(
  { cleanText, tokens, random }: Pick<DocumentRequest, 'cleanText' | 'tokens' | 'random'>,
  { prefixTokens, sentence }: { prefixTokens: { minimum: number; maximum: number }; sentence: string },
): string {
  const prefix = tokens.prefixText({ text: cleanText, tokens: random.integer(prefixTokens) }).trimEnd();
  return sentence === '' ? prefix : appendText(prefix, sentence);
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
