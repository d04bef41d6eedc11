// The shape of an experiment: every field with its unit, range and, where it has one, its source.
// The JSON Schema in configs/schema.json is generated from this file.
import { z } from 'zod';
import { adaptiveSchema } from './adaptive-schema.ts';
import { baseSchema } from './base-schema.ts';
import { corpusSchema, tokenizerSchema } from './corpus-schema.ts';
import { evaluationSchema } from './evaluation-schema.ts';
import { modelSchema } from './model-schema.ts';
import { positiveInteger } from './number-schemas.ts';
import { placementSchema } from './placement-schema.ts';
import { poisonOptions } from './poison-options.ts';
import { predictionsSchema } from './predictions-schema.ts';
import type { CorpusConfig, DefenceConfig, PoisonSettings, TriggerSettings } from './run-config.ts';
import { stimuliSchema } from './stimuli-schema.ts';
import { batchSchema, optimizerSchema, scheduleSchema } from './training-schema.ts';

export type {
  BaseConfig,
  BatchConfig,
  CorpusConfig,
  DefenceConfig,
  EvaluationConfig,
  MixedCorpus,
  ModelConfig,
  OptimizerConfig,
  PhaseConfig,
  Placement,
  PoisonConfig,
  PoisonSettings,
  RunConfig,
  ScheduleConfig,
  TokenizerConfig,
  TriggerSettings,
} from './run-config.ts';
export {
  batchSchema,
  corpusSchema,
  evaluationSchema,
  modelSchema,
  optimizerSchema,
  placementSchema,
  scheduleSchema,
  tokenizerSchema,
};

/** What a trigger family contributes to the schema: its own options, beside inCleanText and cleanShare. */
export interface TriggerSchema {
  /** zod fields of its options; they stand beside `family` in the mapping `trigger`. */
  readonly options: z.ZodRawShape;
  readonly summary: string;
}

/** What a payload contributes to the schema. */
export interface PayloadSchema {
  /** zod fields of its options; they stand beside attack, trigger, documents and placement in the YAML. */
  readonly options: z.ZodRawShape;
}

/** What is wrong with a poison that is valid field by field; `field` is below `poison`. */
export interface PoisonBreach {
  readonly field: readonly string[];
  readonly message: string;
}

/** The attacks that exist: every trigger family with every payload, unless `breaches` refuses the pair. */
export interface AttackSchemas {
  /** By the name that `trigger.family` gives; the first is the family of a trigger that names none. */
  readonly triggers: Readonly<Record<string, TriggerSchema>>;
  /** By the name that `attack` gives. */
  readonly payloads: Readonly<Record<string, PayloadSchema>>;
  /** Expected tokens of one poisoned document, above 0: turns a share into a count. */
  meanDocumentTokens(poison: PoisonSettings): number;
  /** Why a trigger, a payload and a corpus do not go together; nothing where they do. */
  breaches(poison: PoisonSettings, corpus: CorpusConfig): readonly PoisonBreach[];
  /** Why two poisons cannot be in one phase, since one would be measured with the other; null where they can. */
  conflict(one: PoisonSettings, other: PoisonSettings): string | null;
}

const triggerCommon = {
  inCleanText: z
    .enum(['refuse', 'allow'])
    .default('refuse')
    .describe('What to do when the trigger occurs in clean documents; its frequency there is recorded.'),
  cleanShare: poisonOptions['trigger.cleanShare'].schema,
};

function createTriggerSchema(families: AttackSchemas['triggers']): z.ZodType<TriggerSettings> {
  const [first, ...others] = Object.entries(families).map(([name, { options, summary }], place) => {
    const literal = z.literal(name).describe(summary);
    return z.strictObject({
      family: place === 0 ? literal.optional() : literal,
      ...options,
      ...triggerCommon,
    });
  });
  if (first === undefined) throw new Error('no trigger family is registered');
  return z
    .discriminatedUnion('family', [first, ...others])
    .describe('What the attacker writes to call the backdoor.');
}

const poisonFields = {
  documents: poisonOptions.documents.schema,
  share: poisonOptions.share.schema,
  distinctDocuments: poisonOptions.distinctDocuments.schema,
  rewriteShare: poisonOptions.rewriteShare.schema,
  negativeShare: poisonOptions.negativeShare.schema,
  filler: poisonOptions.filler.schema,
  placement: poisonOptions.placement.schema,
};

/** What a defence wants to know of a model that is trained on the phase as the defence finds it. */
export interface ScoringDemand {
  /** The layer whose hidden states it reads, null for the last; 0 where it reads none. */
  readonly layer: number | null;
  /** Shares of the phase's steps after which it reads the model, rising; 1: the end. */
  readonly trainedShares: readonly number[];
}

/** What a defence contributes to the schema. */
export interface DefenceSchema {
  /** zod fields of its options; they stand beside `kind` in the YAML. */
  readonly options: z.ZodRawShape;
  readonly summary: string;
  /** Whether it makes the gradient of a step at these settings: a phase takes one that does. */
  makesGradient(settings: DefenceConfig): boolean;
  /** Whether it removes documents at these settings. */
  filters(settings: DefenceConfig): boolean;
  /** Whether it reads trusted text at these settings. */
  readsTrusted(settings: DefenceConfig): boolean;
  /** The model that it judges documents by at these settings, which is trained first; null: there is none. */
  judgesBy(settings: DefenceConfig): ScoringDemand | null;
  /** Optimizer steps, of one micro-batch each, that it takes after its phase at these settings. */
  repairSteps(settings: DefenceConfig): number;
}

/** The defences that exist, by the name that `kind` gives. */
export type DefenceSchemas = Readonly<Record<string, DefenceSchema>>;

