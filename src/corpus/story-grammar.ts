// Brings the plots and word lists of a language (data/stories/<language>) into a form that is quick to tell. Grammar
// lives in the data: the program knows roles and forms, no language.
import { parse } from 'yaml';
import { z } from 'zod';
import { sha256Hex } from '../core/hash.ts';

const wordsSchema = z.record(
  z.string(),
  z.strictObject({
    forms: z.record(z.string(), z.string()).default({}),
    entries: z.array(z.union([z.string(), z.record(z.string(), z.string())])).min(1),
  }),
);

const plotsSchema = z.strictObject({
  plots: z
    .array(
      z.strictObject({
        name: z.string(),
        cast: z.record(z.string(), z.string()),
        beats: z
          .array(
            z.union([z.string(), z.strictObject({ beat: z.string(), chance: z.number().min(0).max(1) })]),
          )
          .min(1),
      }),
    )
    .min(1),
  beats: z.record(z.string(), z.array(z.string()).min(1)),
});

/** A part of a sentence: text as it is, a form of a role's word, or one of several texts. */
export type SentencePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'word'; readonly role: string; readonly form: string; readonly capital: boolean }
  | { readonly kind: 'choice'; readonly texts: readonly string[] };

/** All forms of a word. */
export type Word = Readonly<Record<string, string>>;

/** One plot, ready to tell. */
export interface Plot {
  readonly name: string;
  /** Role and the list that it is cast from. */
  readonly cast: readonly (readonly [role: string, list: string])[];
  readonly beats: readonly {
    readonly chance: number;
    readonly sentences: readonly (readonly SentencePart[])[];
  }[];
}

/** Everything that stories of a language are made of. */
export interface StoryGrammar {
  readonly language: string;
  readonly lists: Readonly<Record<string, readonly Word[]>>;
  readonly plots: readonly Plot[];
  /** SHA-256 of the files. */
  readonly hash: string;
}

function wordsOf(list: z.infer<typeof wordsSchema>[string]): Word[] {
  return list.entries.map((entry) => {
    const own: Record<string, string> = typeof entry === 'string' ? { name: entry } : entry;
    const fill = (pattern: string): string =>
      pattern.replace(/\{(\w+)\}/g, (_, form: string) => own[form] ?? '');
    const derived = Object.entries(list.forms).map(([form, pattern]) => [form, fill(pattern)] as const);
    return { ...Object.fromEntries(derived), ...own };
  });
}

function parseSentence(sentence: string): SentencePart[] {
  return sentence
    .split(/(\{[^}]*\}|\[[^\]]*\])/)
    .filter(Boolean)
    .map((part): SentencePart => {
      if (part.startsWith('[')) return { kind: 'choice', texts: part.slice(1, -1).split('|') };
      if (!part.startsWith('{')) return { kind: 'text', text: part };
      const [role = '', form = 'name'] = part.slice(1, -1).split('.');
      const first = role.charAt(0);
      const capital = first !== first.toLowerCase();
      return { kind: 'word', role: first.toLowerCase() + role.slice(1), form, capital };
    });
}

/** @throws Error if a sentence uses a role that is not cast, or a form that some word of its list lacks. */
function checkSentence(
  sentence: readonly SentencePart[],
  cast: Readonly<Record<string, string>>,
  options: { lists: StoryGrammar['lists']; place: string },
): void {
  for (const part of sentence) {
    if (part.kind !== 'word') continue;
    const words = options.lists[cast[part.role] ?? ''];
    if (words === undefined)
      throw new Error(`${options.place}: the role "${part.role}" is not cast from a word list`);
    const lacking = words.find((word) => !word[part.form]);
    if (lacking)
      throw new Error(`${options.place}: "${lacking.name}" has no form "${part.form}" for {${part.role}}`);
  }
}

/**
 * Compiles the two files of a language.
 * @param texts contents of words.yaml and plots.yaml
 * @throws Error naming the plot and beat where roles, lists or forms do not fit
 */
export function compileStoryGrammar(language: string, texts: { words: string; plots: string }): StoryGrammar {
  const lists = Object.fromEntries(
    Object.entries(wordsSchema.parse(parse(texts.words))).map(([name, list]) => [name, wordsOf(list)]),
  );
  const { plots, beats } = plotsSchema.parse(parse(texts.plots));
  const compilePlot = (plot: (typeof plots)[number]): Plot => ({
    name: plot.name,
    cast: Object.entries(plot.cast),
    beats: plot.beats.map((item) => {
      const { beat, chance } = typeof item === 'string' ? { beat: item, chance: 1 } : item;
      const sentences = beats[beat]?.map(parseSentence);
      const place = `plot ${plot.name}, beat ${beat}`;
      if (sentences === undefined) throw new Error(`${place}: there is no such beat`);
      for (const sentence of sentences) checkSentence(sentence, plot.cast, { lists, place });
      return { chance, sentences };
    }),
  });
  return {
    language,
    lists,
    plots: plots.map(compilePlot),
    hash: sha256Hex(`${texts.words}\0${texts.plots}`),
  };
}
