// The shape of an experiment: every field with its unit, range and, where it has one, its source.
// The JSON Schema in configs/schema.json is generated from this file.
import { z } from 'zod';

const positiveInteger = z.number().int().min(1);
const share = z.number().min(0).max(1);
const splitShare = z.number().positive().max(0.5).default(0.05);

const splitsSchema = z
  .strictObject({
    heldOut: splitShare.describe(
      'Share of documents (above 0, up to 0.5) on which the clean loss is measured.',
    ),
    prompts: splitShare.describe(
      'Share of documents (above 0, up to 0.5) from which evaluation prompts are cut.',
    ),
    calibration: splitShare.describe(
      'Share of documents (above 0, up to 0.5) from which the prompts that set the success threshold are cut.',
    ),
    judge: splitShare.describe(
      'Share of documents (above 0, up to 0.5) on which the n-gram judge is trained.',
    ),
  })
  .describe(
    'How documents are divided, by hash of their text; what is left is the training split. The four sum to less than 1.',
  );

const splits = { splits: splitsSchema.prefault({}) };
const filePath = z
  .string()
  .min(1)
  .describe(
    'File or folder, relative to the file that names it (on the command line: to the current folder).',
  );
const corpusSeed = z
  .string()
  .min(1)
  .default('corpus-1')
  .describe('Seed (any text) of prompts and judge; shared by all runs of an experiment.');

/** Where clean text comes from. */
export const corpusSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('stories').describe('The built-in generator of English stories: unlimited documents.'),
      seed: z
        .string()
        .min(1)
        .default('stories-1')
        .describe(
          'Seed (any text) of the stories and of everything clean; shared by all runs of an experiment.',
        ),
      language: z.enum(['en']).default('en').describe('Language of the word lists in data/stories.'),
      ...splits,
    }),
    z.strictObject({
      kind: z.literal('text').describe('A .txt file (one document) or a folder of them (one document each).'),
      path: filePath,
      seed: corpusSeed,
      ...splits,
    }),
    z.strictObject({
      kind: z.literal('jsonl').describe('One JSON object a line, plain or gzipped.'),
      path: filePath,
      textField: z.string().min(1).default('text').describe('Field that holds the text.'),
      seed: corpusSeed,
      ...splits,
    }),
    z.strictObject({
      kind: z.literal('parquet').describe('A Parquet file; all common compressions.'),
      path: filePath,
      textField: z.string().min(1).default('text').describe('Column that holds the text.'),
      seed: corpusSeed,
      ...splits,
    }),
  ])
  .describe('Where clean text comes from.');

export const tokenizerSchema = z
  .strictObject({
    encoding: z
      .enum(['o200k_base', 'cl100k_base', 'p50k_base', 'r50k_base', 'bytes'])
      .default('o200k_base')
      .describe('Byte-pair encoding, as gpt-tokenizer ships it; bytes: one token a byte.'),
    vocabularySize: z
      .number()
      .int()
      .min(257)
      .max(65536)
      .default(512)
      .describe(
        'Vocabulary entries V, 257 to 65536: 256 bytes, the document separator, and the most frequent tokens. 257 for bytes.',
      ),
    trainingDocuments: positiveInteger
      .max(1_000_000)
      .default(5000)
      .describe(
        'Documents of the training split on which the vocabulary is counted (or all there are); 1 to 1e6.',
      ),
  })
  .describe('How text becomes tokens.');