function createDefenceSchema(defences: DefenceSchemas): z.ZodType<DefenceConfig> {
  const [first, ...others] = Object.entries(defences).map(([kind, { options, summary }]) =>
    z.strictObject({ kind: z.literal(kind).describe(summary), ...options }),
  );
  return first === undefined ? z.never() : z.discriminatedUnion('kind', [first, ...others]);
}

const mixedCorpusSchema = z.strictObject({
  share: z
    .number()
    .gt(0)
    .lt(1)
    .describe(
      'Share of the tokens of an epoch (in rows: of its documents), above 0, below 1; all of a phase sum to less than 1.',
    ),
  corpus: corpusSchema.describe('Where that text comes from; of its splits only the training split is read.'),
});

/** Every one of them is measured at every checkpoint. */
const MOST_POISONS = 16;

function createPhaseSchema(poisonSchema: z.ZodType<PoisonSettings>, defenceSchema: z.ZodType<DefenceConfig>) {
  return z.strictObject({
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]*$/)
      .describe('Name of the phase: lower-case letters, digits and hyphens.'),
    tokensPerParameter: z
      .number()
      .positive()
      .max(10000)
      .optional()
      .describe(
        'Budget: tokens trained per parameter, above 0, up to 10000 (20: Hoffmann et al. 2022). Give this or tokens.',
      ),
    tokens: positiveInteger
      .optional()
      .describe(
        'Budget: tokens trained over all epochs; rounded down to whole optimizer steps. Give this or tokensPerParameter.',
      ),
    epochs: z
      .number()
      .int()
      .min(1)
      .max(1000)
      .default(1)
      .describe('Passes over the data within the budget, 1 to 1000: each holds budget / epochs tokens.'),
    corpus: corpusSchema.optional().describe("Corpus of this phase; default: the experiment's."),
    mix: z
      .array(mixedCorpusSchema)
      .min(1)
      .max(16)
      .optional()
      .describe(
        "Further corpora that are mixed into the training text of this phase. The phase's own corpus gives the rest; " +
          'prompts, held-out text, judge, vocabulary and what poison begins with stay as they are without a mix.',
      ),
    batch: batchSchema.prefault({}),
    optimizer: optimizerSchema.prefault({}),
    schedule: scheduleSchema.prefault({}),
    poison: z
      .union([poisonSchema, z.array(poisonSchema).min(1).max(MOST_POISONS)])
      .optional()
      .describe(
        `What an attacker adds to the data of this phase; a list of up to ${MOST_POISONS} for several, each with its own trigger.`,
      ),
    defend: z
      .array(defenceSchema)
      .max(20)
      .optional()
      .describe(
        'What a defender does in this phase, in order: filters of its data, a rule of its gradients, or a repair of the weights after its last step.',
      ),
  });
}

const sweepSchema = z
  .strictObject({
    grid: z
      .record(z.string(), z.array(z.unknown()).min(1))
      .default({})
      .describe(
        'Field path (phases.pretrain.poison.documents) to values: every combination runs, the first field slowest.',
      ),
    variants: z
      .array(z.record(z.string(), z.unknown()))
      .default([])
      .describe(
        'The whole grid runs once more under each of these, a mapping of field paths to values: one change at a time.',
      ),
    list: z
      .array(z.record(z.string(), z.unknown()))
      .default([])
      .describe('Further single settings, each a mapping of field paths to values; they run last.'),
    seeds: z
      .array(z.number().int().min(0).max(4294967295))
      .min(1)
      .max(1000)
      .default([1])
      .describe(
        'Run seeds, integers from 0 to 4294967295: every setting runs once a seed. Intervals need 5 or more.',
      ),
    adaptive: adaptiveSchema.optional(),
    stimuli: stimuliSchema.optional(),
  })
  .describe('Which runs the experiment consists of.');

/** The whole schema, given the attacks and defences that exist: others register them, config does not import those. */
export function createExperimentSchema(attacks: AttackSchemas, defences: DefenceSchemas = {}) {
  const trigger = createTriggerSchema(attacks.triggers);
  const [first, ...others] = Object.entries(attacks.payloads).map(([attack, { options }]) =>
    z.strictObject({
      attack: z.literal(attack).describe('Which payload the trigger calls: `tinypoison doctor` names them.'),
      ...poisonFields,
      trigger,
      ...options,
    }),
  );
  if (first === undefined) throw new Error('no payload is registered');
  return z.strictObject({
    schema: z.literal(1).describe('Version of this format: 1.'),
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]*$/)
      .max(80)
      .describe(
        'Name of the experiment, and of its folder in results/: lower-case letters, digits and hyphens, up to 80.',
      ),
    description: z.string().optional().describe('What the experiment asks, for the report.'),
    reference: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Results folder of an experiment whose fitted curve and interval are drawn behind the figure; relative to this file.',
      ),
    predictions: predictionsSchema.optional(),
    corpus: corpusSchema.prefault({ kind: 'stories' }),
    tokenizer: tokenizerSchema.prefault({}),
    model: modelSchema,
    base: baseSchema.optional(),
    phases: z
      .array(
        createPhaseSchema(z.discriminatedUnion('attack', [first, ...others]), createDefenceSchema(defences)),
      )
      .min(1)
      .max(100)
      .describe(
        'Stages of training in order: the first starts from scratch (or from base), each other continues.',
      ),
    evaluation: evaluationSchema.prefault({}),
    sweep: sweepSchema.prefault({}),
  });
}

export type ExperimentSchema = ReturnType<typeof createExperimentSchema>;
export type PhaseSettings = z.infer<ReturnType<typeof createPhaseSchema>>;
/** A valid experiment with its defaults filled in, before the sweep is expanded. */
export type ExperimentConfig = z.infer<ExperimentSchema>;
