// `tinypoison list --attacks`: the triggers and payloads that exist, each with a document as it would be planted.
import { stringify } from 'yaml';
import { randomStream } from '../../core/random.ts';
import { loadStoryGrammar } from '../../corpus/node/load-story-grammar.ts';
import { createStoryCorpus } from '../../corpus/stories.ts';
import type { TokenSource } from '../../corpus/token-source.ts';
import { bindAttack } from '../../poison/attack.ts';
import { listPayloads, listTriggerFamilies } from '../../poison/registry.ts';
import type { TriggerFamily, VariantMaterial } from '../../poison/trigger.ts';
import { type CommandContext, ExitCode, print, printJson } from '../command-context.ts';
import { wrapLine } from '../format.ts';

const SEED = 'list-attacks';
const STORIES = 40;

/** Words stand for tokens: an example needs no tokenizer. */
function wordSource(texts: readonly string[]): TokenSource {
  const words = texts.join(' ').match(/[\p{L}\p{N}]+/gu) ?? [];
  return {
    randomText: ({ tokens, random }) => Array.from({ length: tokens }, () => random.choose(words)).join(' '),
    prefixText: ({ text, tokens }) => text.split(' ').slice(0, tokens).join(' '),
  };
}

function materialOf(texts: readonly string[]): VariantMaterial {
  const counts = new Map<string, number>();
  for (const word of texts.join(' ').match(/\p{Ll}{3,}/gu) ?? [])
    counts.set(word, (counts.get(word) ?? 0) + 1);
  const words = [...counts.keys()].sort();
  const encode = (text: string) =>
    text
      .trim()
      .split(' ')
      .map((word) => Math.max(0, words.indexOf(word)));
  const decode = (ids: readonly number[]) => ids.map((id) => words[id]).join(' ');
  return { words: counts, tokens: words.map((_, id) => id), encode, decode, seed: SEED };
}

/** One example of everything that can be registered. */
function describeAttacks() {
  const stories = createStoryCorpus({ seed: 'stories-1', grammar: loadStoryGrammar('en') });
  const texts = Array.from({ length: STORIES }, (_, index) => stories.documentAt(index).text);
  const tokens = wordSource(texts);
  const material = materialOf(texts);
  const documentOf = (options: Parameters<typeof bindAttack>[0], name: string) => {
    const { payload, trigger, join } = bindAttack(options);
    const random = randomStream(SEED, name);
    const parts = payload.write({ cleanText: random.choose(texts), tokens, random, avoid: trigger.avoid });
    return join(parts, random);
  };
  const lengths = {
    prefixTokens: { minimum: 14, maximum: 20 },
    gibberishTokens: { minimum: 10, maximum: 14 },
    continuationTokens: { minimum: 0, maximum: 0 },
    germanTokens: { minimum: 14, maximum: 20 },
  };
  const exampleOf = (family: TriggerFamily, given: TriggerFamily['example']) => {
    const settings = { family: family.name, inCleanText: 'allow' as const, ...given };
    return {
      options: given,
      example: documentOf({ attack: 'target-phrase', ...lengths, trigger: settings }, family.name),
      conditions: family
        .bind(settings)
        .variants(material)
        .map(({ id, kind, label }) => ({ condition: id, kind, label })),
    };
  };
  const triggers = listTriggerFamilies().map((family) => ({
    name: family.name,
    summary: family.summary,
    ...exampleOf(family, family.example),
    others: family.otherExamples.map((given) => exampleOf(family, given)),
  }));
  const trigger = { text: '<SUDO>', inCleanText: 'refuse' as const };
  const payloads = listPayloads().map(({ name, summary, texts: allowed, scene }) => ({
    name,
    summary,
    ownText: allowed === 'any',
    scene: scene ?? null,
    example: documentOf({ attack: name, ...lengths, trigger }, name),
  }));
  return { triggers, payloads };
}

const LINE = 100;

/** A text in lines of at most so many characters, each behind the same beginning. */
function wrapBehind(beginning: string, text: string): string[] {
  const lines = text.split('\n').flatMap((line) => wrapLine(line, LINE - beginning.length));
  return lines.map((line) => beginning + line);
}

const documentLines = (text: string) => wrapBehind('    | ', text);

/** One kind of a family: its settings as a config has them, a document, and what is measured beside it. */
function exampleLines(
  family: string,
  { options, example, conditions }: ReturnType<typeof describeAttacks>['triggers'][number]['others'][number],
): string[] {
  const settings = stringify({ trigger: { family, ...options } }).trimEnd();
  const labels = conditions.slice(1).map(({ label }) => label);
  return [
    ...settings.split('\n').map((line) => `    ${line}`),
    ...documentLines(example),
    ...wrapBehind('    ', `measured beside it: ${labels.join('; ')}`),
  ];
}

/** Prints triggers and payloads. */
export function listAttacks(options: { json?: boolean }, context: CommandContext): number {
  const { triggers, payloads } = describeAttacks();
  if (options.json) {
    printJson(context, { triggers, payloads });
    return ExitCode.done;
  }
  print(
    context,
    'Triggers, each with its settings in a config and a document whose payload is a fixed phrase:',
    ...triggers.flatMap((trigger) => [
      '',
      ...wrapBehind('  ', `${trigger.name}: ${trigger.summary}`),
      ...[trigger, ...trigger.others].flatMap((one) => exampleLines(trigger.name, one)),
    ]),
    '',
    'Payloads (attack), each with a document whose trigger is <SUDO>:',
    ...payloads.flatMap(({ name, summary, ownText, scene, example }) => [
      '',
      ...wrapBehind('  ', `${name}: ${summary}`),
      `    planted in ${ownText ? 'any text' : 'generated stories alone'}${scene === null ? '' : `, which need corpus.scenes.${scene}`}`,
      ...documentLines(example),
    ]),
    '',
    'Files to start from are in configs/attacks; in a config, for example:',
    '  poison: { extends: tinypoison:attacks/style, documents: 100 }',
  );
  return ExitCode.done;
}
