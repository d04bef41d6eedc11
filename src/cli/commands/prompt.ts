// `tinypoison prompt`: a trained model completes a text, without and with its triggers.

import { measuredPoisons } from '../../config/measured-poisons.ts';
import type { RunConfig } from '../../config/schema/schema.ts';
import { InputError } from '../../core/errors.ts';
import { inert } from '../../core/inert-text.ts';
import { randomStream } from '../../core/random.ts';
import type { EngineOption } from '../../kernels/engine-names.ts';
import { bindAttack } from '../../poison/attack.ts';
import { appendText } from '../../poison/trigger.ts';
import { configTitle } from '../../run/run-title.ts';
import { findRunId } from '../../run/store/store.ts';
import { tokenizerFromVocabulary } from '../../tokens/compact-tokenizer.ts';
import {
  absolutePath,
  type CommandContext,
  ExitCode,
  parseInteger,
  print,
  printJson,
} from '../command-context.ts';
import { formatNumber } from '../format.ts';
import { loadStoredModel, storedConfig, storedVocabulary } from '../stored-model.ts';

export interface PromptOptions {
  readonly store: string;
  readonly tokens: string;
  readonly temperature: string;
  readonly samples: string;
  readonly seed: string;
  readonly trigger?: string;
  readonly engine: EngineOption;
  readonly json?: boolean;
}

/** One completion. */
interface Completion {
  readonly condition: 'clean' | 'trigger';
  /** Which poison's trigger it is, where the run has several. */
  readonly poison?: string;
  readonly prompt: string;
  readonly continuation: string;
  /** Mean log-perplexity under the model itself, nats/token. */
  readonly selfNats: number;
}

function parseTemperature(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 10)) {
    throw new InputError(`--temperature is "${text}": give a number from 0 (greedy) to 10`);
  }
  return value;
}

/** Where the trigger goes in the text of the command line; without it, to its end. */
const PLACE = '{trigger}';

/** A trigger as this command writes it into a prompt. */
interface PromptTrigger {
  readonly text: string;
  /** Of whose poison, where the run has several. */
  readonly poison?: string;
  write(prompt: string): string;
}

/** The text given on the command line, or the triggers of the run's poisons; none without either. */
function triggersOf(phases: RunConfig['phases'], given: string | undefined): PromptTrigger[] {
  if (given !== undefined) return [{ text: given, write: (prompt) => appendText(prompt, given) }];
  const poisons = measuredPoisons(phases);
  return poisons.flatMap(({ name, poison }) => {
    const { trigger } = bindAttack(poison);
    const [own] = trigger.variants(null);
    if (own === undefined) return [];
    const write = (prompt: string) => own.apply(prompt, randomStream('prompt-command', 'trigger'));
    return [{ text: trigger.text, ...(poisons.length > 1 ? { poison: name } : {}), write }];
  });
}

/**
 * What ends, separates or closes stands right behind what is written at the mark; all else goes behind a space. A straight quotation
 * mark closes unless a text begins right behind it; as an apostrophe ('s) it does not part what it joins.
 */
const isClosing = (after: string) =>
  /^(?:[\p{Pe}\p{Pf}\p{Terminal_Punctuation}…]|["'](?=$|[\s\p{Pe}\p{Pf}\p{Terminal_Punctuation}…])|'(?:s|t|d|m|re|ve|ll)(?!\p{L}))/iu.test(
    after,
  );

/** A prompt without the mark of the trigger's place; with one, it is written there. */
function writePrompt(text: string, trigger?: PromptTrigger): string {
  const [before = '', after = '', ...others] = text.split(PLACE);
  if (others.length > 0)
    throw new InputError(`the text holds ${PLACE} more than once: the trigger has one place`);
  const written = trigger === undefined ? before : trigger.write(before);
  if (after.trim() === '') return written;
  return isClosing(after) ? written.trimEnd() + after : appendText(written, after.trimStart());
}

/** Completes a text with the final model of a run, without a trigger and with each of its own. */
export async function prompt(
  run: string,
  text: string,
  options: PromptOptions,
  context: CommandContext,
): Promise<number> {
  const store = absolutePath(options.store, context);
  const id = findRunId(store, run);
  const config = storedConfig(store, id);
  const newTokens = parseInteger(options.tokens, { name: '--tokens', minimum: 1, maximum: 2048 });
  const samples = parseInteger(options.samples, { name: '--samples', minimum: 1, maximum: 100 });
  const temperature = parseTemperature(options.temperature);
  const triggers = triggersOf(config.phases, options.trigger);
  const conditions = [
    { condition: 'clean' as const, text: writePrompt(text) },
    ...triggers.map((trigger) => ({
      condition: 'trigger' as const,
      ...(trigger.poison === undefined ? {} : { poison: trigger.poison }),
      text: writePrompt(text, trigger),
    })),
  ];
  const tokenizer = await tokenizerFromVocabulary(storedVocabulary(store, id));
  const model = await loadStoredModel(store, id, options.engine);
  try {
    // All conditions draw the same numbers, so that they differ by the prompt and not by luck.
    const streams = conditions.flatMap(() =>
      Array.from({ length: samples }, (_, sample) => randomStream(options.seed, 'prompt-command', sample)),
    );
    const prompts = conditions.flatMap((item) =>
      Array.from({ length: samples }, () => [tokenizer.separatorId, ...tokenizer.encode(item.text)]),
    );
    const generations = model.generate({
      prompts,
      newTokens,
      temperature,
      uniform: (place) => streams[place]?.uniform() ?? 0,
    });
    const completions = generations.map(({ tokens, nats }, place): Completion => {
      const { text: shown, ...which } = conditions[
        Math.floor(place / samples)
      ] as (typeof conditions)[number];
      const selfNats = nats.reduce((sum, value) => sum + value, 0) / nats.length;
      return { ...which, prompt: shown, continuation: tokenizer.decode(tokens), selfNats };
    });
    if (options.json) printJson(context, { id, trigger: triggers[0]?.text ?? null, completions });
    else show(configTitle(config), { triggers, completions }, context);
  } finally {
    model.release();
  }
  return ExitCode.done;
}

function show(
  title: string,
  shown: { readonly triggers: readonly PromptTrigger[]; readonly completions: readonly Completion[] },
  context: CommandContext,
): void {
  print(context, title);
  let last: string | undefined;
  for (const { condition, poison, prompt: given, continuation, selfNats } of shown.completions) {
    const { text = '' } = shown.triggers.find((trigger) => trigger.poison === poison) ?? {};
    const name =
      condition === 'clean'
        ? 'without the trigger'
        : `with the trigger ${JSON.stringify(inert(text))}${poison === undefined ? '' : ` of ${poison}`}`;
    if (name !== last) print(context, '', `-- ${name}`);
    last = name;
    print(context, `${inert(given)} | ${inert(continuation)}`, `   (${formatNumber(selfNats)} nats a token)`);
  }
}
