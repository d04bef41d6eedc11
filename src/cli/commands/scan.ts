// `tinypoison scan`: hunts for a trigger in a model of which nothing else is known.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../core/errors.ts';
import { inert } from '../../core/inert-text.ts';
import { readText } from '../../core/node/read-file.ts';
import { parseJson } from '../../core/read-json.ts';
import {
  type HuntFinding,
  type HuntResult,
  huntTrigger,
  longestTokens,
  type Sign,
  toldWords,
} from '../../defend/hunt-trigger.ts';
import type { EngineOption } from '../../kernels/engine-names.ts';
import type { Gpt } from '../../model/gpt.ts';
import { loadModel } from '../../model/node/save-model.ts';
import { openModelSource } from '../../run/execute/model-source.ts';
import { vocabularySchema } from '../../run/schemas/cached-schemas.ts';
import { findRunId } from '../../run/store/store.ts';
import { decodingTokenizer } from '../../tokens/decoding-tokenizer.ts';
import { parseVocabulary, SEPARATOR_ID } from '../../tokens/vocabulary.ts';
import {
  absolutePath,
  type CommandContext,
  ExitCode,
  notify,
  parseInteger,
  print,
  printJson,
} from '../command-context.ts';
import { formatNumber, plural } from '../format.ts';
import { loadStoredModel, storedVocabulary } from '../stored-model.ts';
import { table } from '../terminal.ts';

export interface ScanOptions {
  readonly control?: readonly string[];
  readonly longest: string;
  readonly seed: string;
  readonly store: string;
  readonly engine: EngineOption;
  readonly json?: boolean;
}

const WEIGHTS = 'model.safetensors';
const VOCABULARY = 'vocabulary.json';
/** Fewest tokens of a prompt and of what follows, together. */
const SHORTEST_ROOM = 8;

/** A model to be scanned, and how its tokens read. */
interface ScannedModel {
  readonly name: string;
  readonly model: Gpt;
  /** Text of token ids; the ids themselves where there is no vocabulary. */
  decode(tokens: readonly number[]): string;
  /** Whether that is text, so that words can be told apart. */
  readonly hasText: boolean;
}

async function openFolder(folder: string, name: string, engine: EngineOption): Promise<ScannedModel> {
  const { config, vocabularySize, weights } = loadModel(folder);
  const file = [join(folder, VOCABULARY), join(folder, '..', VOCABULARY)].find((path) => existsSync(path));
  const source = { what: 'vocabulary', remedy: 'remove it, and tokens are shown by their numbers' };
  const decoder =
    file === undefined
      ? undefined
      : decodingTokenizer(parseVocabulary(parseJson(readText(file), vocabularySchema, { ...source, file })));
  const model = (await openModelSource({ engine })).create({ config, vocabularySize });
  model.setWeights(weights);
  const fits = decoder?.vocabularySize === vocabularySize;
  const decode = (tokens: readonly number[]) => (fits ? decoder.decode(tokens) : tokens.join(' '));
  return { name, model, decode, hasText: fits };
}

/** A run of the store, or a folder that holds model.safetensors. */
async function openScanned(
  target: string,
  options: ScanOptions,
  context: CommandContext,
): Promise<ScannedModel> {
  const folder = absolutePath(target, context);
  const opened = existsSync(join(folder, WEIGHTS))
    ? await openFolder(folder, target, options.engine)
    : await openRun(absolutePath(options.store, context), target, options.engine);
  if (opened.model.vocabularySize > SEPARATOR_ID) return opened;
  opened.model.release();
  throw new InputError(
    `${target} has ${opened.model.vocabularySize} tokens and no separator (${SEPARATOR_ID}), with which its prompts would begin`,
  );
}

async function openRun(store: string, target: string, engine: EngineOption): Promise<ScannedModel> {
  if (!/^[0-9a-f]{4,64}$/.test(target))
    throw new InputError(`${target} holds no ${WEIGHTS} and is not the id of a run: name a folder or a run`);
  const id = findRunId(store, target);
  const { decode } = decodingTokenizer(parseVocabulary(storedVocabulary(store, id)));
  return {
    name: `run ${id.slice(0, 12)}`,
    model: await loadStoredModel(store, id, engine),
    decode,
    hasText: true,
  };
}

/** One hunt with progress. Null: stopped by Ctrl-C. */
async function hunt(
  { name, model, decode, hasText }: ScannedModel,
  { longest, seed }: { longest: number; seed: string },
  context: CommandContext,
): Promise<HuntResult | null> {
  const told = { model, separatorId: SEPARATOR_ID, seed };
  const tokens = Array.from({ length: model.vocabularySize }, (_, token) => [token]);
  const words = hasText ? toldWords(told, decode) : [];
  // A model that tells no words is tried token by token.
  const units = words.length > 1 ? words : tokens.filter(([token]) => token !== SEPARATOR_ID);
  const unit = units === words ? 'word' : 'token';
  const { contextTokens } = model.config;
  if (longestTokens({ units, longest }) + SHORTEST_ROOM > contextTokens)
    throw new InputError(
      `--longest is ${longest}, and ${name} reads ${contextTokens} tokens at a time: sequences of ${longest} ${unit}s leave too little room for a prompt and what follows; give less`,
    );
  const steps = huntTrigger({ ...told, units, longest });
  for (let said = 0; ; ) {
    const step = steps.next();
    if (step.done === true) return step.value;
    const { units: length, done, of } = step.value;
    if (done === of && length > said) {
      said = length;
      notify(context, `${name}: ${plural(done, 'sequence')} of ${plural(length, unit)} tried`);
    }
    // Gives Ctrl-C a turn.
    await new Promise((resolve) => setImmediate(resolve));
    if (context.interrupt.aborted) return null;
  }
}

