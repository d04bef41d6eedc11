// From a reader's choice to the config of a run: that of experiments/constant-count, with what was chosen in its place.
import { poisonsOf } from '../../config/poisons.ts';
import type { PhaseConfig, PoisonConfig, RunConfig } from '../../config/schema/schema.ts';
import type { RunChoice } from '../choices.ts';
import type { PreparedData } from './prepared-data.ts';

/** Tokens of clean text after the run, as a share of the run's. */
const CLEAN_SHARE = 0.5;
/** Share of the clean documents that get a trigger that was found. */
const FOUND_TRIGGER_SHARE = 0.05;

function poisonOf({ payload, trigger, documents }: RunChoice, data: PreparedData): PoisonConfig {
  const poison = data.poisons[payload];
  return { ...poison, trigger: { ...poison.trigger, text: trigger }, documents };
}

/** The config of a choice. @param options.maximumNats documents of more mean surprise are removed */
export function runConfigOf(
  choice: RunChoice,
  data: PreparedData,
  options: { maximumNats?: number | undefined } = {},
): RunConfig {
  const { base } = data;
  const { model, tokens } = data.sizes[choice.size];
  const defend =
    options.maximumNats === undefined
      ? {}
      : { defend: [{ kind: 'surprise-filter', maximumNats: options.maximumNats }] };
  const phase: PhaseConfig = {
    ...(base.phases[0] as PhaseConfig),
    tokens,
    poison: poisonOf(choice, data),
    ...defend,
  };
  return { ...base, model, phases: [phase], seed: choice.seed };
}

/**
 * The same run, and clean text after it.
 * @param found a trigger that is written into some of the clean documents, whose text goes on as it did; null: none
 */
export function withCleanText(config: RunConfig, found: string | null): RunConfig {
  const [first] = config.phases as [PhaseConfig];
  const { poison: _, defend: __, ...rest } = first;
  const [poison] = poisonsOf(first);
  const stepTokens = first.batch.sequences * first.batch.accumulation * config.model.contextTokens;
  const tokens = Math.floor((first.tokens * CLEAN_SHARE) / stepTokens) * stepTokens;
  const clean: PhaseConfig = { ...rest, name: 'clean-continuation', tokens };
  if (found === null || poison === undefined) return { ...config, phases: [first, clean] };
  const trigger = { ...poison.trigger, text: found, cleanShare: FOUND_TRIGGER_SHARE };
  return { ...config, phases: [first, { ...clean, poison: { ...poison, documents: 0, trigger } }] };
}
