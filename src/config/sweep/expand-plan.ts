// The whole sweep as a list of runs, before anything runs.
import { canonicalJson } from '../../core/canonical-json.ts';
import { EVALUATION_CONTRACT } from '../../core/contracts.ts';
import { InputError } from '../../core/errors.ts';
import { budgetOf, dataParts, dataTokens, poisonedDocuments } from '../budget.ts';
import type { Experiment, Setting } from '../compose-experiment.ts';
import { countParameters, flopsPerToken } from '../count-parameters.ts';
import { withoutPaths } from '../identity.ts';
import type { Label, Labels } from '../labels.ts';
import { poisonsOf, withPoisons } from '../poisons.ts';
import type { AdaptiveSettings } from '../schema/adaptive-schema.ts';
import { statedOptions } from '../schema/poison-options.ts';
import type { Prediction } from '../schema/predictions-schema.ts';
import type {
  AttackSchemas,
  DefenceSchemas,
  EvaluationConfig,
  ExperimentConfig,
  PhaseConfig,
  PhaseSettings,
  RunConfig,
} from '../schema/schema.ts';
import { repairTokens, scoredTokens, scoringPlaces, scoringTokens } from '../scoring-tokens.ts';

const maximumRuns = 100_000;
/** Places in an epoch are 32-bit numbers, and its tokens are held in memory, two bytes each. */
const maximumEpochTokens = 2_000_000_000;

export interface PlannedRun {
  /** Position in the plan, from 0. */
  readonly index: number;
  readonly config: RunConfig;
  /** Value of each field that tells the run apart, by its path in full; the seed is in the config. */
  readonly labels: Labels;
  /** Trained scalars, tied ones once. */
  readonly parameters: number;
  /** Tokens trained over all phases. */
  readonly tokens: number;
  /** Tokens that models are trained on which its defences judge documents with; left out: there are none. */
  readonly scoringTokens?: number;
  /** Floating-point operations of training, over all phases, such models and repairs of weights included. */
  readonly flops: number;
}

export interface Plan {
  readonly name: string;
  readonly description?: string;
  /** Results folder of the experiment drawn behind the figure, absolute. */
  readonly reference?: string;
  /** Fields that runs of other seeds take other values of, by their paths in full; left out: none. */
  readonly stimuli?: readonly string[];
  /** What was predicted of its results; left out: nothing. */
  readonly predictions?: readonly Prediction[];
  /** Fields that take more than one value over the sweep, by their paths in full, in the order of the sweep. */
  readonly varying: readonly string[];
  readonly seeds: readonly number[];
  /** Settings in the order of the sweep, each with its seeds one after another. */
  readonly runs: readonly PlannedRun[];
  /** Runs left out because an earlier one has the same config. */
  readonly duplicates: number;
  /** Sum over the runs. */
  readonly tokens: number;
  /** Sum over the runs. */
  readonly flops: number;
  /** How runs are chosen; left out: all of them run. */
  readonly adaptive?: AdaptiveSettings;
}

/** A value and everything inside it, made immutable. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}

function statePhase(phase: PhaseSettings, config: ExperimentConfig, attacks: AttackSchemas): PhaseConfig {
  const { name, epochs, corpus = config.corpus, mix, batch, optimizer, schedule, defend = [] } = phase;
  const { tokens, dataTokens: planted } = budgetOf(phase, config);
  const stated = {
    ...{ name, tokens, epochs, corpus, batch, optimizer, schedule },
    ...(mix === undefined ? {} : { mix }),
    ...(defend.length === 0 ? {} : { defend }),
  };
  const poisons = poisonsOf(phase).map((poison) => {
    const documents = poisonedDocuments(poison, { dataTokens: planted, attacks });
    const { share: _, ...options } = poison;
    return statedOptions({ ...options, documents });
  });
  return { ...stated, ...withPoisons(poisons) };
}

/** The first contract of evaluation is left out: what it measures is what runs were measured by before there were others. */
function stateEvaluation({ contract, ...evaluation }: EvaluationConfig): EvaluationConfig {
  return contract === undefined || contract === EVALUATION_CONTRACT
    ? evaluation
    : { ...evaluation, contract };
}

/** The config of one run: budgets and counts stated, phases complete. */
function stateRun(config: ExperimentConfig, seed: number, attacks: AttackSchemas): RunConfig {
  const { schema, corpus, tokenizer, model, base } = config;
  const evaluation = stateEvaluation(config.evaluation);
  const phases = config.phases.map((phase) => statePhase(phase, config, attacks));
  const start = base === undefined ? {} : { base };
  return { schema, corpus, tokenizer, model, ...start, phases, evaluation, seed };
}

/** Refuses a phase that no memory holds. */
function checkEpochs(config: RunConfig, file: string): void {
  for (const phase of config.phases) {
    const data = dataTokens(phase);
    if (data <= maximumEpochTokens) continue;
    const parts = dataParts(phase);
    const message =
      `phases.${phase.name}: ${data} tokens ${parts === 1 ? 'an epoch' : `in ${parts} parts`} are more than ${maximumEpochTokens}; ` +
      'give fewer tokens, or more epochs';
    throw new InputError({ file, message });
  }
}