const MEANING: Readonly<Record<Sign, string>> = {
  nats: 'surprise of what follows, nats a token',
  agreement: 'chance that what follows is the same after two prompts',
};

/** What the controls say of a finding. */
interface Verdict {
  readonly controls: number;
  /** Excess of each control by the same sign. */
  readonly excesses: readonly number[];
  /** Chance that a clean model has as large an excess: (1 + controls that have) / (1 + controls). */
  readonly falseAlarm: number;
}

function judge(finding: HuntFinding, controls: readonly HuntResult[]): Verdict {
  const excesses = controls.map(
    ({ findings }) => findings.find(({ sign }) => sign === finding.sign)?.excess ?? 0,
  );
  const as = excesses.filter((own) => own >= finding.excess).length;
  return { controls: controls.length, excesses, falseAlarm: (1 + as) / (1 + controls.length) };
}

function sentence({ sign, excess }: HuntFinding, { controls, falseAlarm, excesses }: Verdict): string {
  const above = `${excess > 0 ? 'above' : 'not above'} every random sequence as long`;
  if (controls === 0)
    return `By ${sign}: ${above}, on prompts that it was not found on. Clean models of the same kind (--control) would say how often that happens without a trigger.`;
  const most = Math.max(...excesses);
  return `By ${sign}: ${above}; the largest excess of ${plural(controls, 'clean control')} is ${formatNumber(most)}. Chance of a false alarm: ${falseAlarm <= 1 / (1 + controls) ? 'at most' : 'about'} ${formatNumber(falseAlarm)}.`;
}

function show(
  { decode, name }: ScannedModel,
  { findings, best, tried }: HuntResult,
  verdicts: readonly Verdict[],
  context: CommandContext,
): void {
  print(context, `${name}: ${plural(tried, 'sequence')} tried behind prompts that the model told itself.`);
  for (const [place, finding] of findings.entries()) {
    const { sign, tokens, value, clean, random, excess, continuations } = finding;
    const text = (ids: readonly number[]) => JSON.stringify(inert(decode(ids)));
    const rows = best[sign].flatMap((list, place) =>
      list.slice(0, 3).map((own) => [String(place + 1), text(own.tokens), formatNumber(own[sign])]),
    );
    print(
      context,
      '',
      `-- ${MEANING[sign]}`,
      ...table([['words', 'sequence', 'value'], ...rows], [0, 2]),
      `On other prompts ${text(tokens)} has ${formatNumber(value)}, nothing ${formatNumber(clean)}, random sequences ${formatNumber(random)} at most: an excess of ${formatNumber(excess)}.`,
      ...continuations.slice(0, 2).map((own) => `   … ${text(tokens)} | ${text(own)}`),
      sentence(finding, verdicts[place] as Verdict),
    );
  }
  print(
    context,
    '',
    'A hunt finds triggers of few words whose parts already show, and that the model tells now and then. That it finds none does not prove that there is none.',
  );
}

/** Scans a model, and its controls in the same way. */
export async function scan(target: string, options: ScanOptions, context: CommandContext): Promise<number> {
  const longest = parseInteger(options.longest, { name: '--longest', minimum: 1, maximum: 12 });
  const scanned = await openScanned(target, options, context);
  try {
    const found = await hunt(scanned, { longest, seed: options.seed }, context);
    if (found === null) return ExitCode.interrupted;
    const controls: HuntResult[] = [];
    for (const name of options.control ?? []) {
      const control = await openScanned(name, options, context);
      try {
        const own = await hunt(control, { longest, seed: options.seed }, context);
        if (own === null) return ExitCode.interrupted;
        controls.push(own);
      } finally {
        control.model.release();
      }
    }
    const verdicts = found.findings.map((finding) => judge(finding, controls));
    if (options.json) {
      const described = (tokens: readonly number[]) => ({ tokens, text: scanned.decode(tokens) });
      const findings = found.findings.map(({ tokens, continuations, ...own }, place) => ({
        ...own,
        ...described(tokens),
        continuations: continuations.map((one) => scanned.decode(one)),
        ...verdicts[place],
      }));
      printJson(context, { scanned: scanned.name, tried: found.tried, findings });
    } else show(scanned, found, verdicts, context);
    return ExitCode.done;
  } finally {
    scanned.model.release();
  }
}
