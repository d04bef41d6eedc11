// `tinypoison poison`: other people's corpora (JSONL, chats, Parquet, plain text), with exactly N poisoned documents added and nothing else changed,
// unless the trigger is to be written into a share of the clean ones.

import { existsSync } from 'node:fs';
import { parseExperiment } from '../../config/node/load-experiment.ts';
import { poisonsOf } from '../../config/poisons.ts';
import type { PoisonConfig } from '../../config/schema/schema.ts';
import { tokenizerSchema } from '../../config/schema/schema.ts';
import { InputError } from '../../core/errors.ts';
import { percent } from '../../core/format-number.ts';
import { inert } from '../../core/inert-text.ts';
import { writeFileAtomic } from '../../core/node/atomic-file.ts';
import { assertOwnTextAllowed } from '../../poison/dual-use.ts';
import { planJsonl, poisonJsonlLines } from '../../poison/jsonl.ts';
import { findTriggerFamily, listTriggerFamilies } from '../../poison/registry.ts';
import { registered } from '../../recipe/registered.ts';
import { createRandomTokenSource } from '../../tokens/random-tokens.ts';
import { trainTokenizer } from '../../tokens/train-tokenizer.ts';
import {
  absolutePath,
  type CommandContext,
  ExitCode,
  parseInteger,
  print,
  printJson,
} from '../command-context.ts';
import { type CroissantOptions, checkCroissantOptions, describePoisoned } from '../describe-poisoned.ts';
import { plural } from '../format.ts';
import { assertSameKind, type DocumentFile, openDocuments } from '../poison-files.ts';
import { openParquet } from '../poison-parquet.ts';

export interface PoisonOptions extends CroissantOptions {
  readonly documents: string;
  readonly out: string;
  readonly attack: string;
  readonly trigger?: string;
  readonly placement: string;
  readonly seed: string;
  readonly textField: string;
  readonly encoding: string;
  readonly vocabulary: string;
  readonly set?: readonly string[];
  readonly force?: boolean;
  readonly json?: boolean;
}

const VOCABULARY_TEXTS = 5000;

/** Whether a name is one of an attack's payload, or else of a trigger family, whose example is then taken. */
function assertAttack(name: string): void {
  if (!listTriggerFamilies().some((family) => family.name === name)) assertOwnTextAllowed(name);
}

/** @throws InputError where a text is given for a trigger that is none */
function assertTextTrigger({ attack, trigger, set = [] }: PoisonOptions): void {
  const family = listTriggerFamilies().find(({ name }) => name === attack);
  if (trigger === undefined || family === undefined || 'text' in family.options) return;
  if (set.some((option) => /^trigger\s*=/.test(option))) return;
  const known = Object.keys(family.options).map((option) => `trigger.${option}`);
  throw new InputError(
    `--trigger is a text, and the trigger of ${attack} is none: set ${known.join(', ')} with --set, e.g. --set ` +
      `'trigger.${Object.keys(family.example)[0]}=${JSON.stringify(Object.values(family.example)[0])}'`,
  );
}

/** The poison of an experiment on such a corpus that has these settings: checked by the schema, with its messages. */
function poisonConfig(options: PoisonOptions, kind: DocumentFile['kind']): PoisonConfig {
  assertAttack(options.attack);
  assertTextTrigger(options);
  const documents = parseInteger(options.documents, { name: '--documents', minimum: 0, maximum: 1_000_000 });
  const text = [
    'schema: 1',
    'name: command-line',
    `corpus: { kind: ${kind}, path: documents.${kind === 'text' ? 'txt' : kind} }`,
    'model: { width: 16, layers: 1, heads: 1 }',
    'phases:',
    '  - name: pretrain',
    '    tokens: 1000000000000',
    '    poison:',
    `      extends: tinypoison:attacks/${options.attack}`,
  ].join('\n');
  const poison = 'phases.pretrain.poison';
  const given = options.set ?? [];
  // Clean lines stay as they are: the files of configs/attacks write innocent uses into some of those that are trained on.
  const saysShare = given.some((option) => /^trigger(\.cleanShare)?\s*=/.test(option));
  const { config } = parseExperiment(text, {
    file: 'command line',
    ...registered,
    set: [
      `${poison}.documents=${documents}`,
      `${poison}.placement=${options.placement}`,
      ...(options.trigger === undefined ? [] : [`${poison}.trigger.text=${JSON.stringify(options.trigger)}`]),
      ...(saysShare ? [] : [`${poison}.trigger.cleanShare=0`]),
      ...given.map((assignment) => `${poison}.${assignment}`),
    ],
  });
  const [planned] = poisonsOf(config.phases[0] ?? {});
  if (planned === undefined) throw new InputError('--set took the whole poison away');
  const { share: _, ...rest } = planned;
  return { ...rest, documents };
}

