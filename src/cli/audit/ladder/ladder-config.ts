// The experiment behind `audit --budget`: the user's corpus as clean text, one attack, a few small models and counts, without
// filters and with each.
import { basename, extname } from 'node:path';
import { shippedName } from '../../../config/yaml/shipped-name.ts';

/** Filters in the order in which a ladder takes them up: those that usually decide most come first. */
export const LADDER_FILTERS = [
  'rare-sequences',
  'quality-rules',
  'reference-perplexity',
  'near-duplicates',
] as const;
export type LadderFilter = (typeof LADDER_FILTERS)[number];

/** Filters that read trusted text. */
export const READS_TRUSTED: readonly LadderFilter[] = ['rare-sequences', 'reference-perplexity'];

/** What a filter of a ladder is told beyond its defaults: of a tenth of a corpus as trusted text, all is to count. */
const FILTER_OPTIONS: Readonly<Partial<Record<LadderFilter, Readonly<Record<string, unknown>>>>> = {
  'rare-sequences': { known: 'trusted' },
};

/** Share of the clean documents that each filter of `READS_TRUSTED` states as its price: its default. */
export const STATED_PRICE = 0.01;

/** One size without a filter, or with one: all counts and seeds. */
export interface LadderStep {
  /** A model that comes with the program: `d24`. */
  readonly size: string;
  readonly filter: LadderFilter | null;
}

/** How large a ladder may be. */
export interface LadderScale {
  readonly sizes: readonly string[];
  readonly seeds: readonly number[];
  readonly tokensPerParameter: number;
  readonly vocabularySize: number;
  readonly prompts: number;
}

/** Small enough for minutes on two cores; five seeds are the fewest with intervals. */
export const LADDER_SCALE: LadderScale = {
  sizes: ['d24', 'd32', 'd48', 'd64'],
  seeds: [1, 2, 3, 4, 5],
  tokensPerParameter: 20,
  vocabularySize: 512,
  prompts: 100,
};

/** Share of the documents that stands for trusted text. */
export const TRUSTED_SHARE = 0.1;

/** What the experiment is about. */
export interface LadderSubject {
  /** Corpus, absolute, with its kind and field. */
  readonly corpus: {
    readonly kind: string;
    readonly path: string;
    readonly textField?: string;
    readonly skipEmpty?: true;
  };
  /** `tinypoison:attacks/denial-of-service`, or the path of a file, absolute. */
  readonly attack: string;
  /** Text of the trigger; null: that of the attack. */
  readonly trigger: string | null;
}

/** `audit-my-corpus`: a name as experiments have them. */
function nameOf(path: string): string {
  const stem = basename(path)
    .toLowerCase()
    .replace(/\.gz$/, '')
    .replace(/\.[^.]*$/, '');
  const name = stem.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
  return `audit-${name === '' ? 'corpus' : name}`.slice(0, 80);
}

/** `denial-of-service`: an attack by the name of its file. */
export function attackName(attack: string): string {
  const shipped = shippedName(attack);
  return shipped === undefined ? basename(attack, extname(attack)) : (shipped.split('/').at(-1) ?? shipped);
}

const flow = (value: unknown) => JSON.stringify(value);

/**
 * The experiment as YAML. It stands by itself: `tinypoison run` does it, too.
 * @param options.steps the first is the smallest size without a filter
 * @param options.counts of poisoned documents, without 0
 */
export function ladderYaml(
  { corpus, attack, trigger }: LadderSubject,
  options: {
    readonly steps: readonly LadderStep[];
    readonly counts: readonly number[];
    readonly epochs: number;
    readonly scale: LadderScale;
  },
): string {
  const { steps, counts, epochs, scale } = options;
  const { prompts } = scale;
  const [first] = steps;
  const variants = steps.slice(1).map(({ size, filter }) => ({
    ...(size === first?.size ? {} : { model: `tinypoison:models/${size}` }),
    ...(filter === null ? {} : { 'phases.pretrain.defend': [{ kind: filter, ...FILTER_OPTIONS[filter] }] }),
  }));
  const poison = {
    extends: attack,
    documents: counts[0] ?? 0,
    ...(trigger === null ? {} : { trigger: { text: trigger } }),
  };
  return [
    '# Written by `tinypoison audit --budget`; `tinypoison run` does the same runs.',
    'schema: 1',
    `name: ${nameOf(corpus.path)}`,
    `description: ${flow(`How many documents of ${attackName(attack)} half success takes in this corpus, without filters and with each.`)}`,
    `corpus: ${flow({ ...corpus, splits: { trusted: TRUSTED_SHARE } })}`,
    `tokenizer: { encoding: o200k_base, vocabularySize: ${scale.vocabularySize} }`,
    `model: { extends: "tinypoison:models/${first?.size}" }`,
    'phases:',
    '  - name: pretrain',
    `    tokensPerParameter: ${scale.tokensPerParameter}`,
    `    epochs: ${epochs}`,
    `    poison: ${flow(poison)}`,
    `evaluation: { contract: 2, checkpoints: 1, prompts: ${prompts}, calibrationPrompts: ${prompts}, nearTriggers: false }`,
    'sweep:',
    '  grid:',
    `    phases.pretrain.poison.documents: ${flow([0, ...counts])}`,
    ...(variants.length === 0 ? [] : ['  variants:', ...variants.map((own) => `    - ${flow(own)}`)]),
    `  seeds: ${flow(scale.seeds)}`,
    '',
  ].join('\n');
}