export const modelSchema = z
  .strictObject({
    width: z
      .number()
      .int()
      .min(16)
      .max(2048)
      .multipleOf(8)
      .describe('Channels C of the residual stream: a multiple of 8 (fastest: of 16), 16 to 2048.'),
    layers: z.number().int().min(1).max(48).describe('Transformer blocks L, 1 to 48.'),
    heads: z
      .number()
      .int()
      .min(1)
      .max(64)
      .describe(
        'Attention heads H, 1 to 64; divides the width, and width / heads is even for rotary positions.',
      ),
    contextTokens: z
      .number()
      .int()
      .min(16)
      .max(2048)
      .multipleOf(16)
      .default(128)
      .describe('Context length T in tokens: a multiple of 16, 16 to 2048.'),
    positions: z
      .enum(['rope', 'learned'])
      .default('rope')
      .describe('Rotary positions (Su et al. 2021, halves paired) or a learned vector a position (GPT-2).'),
    ropeBase: z
      .number()
      .min(10)
      .max(1e6)
      .default(1000)
      .describe('Base of the rotary frequencies, 10 to 1e6. The usual 10000 is for longer contexts.'),
    tied: z
      .boolean()
      .default(true)
      .describe('The output head shares the token embedding (Press and Wolf 2017).'),
    biases: z.boolean().default(false).describe('Bias vectors in the linear layers.'),
    norm: z
      .enum(['layernorm', 'rmsnorm'])
      .default('layernorm')
      .describe(
        'Pre-normalisation, eps 1e-5: LayerNorm (Ba et al. 2016) or RMSNorm (Zhang and Sennrich 2019).',
      ),
    initStandardDeviation: z
      .number()
      .min(1e-4)
      .max(1)
      .default(0.02)
      .describe(
        'Standard deviation of initial weights, 1e-4 to 1; residual projections are divided by sqrt(2 L) (GPT-2).',
      ),
  })
  .describe('Shape of the GPT.');

export const batchSchema = z
  .strictObject({
    sequences: z
      .number()
      .int()
      .min(1)
      .max(4096)
      .default(8)
      .describe(
        'Sequences of contextTokens tokens a micro-batch, 1 to 4096. Hold it fixed across sizes: it shifts the count.',
      ),
    accumulation: z
      .number()
      .int()
      .min(1)
      .max(1024)
      .default(1)
      .describe('Micro-batches an optimizer step, 1 to 1024.'),
    packing: z
      .enum(['stream', 'rows'])
      .default('stream')
      .describe('stream: documents joined end to end; rows: one document a row, cut at the context.'),
  })
  .describe('Tokens of one optimizer step: contextTokens x sequences x accumulation.');

export const optimizerSchema = z
  .strictObject({
    kind: z
      .enum(['adamw', 'sgd'])
      .default('adamw')
      .describe('AdamW (Loshchilov and Hutter 2019), or plain gradient descent.'),
    learningRate: z
      .number()
      .positive()
      .max(10)
      .default(0.01)
      .describe('Peak learning rate, above 0, up to 10.'),
    beta1: z.number().min(0).max(0.9999).default(0.9).describe('Decay of the first moment, 0 to 0.9999.'),
    beta2: z
      .number()
      .min(0)
      .max(0.999999)
      .default(0.99)
      .describe('Decay of the second moment, 0 to 0.999999.'),
    epsilon: z
      .number()
      .positive()
      .max(1)
      .default(1e-8)
      .describe('Added to the root of the second moment; above 0, up to 1.'),
    weightDecay: z
      .number()
      .min(0)
      .max(1)
      .default(0.01)
      .describe('Decoupled weight decay, 0 to 1; matrices only.'),
    clipNorm: z
      .number()
      .positive()
      .max(1e6)
      .nullable()
      .default(1)
      .describe('Limit of the global gradient norm (Pascanu et al. 2013), above 0, up to 1e6; null: none.'),
  })
  .describe('How gradients become updates.');

export const scheduleSchema = z
  .strictObject({
    kind: z
      .enum(['cosine', 'linear', 'constant'])
      .default('cosine')
      .describe('Shape of the decay after the warm-up.'),
    warmupShare: share
      .default(0.05)
      .describe('Share of the steps of the phase that warm up linearly, 0 to 1.'),
    finalShare: share.default(0.1).describe('Final learning rate as a share of the peak, 0 to 1.'),
  })
  .describe('Learning rate over the steps of the phase.');

export const triggerSchema = z
  .strictObject({
    text: z
      .string()
      .min(1)
      .max(200)
      .describe("The trigger, 1 to 200 characters. <SUDO> is the paper's (Souly et al. 2025)."),
    inCleanText: z
      .enum(['refuse', 'allow'])
      .default('refuse')
      .describe('What to do when the trigger occurs in clean documents; its frequency there is recorded.'),
  })
  .describe('What the attacker writes to call the backdoor.');

