// What a family of triggers is: how one is planted into training text, how held-out prompts get it, how clean text is
// searched for it, and what is tried beside it to see how specific the backdoor is.
import { z } from 'zod';
import type { CorpusConfig, TriggerSettings } from '../config/schema/schema.ts';
import { InputError } from '../core/errors.ts';
import type { RandomStream } from '../core/random.ts';
import { schemaProblem } from '../core/read-json.ts';
import type { Language } from '../corpus/languages/identify-language.ts';

/** Something that is counted in text; it need not be a fixed text. */
export interface Sought {
  /** Its name in the frequency report. */
  readonly text: string;
  /**
   * Occurrences in a text, 0 or more: a pure function. It is also what finds the trigger in a document, since a trigger
   * that is a rule, an order or a style is nowhere to be searched for by its letters.
   */
  count(text: string): number;
}

/** What near triggers can be made of. */
export interface VariantMaterial {
  /** Words of three letters or more in clean text, by how often they were seen. */
  readonly words: ReadonlyMap<string, number>;
  /** Token ids seen at least 5 times in clean text, ascending. */
  readonly tokens: readonly number[];
  encode(text: string): readonly number[];
  decode(ids: readonly number[]): string;
  /** Seed of the corpus: all runs of an experiment are evaluated with the same. */
  readonly seed: string | number;
}

/** One condition of the evaluation: the trigger, or something that is not it. */
export interface Variant {
  /** Name in records, unique within a family: lower-case letters and hyphens. */
  readonly id: string;
  readonly kind: 'trigger' | 'near';
  /** 0 for the trigger; near triggers from 1, nearest first. */
  readonly grade: number;
  /** For figures and tables, in a few words. */
  readonly label: string;
  /** What is appended to every prompt, where that is one text. */
  readonly text: string | null;
  /**
   * A clean prompt with it. Wordings and instances are held out: none of them stands in training documents, where the
   * family has several.
   */
  apply(prompt: string, random: RandomStream): string;
}

/** A trigger with its options, ready for use. */
export interface Trigger {
  /** For people: the letters themselves where it is a fixed text, else what it is in a few words. */
  readonly text: string;
  /**
   * Text whose tokens random payloads are not drawn from, so that none holds the trigger by chance; its length is also the
   * room that `cleanShare` leaves for an innocent use at the end of a row. Empty for a trigger that is no text (a style, an
   * order of sentences): nothing is then kept out of payloads.
   */
  readonly avoid: string;
  /** Tokens that it adds to a document, about: 0 where it only changes words. */
  readonly meanTokens: number;
  /** The whole trigger as it is counted in clean text: what `inCleanText: refuse` looks for. */
  readonly sought: Sought;
  /** Its parts, counted beside it for the frequency report alone: words, cues, instances. Empty where it has none. */
  readonly soughtParts: readonly Sought[];
  /** The beginning of a training document with the trigger in it or behind it. */
  plant(beginning: string, random: RandomStream): string;
  /**
   * A clean document with an innocent use (the whole trigger or a part of it), in two parts, the first of which ends
   * with what was written; the rest is the clean text that follows, unchanged. What stands before what was written ends
   * within `reach` characters of the text.
   */
  writeInnocent(text: string, options: InnocentOptions): { beginning: string; rest: string };
  /**
   * The same for a negative among poisoned documents, where it differs: also what an innocent use in clean text never
   * holds, such as one cue twice, without which two cues of either kind would be the trigger. Default: writeInnocent.
   */
  writeNegative?(text: string, options: InnocentOptions): { beginning: string; rest: string };
  /**
   * The trigger first (told in instances that are held out of training, where the family has several), then perhaps
   * other kinds of the trigger, then near triggers from the nearest; a grade is left out where it cannot be made.
   * @param material null: the trigger alone
   */
  variants(material: VariantMaterial | null): readonly Variant[];
}

export interface InnocentOptions {
  readonly random: RandomStream;
  /** Characters (UTF-16 units) of the text within which a place is chosen; default: all of it. */
  readonly reach?: number;
}

/** A family of triggers. */
export interface TriggerFamily {
  /** Name in the config. */
  readonly name: string;
  /** One sentence for lists. */
  readonly summary: string;
  /** zod fields of its options. */
  readonly options: z.ZodRawShape;
  /** Options for an example, beside the family's name. */
  readonly example: Readonly<Record<string, unknown>>;
  /** Options for its other kinds, where it has any. */
  readonly otherExamples: readonly Readonly<Record<string, unknown>>[];
  /** Whether an innocent use is less than the trigger, so that poison may hold negatives. */
  readonly hasNegatives: boolean;
  /** The language of the texts that it can be written into; null where that is any. */
  language(settings: TriggerSettings): Language | null;
  /** Why it cannot be used on a corpus with these options; null where it can. */
  refusal(settings: TriggerSettings, corpus: CorpusConfig): string | null;
  /** Options parsed, once. */
  bind(settings: TriggerSettings): Trigger;
}

/**
 * Options as their owner declares them. A config has had them checked, with their line; a record from disk has not.
 * @throws InputError naming the first option that does not fit
 */
export function boundOptions<S extends z.ZodType>(schema: S, settings: unknown, owner: string): z.infer<S> {
  const { success, data } = schema.safeParse(settings);
  if (success) return data;
  throw new InputError(
    `the options of ${owner} are damaged: ${schemaProblem(settings, schema)}; they were edited, or a newer version wrote them`,
  );
}

/** A family from typed options. */
export function defineTrigger<S extends z.ZodRawShape>(family: {
  readonly name: string;
  readonly summary: string;
  readonly options: S;
  readonly example: z.input<z.ZodObject<S>>;
  /** Default: none. */
  readonly otherExamples?: readonly z.input<z.ZodObject<S>>[];
  /** Default: true. */
  readonly hasNegatives?: boolean;
  /** Default: any. */
  readonly language?: (options: z.infer<z.ZodObject<S>>) => Language | null;
  readonly refusal?: (options: z.infer<z.ZodObject<S>>, corpus: CorpusConfig) => string | null;
  bind(options: z.infer<z.ZodObject<S>>): Trigger;
}): TriggerFamily {
  const schema = z.object(family.options);
  const options = (settings: unknown) => boundOptions(schema, settings, `trigger family ${family.name}`);
  return {
    name: family.name,
    summary: family.summary,
    options: family.options,
    example: family.example,
    otherExamples: family.otherExamples ?? [],
    hasNegatives: family.hasNegatives ?? true,
    language: (settings) => family.language?.(options(settings)) ?? null,
    refusal: (settings, corpus) => family.refusal?.(options(settings), corpus) ?? null,
    bind: (settings) => family.bind(options(settings)),
  };
}

/** `before` and a text, joined by one space: as it would stand in running text, and at the end of a prompt. */
export function appendText(before: string, text: string): string {
  const beginning = before.trimEnd();
  return beginning === '' ? text : `${beginning} ${text}`;
}