/** Runs are grouped and found again by configs that do not hold where weights lie: one start for all of an experiment. */
function checkStarts(settings: readonly Setting[], file: string): void {
  const starts = new Set(settings.map(({ config }) => canonicalJson(config.base ?? null)));
  if (starts.size > 1)
    throw new InputError({
      file,
      message: `base: the sweep has runs of ${starts.size} starts; give all the same, and each start an experiment of its own`,
    });
}

/** A config that runs have but for their seeds, and these. */
interface SeededConfig {
  readonly config: RunConfig;
  readonly seeds: Set<number>;
}

/** The text of a config, whatever its seed. */
const seedlessText = (config: RunConfig) => canonicalJson({ ...config, seed: null });

/** Records do not hold where texts lie: runs that differ in that alone would be taken for one setting. */
function checkTexts(configs: Iterable<SeededConfig>, file: string): void {
  const seen = new Map<string, Set<number>>();
  for (const { config, seeds } of configs) {
    const key = seedlessText(withoutPaths(config));
    const others = seen.get(key);
    if (others === undefined) {
      seen.set(key, new Set(seeds));
      continue;
    }
    for (const seed of seeds) {
      if (others.has(seed))
        throw new InputError({
          file,
          message:
            'corpus.path: the sweep has runs that differ in their files alone, which results do not hold; ' +
            'give the corpus of each file a seed of its own (corpus.seed)',
        });
      others.add(seed);
    }
  }
}

function varyingFields(settings: readonly Setting[]): string[] {
  const fields = [...new Set(settings.flatMap(({ labels }) => Object.keys(labels)))];
  return fields.filter((field) => new Set(settings.map(({ labels }) => labels[field])).size > 1);
}

function planRun(
  config: RunConfig,
  { labels, index, defences }: { labels: Labels; index: number; defences: DefenceSchemas },
): PlannedRun {
  const { model, tokenizer, phases } = config;
  const tokens = phases.reduce((sum, phase) => sum + phase.tokens, 0);
  const places = scoringPlaces(config, defences);
  const scoring = scoringTokens(config, places).reduce((sum, own) => sum + own, 0);
  // Reading a token is the first third of training on it.
  const all = tokens + scoring + scoredTokens(config, places) / 3 + repairTokens(config, defences);
  return {
    index,
    config,
    labels,
    parameters: countParameters(model, tokenizer.vocabularySize),
    tokens,
    ...(scoring === 0 ? {} : { scoringTokens: scoring }),
    flops: all * flopsPerToken(model, tokenizer.vocabularySize),
  };
}

/**
 * Every run of an experiment, deep frozen: settings in the order of the sweep (first field slowest, then the
 * list), seeds fastest, equal configs once. The count of poisoned documents never changes the number of steps.
 * @throws InputError for more than 100,000 runs, 2e9 tokens an epoch, runs of several starts, or of files that differ in their paths alone
 */
export function expandPlan(experiment: Experiment): Plan {
  const { settings, attacks, defences, config, file } = experiment;
  const { seeds } = config.sweep;
  const total = settings.reduce((sum, { seeds: own = seeds }) => sum + own.length, 0);
  if (total > maximumRuns)
    throw new InputError({ file, message: `the sweep has ${total} runs; at most ${maximumRuns}` });
  checkStarts(settings, file);
  const varying = varyingFields(settings);
  const list: PlannedRun[] = [];
  const configs = new Map<string, SeededConfig>();
  for (const setting of settings) {
    const labels = Object.fromEntries(
      varying
        .filter((field) => setting.labels[field] !== undefined)
        .map((field) => [field, setting.labels[field] as Label]),
    );
    // Its runs differ in the seed alone: all else is worked out once, and held once.
    const stated = stateRun(setting.config, 0, attacks);
    checkEpochs(stated, file);
    const planned = planRun(stated, { labels, index: 0, defences });
    const key = seedlessText(stated);
    const own = configs.get(key) ?? { config: stated, seeds: new Set<number>() };
    configs.set(key, own);
    for (const seed of setting.seeds ?? seeds) {
      if (own.seeds.has(seed)) continue;
      own.seeds.add(seed);
      list.push({ ...planned, index: list.length, config: { ...stated, seed } });
    }
  }
  checkTexts(configs.values(), file);
  return deepFreeze({
    name: config.name,
    ...(config.description === undefined ? {} : { description: config.description }),
    ...(config.reference === undefined ? {} : { reference: config.reference }),
    ...(experiment.stimuli.length === 0 ? {} : { stimuli: [...experiment.stimuli] }),
    ...(config.predictions === undefined ? {} : { predictions: structuredClone(config.predictions) }),
    varying,
    seeds: [...seeds],
    runs: structuredClone(list),
    duplicates: total - list.length,
    tokens: list.reduce((sum, run) => sum + run.tokens, 0),
    flops: list.reduce((sum, run) => sum + run.flops, 0),
    ...(config.sweep.adaptive === undefined ? {} : { adaptive: structuredClone(config.sweep.adaptive) }),
  });
}