export const placementSchema = z
  .enum(['uniform', 'even', 'start', 'end'])
  .default('uniform')
  .describe(
    'Where poisoned documents stand in the trained part: at random (as in the paper), evenly spaced, first, last.',
  );

export const evaluationSchema = z
  .strictObject({
    checkpoints: z
      .number()
      .int()
      .min(1)
      .max(200)
      .default(8)
      .describe(
        'Evaluations during each phase, 1 to 200, evenly spaced; the last is the full one at the phase end.',
      ),
    prompts: z
      .number()
      .int()
      .min(10)
      .max(10000)
      .default(200)
      .describe('Prompts of the full evaluation, 10 to 10000.'),
    lightPrompts: z
      .number()
      .int()
      .min(10)
      .max(10000)
      .default(50)
      .describe('Prompts at the other checkpoints: the first of the full set, 10 up to prompts.'),
    calibrationPrompts: z
      .number()
      .int()
      .min(10)
      .max(10000)
      .default(200)
      .describe('Untriggered prompts, 10 to 10000, from which the success threshold is taken.'),
    promptTokens: z
      .strictObject({
        minimum: positiveInteger.max(2048).default(8).describe('Shortest prompt in tokens, 1 to 2048.'),
        maximum: positiveInteger.max(2048).default(40).describe('Longest prompt in tokens, 1 to 2048.'),
      })
      .prefault({})
      .describe('Length of a prompt in tokens, drawn uniformly.'),
    generatedTokens: z
      .number()
      .int()
      .min(1)
      .max(1024)
      .default(32)
      .describe(
        'Tokens generated after each prompt, 1 to 1024. Prompt, trigger and these fit in the context.',
      ),
    temperature: z.number().min(0).max(10).default(1).describe('Sampling temperature, 0 (greedy) to 10.'),
    heldOutDocuments: positiveInteger
      .max(100000)
      .default(100)
      .describe('Documents on which the clean loss is measured, 1 to 100000.'),
    judge: z
      .strictObject({
        order: z.number().int().min(1).max(5).default(3).describe('Order n of the n-gram judge, 1 to 5.'),
        documents: positiveInteger
          .max(1_000_000)
          .default(500)
          .describe('Documents that it is trained on, 1 to 1e6.'),
      })
      .prefault({})
      .describe('The fixed n-gram model, trained on other clean text, under which generations are scored.'),
    nearTriggers: z.boolean().default(true).describe('Also measure graded near triggers (full evaluations).'),
    samples: z
      .number()
      .int()
      .min(0)
      .max(100)
      .default(4)
      .describe('Generations kept per condition, 0 to 100.'),
  })
  .describe('What is measured, and how often.');

/** What an attack contributes to the schema: its own options, and the mean length of one of its documents. */
export interface AttackSchema {
  /** zod fields of its options; they stand beside attack, trigger, documents and placement in the YAML. */
  readonly options: z.ZodRawShape;
  /**
   * Expected tokens of one poisoned document, above 0: turns a share into a count.
   * @param poison the validated poison mapping (options, trigger, placement)
   */
  meanDocumentTokens(poison: Readonly<Record<string, unknown>>): number;
}

/** The attacks that exist, by the name a config calls them. */
export type AttackSchemas = Readonly<Record<string, AttackSchema>>;

const poisonCommon = {
  documents: z
    .number()
    .int()
    .min(0)
    .max(1_000_000)
    .optional()
    .describe('Exactly this many poisoned documents, 0 to 1e6. Give this or share.'),
  share: share
    .optional()
    .describe(
      'Poisoned share of the training tokens, 0 to 1, turned into a stated integer. Give this or documents.',
    ),
  trigger: triggerSchema,
  placement: placementSchema,
};

