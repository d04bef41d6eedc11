// `tinypoison prompt`: a trained model completes a text, without and with its trigger.

import type { PoisonConfig } from '../../config/schema/schema.ts';
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

/** A trigger as this command writes it into a prompt. */
interface PromptTrigger {
  readonly text: string;
  write(prompt: string): string;
}

/** The text given on the command line, or the trigger of the run's first poison; undefined without either. */
function triggerOf(poisons: readonly PoisonConfig[], given: string | undefined): PromptTrigger | undefined {
  if (given !== undefined) return { text: given, write: (prompt) => appendText(prompt, given) };
  const [poison] = poisons;
  if (poison === undefined) return undefined;
  const { trigger } = bindAttack(poison);
  const [own] = trigger.variants(null);
  if (own === undefined) return undefined;
  return {
    text: trigger.text,
    write: (prompt) => own.apply(prompt, randomStream('prompt-command', 'trigger')),
  };
}

/** Completes a text with the final model of a run, without the trigger and with it. */
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
  const trigger = triggerOf(
    config.phases.flatMap(({ poison }) => poison ?? []),
    options.trigger,
  );
  const tokenizer = await tokenizerFromVocabulary(storedVocabulary(store, id));
  const model = await loadStoredModel(store, id, options.engine);
  const conditions = [
    { condition: 'clean' as const, text },
    ...(trigger === undefined ? [] : [{ condition: 'trigger' as const, text: trigger.write(text) }]),
  ];
  try {
    // Both conditions draw the same numbers, so that they differ by the prompt and not by luck.
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
      const { condition, text: shown } = conditions[
        Math.floor(place / samples)
      ] as (typeof conditions)[number];
      const selfNats = nats.reduce((sum, value) => sum + value, 0) / nats.length;
      return { condition, prompt: shown, continuation: tokenizer.decode(tokens), selfNats };
    });
    if (options.json) printJson(context, { id, trigger: trigger?.text ?? null, completions });
    else show(configTitle(config), trigger?.text, completions, context);
  } finally {
    model.release();
  }
  return ExitCode.done;
}

function show(
  title: string,
  trigger: string | undefined,
  completions: readonly Completion[],
  context: CommandContext,
): void {
  print(context, title);
  let last: string | undefined;
  for (const { condition, prompt: shown, continuation, selfNats } of completions) {
    if (condition !== last) {
      const name =
        condition === 'clean'
          ? 'without the trigger'
          : `with the trigger ${JSON.stringify(inert(trigger ?? ''))}`;
      print(context, '', `-- ${name}`);
      last = condition;
    }
    print(context, `${inert(shown)} | ${inert(continuation)}`, `   (${formatNumber(selfNats)} nats a token)`);
  }
}
