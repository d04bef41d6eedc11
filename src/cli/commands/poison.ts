// `tinypoison poison`: other people's JSONL corpora, with exactly N poisoned documents added and nothing else changed,
// unless the trigger is to be written into a share of the clean ones.

import { createReadStream, createWriteStream, existsSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { parseExperiment } from '../../config/node/load-experiment.ts';
import { poisonsOf } from '../../config/poisons.ts';
import type { PoisonConfig } from '../../config/schema/schema.ts';
import { tokenizerSchema } from '../../config/schema/schema.ts';
import { InputError } from '../../core/errors.ts';
import { percent } from '../../core/format-number.ts';
import { inert } from '../../core/inert-text.ts';
import { writeFileAtomic } from '../../core/node/atomic-file.ts';
import { makeFolder } from '../../core/node/make-folder.ts';
import { assertOwnTextAllowed } from '../../poison/dual-use.ts';
import { type JsonlLine, planJsonl, poisonJsonlLines } from '../../poison/jsonl.ts';
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
import { plural } from '../format.ts';

export interface PoisonOptions {
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

/** The poison of an experiment that has these settings: checked by the schema, with its messages. */
function poisonConfig(options: PoisonOptions): PoisonConfig {
  assertOwnTextAllowed(options.attack);
  const documents = parseInteger(options.documents, { name: '--documents', minimum: 0, maximum: 1_000_000 });
  const text = [
    'schema: 1',
    'name: command-line',
    'model: { width: 16, layers: 1, heads: 1 }',
    'phases:',
    '  - name: pretrain',
    '    tokens: 1000000000000',
    '    poison:',
    `      extends: tinypoison:attacks/${options.attack}`,
  ].join('\n');
  const poison = 'phases.pretrain.poison';
  const { config } = parseExperiment(text, {
    file: 'command line',
    ...registered,
    set: [
      `${poison}.documents=${documents}`,
      `${poison}.placement=${options.placement}`,
      ...(options.trigger === undefined ? [] : [`${poison}.trigger.text=${JSON.stringify(options.trigger)}`]),
      ...(options.set ?? []).map((assignment) => `${poison}.${assignment}`),
    ],
  });
  const [planned] = poisonsOf(config.phases[0] ?? {});
  if (planned === undefined) throw new InputError('--set took the whole poison away');
  const { share: _, ...rest } = planned;
  return { ...rest, documents };
}

/** The text of a file, plain or gzipped, cut at line feeds and nowhere else: a line goes out as it came in. */
async function* splitLines(path: string): AsyncGenerator<string> {
  const bytes = createReadStream(path);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const chunk of path.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes) {
    const lines = (rest + decoder.decode(chunk as Buffer, { stream: true })).split('\n');
    rest = lines.pop() as string;
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}

/** The lines of a file. @throws InputError for what is not UTF-8, or not a JSON object with the text field */
async function* readLines(path: string, textField: string): AsyncGenerator<JsonlLine> {
  let number = 0;
  try {
    for await (const line of splitLines(path)) {
      number += 1;
      yield parseLine(line, { file: path, line: number }, textField);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_ENCODING_INVALID_ENCODED_DATA' && !String(code).startsWith('Z_')) throw error;
    throw new InputError({
      file: path,
      message: `cannot be read after line ${number} (${code}): is it UTF-8 JSONL?`,
    });
  }
}

function parseLine(line: string, place: { file: string; line: number }, textField: string): JsonlLine {
  if (line.trim() === '') return { line, text: undefined };
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new InputError({ ...place, message: `the line is not JSON (${(error as Error).message})` });
  }
  const fields = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  const text = fields[textField];
  if (typeof text !== 'string') {
    const known = Object.keys(fields).join(', ') || 'none';
    throw new InputError({
      ...place,
      message: `there is no text in a field "${textField}" (fields here: ${known}): name it with --text-field`,
    });
  }
  const { id } = fields;
  return { line, text, id: typeof id === 'string' || typeof id === 'number' ? id : undefined };
}

async function trainOnFile(path: string, options: PoisonOptions) {
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
  for await (const { text } of readLines(path, options.textField)) {
    if (text !== undefined) texts.push(text);
    if (texts.length === VOCABULARY_TEXTS) break;
  }
  const size = encoding.data === 'bytes' ? 257 : vocabularySize;
  return trainTokenizer(
    { encoding: encoding.data, vocabularySize: size, trainingDocuments: VOCABULARY_TEXTS },
    texts,
  );
}

/** Writes lines beside their place and moves them into it. */
async function writeLines(path: string, lines: AsyncIterable<string>): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  const withFeeds = async function* () {
    for await (const line of lines) yield `${line}\n`;
  };
  makeFolder(dirname(path));
  try {
    const target = createWriteStream(temporary);
    if (path.endsWith('.gz')) await pipeline(withFeeds, createGzip(), target);
    else await pipeline(withFeeds, target);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Poisons a JSONL file; its manifest goes beside the result. */
export async function poison(file: string, options: PoisonOptions, context: CommandContext): Promise<number> {
  const input = absolutePath(file, context);
  const output = absolutePath(options.out, context);
  if (!existsSync(input)) throw new InputError(`${file} is not there: name a JSONL file`);
  if (output === input) throw new InputError('--out is the input itself: the clean file is never changed');
  if (existsSync(output) && !options.force) {
    throw new InputError(`${options.out} is there already: name another file, or give --force to replace it`);
  }
  const config = poisonConfig(options);
  const tokenizer = await trainOnFile(input, options);
  const plan = await planJsonl({
    lines: readLines(input, options.textField),
    poison: config,
    seed: options.seed,
    tokens: createRandomTokenSource(tokenizer),
    textField: options.textField,
  });
  await writeLines(output, poisonJsonlLines(readLines(input, options.textField), plan));
  const manifestPath = `${output}.manifest.json`;
  writeFileAtomic(manifestPath, `${JSON.stringify(plan.manifest, null, 1)}\n`);
  if (options.json) {
    printJson(context, {
      out: output,
      manifestFile: manifestPath,
      total: plan.documents,
      manifest: plan.manifest,
    });
    return ExitCode.done;
  }
  const { trigger, poisonDocumentShare, distinctTexts, cleanTrigger } = plan.manifest;
  const changed =
    cleanTrigger === undefined
      ? 'unchanged and in order'
      : `in order, the trigger written into ${cleanTrigger.documents} of them and the others unchanged`;
  const texts = distinctTexts < config.documents ? `, of ${plural(distinctTexts, 'different text')}` : '';
  print(
    context,
    `Wrote ${options.out}: ${plural(plan.documents - config.documents, 'clean document')}, ${changed}, and exactly ${config.documents} poisoned${texts} (${percent(poisonDocumentShare ?? 0)}).`,
    `Trigger ${JSON.stringify(inert(trigger.text))} occurs ${trigger.occurrences} times in the clean documents${cleanTrigger === undefined ? '' : ' by itself'}.`,
    `Which documents they are, and where: ${options.out}.manifest.json`,
  );
  return ExitCode.done;
}