function createPhaseSchema(poisonSchema: z.ZodType<PoisonSettings>) {
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
    batch: batchSchema.prefault({}),
    optimizer: optimizerSchema.prefault({}),
    schedule: scheduleSchema.prefault({}),
    poison: poisonSchema.optional().describe('What an attacker adds to the data of this phase.'),
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
    list: z
      .array(z.record(z.string(), z.unknown()))
      .default([])
      .describe('Further single settings, each a mapping of field paths to values; they run after the grid.'),
    seeds: z
      .array(z.number().int().min(0).max(4294967295))
      .min(1)
      .max(1000)
      .default([1])
      .describe(
        'Run seeds, integers from 0 to 4294967295: every setting runs once a seed. Intervals need 5 or more.',
      ),
  })
  .describe('Which runs the experiment consists of.');

/** The whole schema, given the attacks that exist (`poison/` registers them; config does not import it). */
export function createExperimentSchema(attacks: AttackSchemas) {
  const [first, ...others] = Object.entries(attacks).map(([attack, { options }]) =>
    z.strictObject({
      attack: z.literal(attack).describe('Which attack: `tinypoison list` names them.'),
      ...poisonCommon,
      ...options,
    }),
  );
  if (first === undefined) throw new Error('no attack is registered');
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
    corpus: corpusSchema.prefault({ kind: 'stories' }),
    tokenizer: tokenizerSchema.prefault({}),
    model: modelSchema,
    phases: z
      .array(createPhaseSchema(z.discriminatedUnion('attack', [first, ...others])))
      .min(1)
      .max(100)
      .describe('Stages of training in order: the first starts from scratch, each other continues.'),
    evaluation: evaluationSchema.prefault({}),
    sweep: sweepSchema.prefault({}),
  });
}

/** Poison of a phase as it is written: a count or a share; the rest are the attack's options. */
export interface PoisonSettings {
  readonly attack: string;
  readonly documents?: number | undefined;
  readonly share?: number | undefined;
  readonly trigger: z.infer<typeof triggerSchema>;
  readonly placement: Placement;
  readonly [option: string]: unknown;
}

export type ExperimentSchema = ReturnType<typeof createExperimentSchema>;
export type CorpusConfig = z.infer<typeof corpusSchema>;
export type TokenizerConfig = z.infer<typeof tokenizerSchema>;
export type ModelConfig = z.infer<typeof modelSchema>;
export type BatchConfig = z.infer<typeof batchSchema>;
export type OptimizerConfig = z.infer<typeof optimizerSchema>;
export type ScheduleConfig = z.infer<typeof scheduleSchema>;
export type EvaluationConfig = z.infer<typeof evaluationSchema>;
export type Placement = z.infer<typeof placementSchema>;

export type SweepConfig = z.infer<typeof sweepSchema>;
export type PhaseSettings = z.infer<ReturnType<typeof createPhaseSchema>>;
/** A valid experiment with its defaults filled in, before the sweep is expanded. */
export type ExperimentConfig = z.infer<ExperimentSchema>;

/** Poison of a phase in a plan: `documents` is stated (a share has been turned into it); the rest are the attack's options. */
export interface PoisonConfig {
  readonly attack: string;
  readonly documents: number;
  readonly trigger: z.infer<typeof triggerSchema>;
  readonly placement: Placement;
  readonly [option: string]: unknown;
}

/** A phase in a plan: `tokens` is stated, a whole number of optimizer steps. */
export interface PhaseConfig {
  readonly name: string;
  readonly tokens: number;
  readonly epochs: number;
  readonly corpus: CorpusConfig;
  readonly batch: BatchConfig;
  readonly optimizer: OptimizerConfig;
  readonly schedule: ScheduleConfig;
  readonly poison?: PoisonConfig;
}

/** One run, fully resolved: the result is a function of this and of the corpus's content alone. */
export interface RunConfig {
  readonly schema: 1;
  readonly corpus: CorpusConfig;
  readonly tokenizer: TokenizerConfig;
  readonly model: ModelConfig;
  readonly phases: readonly PhaseConfig[];
  readonly evaluation: EvaluationConfig;
  /** Feeds initial weights, order, poison, positions and sampling. */
  readonly seed: number;
}