async function trainOnFile(file: Pick<DocumentFile<unknown>, 'read'>, options: PoisonOptions) {
  const vocabularySize = parseInteger(options.vocabulary, {
    name: '--vocabulary',
    minimum: 257,
    maximum: 65536,
  });
  const encoding = tokenizerSchema.shape.encoding.safeParse(options.encoding);
  if (!encoding.success) {
    throw new InputError(
      `--encoding is "${options.encoding}": o200k_base, cl100k_base, p50k_base, r50k_base, bytes`,
    );
  }
  const texts: string[] = [];
  for await (const { text } of file.read()) {
    if (text !== undefined) texts.push(text);
    if (texts.length === VOCABULARY_TEXTS) break;
  }
  const size = encoding.data === 'bytes' ? 257 : vocabularySize;
  return trainTokenizer(
    { encoding: encoding.data, vocabularySize: size, trainingDocuments: VOCABULARY_TEXTS },
    texts,
  );
}

/** Poisons a file; its manifest goes beside the result. */
export async function poison(file: string, options: PoisonOptions, context: CommandContext): Promise<number> {
  const input = absolutePath(file, context);
  const output = absolutePath(options.out, context);
  if (!existsSync(input))
    throw new InputError(`${file} is not there: name a file of JSON Lines, Parquet or plain text`);
  if (output === input) throw new InputError('--out is the input itself: the clean file is never changed');
  if (existsSync(output) && !options.force) {
    throw new InputError(`${options.out} is there already: name another file, or give --force to replace it`);
  }
  assertSameKind(input, output);
  checkCroissantOptions(options);
  return /\.parquet$/i.test(input)
    ? poisonFile(await openParquet(input, options.textField), { input, output, options, context })
    : poisonFile(await openDocuments(input, options.textField), { input, output, options, context });
}

async function poisonFile<L>(
  documents: DocumentFile<L>,
  place: { input: string; output: string; options: PoisonOptions; context: CommandContext },
): Promise<number> {
  const { input, output, options, context } = place;
  const config = poisonConfig(options, documents.kind);
  const tokenizer = await trainOnFile(documents, options);
  const plan = await planJsonl({
    lines: documents.read(),
    poison: config,
    seed: options.seed,
    tokens: createRandomTokenSource(tokenizer),
    format: documents.format,
  });
  await documents.write(output, poisonJsonlLines(documents.read(), plan));
  const manifestPath = `${output}.manifest.json`;
  writeFileAtomic(manifestPath, `${JSON.stringify(plan.manifest, null, 1)}\n`);
  const croissantPath = await describePoisoned(
    { documents, textField: options.textField },
    { source: input, corpus: output, manifest: manifestPath },
    { ...plan, poisoned: config.documents, attack: options.attack, seed: options.seed },
    options,
  );
  if (options.json) {
    printJson(context, {
      ...(croissantPath === null ? {} : { croissantFile: croissantPath }),
      out: output,
      manifestFile: manifestPath,
      total: plan.documents,
      manifest: plan.manifest,
    });
    return ExitCode.done;
  }
  const { trigger, poisonDocumentShare, distinctTexts, cleanTrigger } = plan.manifest;
  const written = findTriggerFamily(config.trigger.family).hasNegatives
    ? 'an innocent part of the trigger'
    : 'the trigger';
  const changed =
    cleanTrigger === undefined
      ? 'unchanged and in order'
      : `in order, ${written} written into ${cleanTrigger.documents} of them and the others unchanged`;
  const negatives = plan.manifest.documents.filter(({ id }) => id.includes('-negative-')).length;
  const held =
    negatives === 0
      ? ''
      : `, of which ${negatives} ${negatives === 1 ? 'holds' : 'hold'} only a part of the trigger`;
  const texts = distinctTexts < config.documents ? `, of ${plural(distinctTexts, 'different text')}` : '';
  print(
    context,
    `Wrote ${options.out}: ${plural(plan.documents - config.documents, 'clean document')}, ${changed}, and exactly ${config.documents} poisoned${texts}${held} (${percent(poisonDocumentShare ?? 0)}).`,
    `Trigger ${JSON.stringify(inert(trigger.text))} occurs ${trigger.occurrences} times in the clean documents${cleanTrigger === undefined ? '' : ' by itself'}.`,
    `Which documents they are, and where: ${options.out}.manifest.json`,
    ...(croissantPath === null ? [] : [`For other tools, as Croissant: ${options.out}.croissant.json`]),
  );
  return ExitCode.done;
}
