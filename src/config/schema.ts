// The shape of an experiment: every field with its unit, range and, where it has one, its source.
// The JSON Schema in configs/schema.json is generated from this file.
import { z } from 'zod';

const positiveInteger = z.number().int().min(1);
const share = z.number().min(0).max(1);

const splitsSchema = z
  .strictObject({
    heldOut: share.default(0.05).describe('Share of documents on which the clean loss is measured.'),
    prompts: share.default(0.05).describe('Share of documents from which evaluation prompts are cut.'),
    calibration: share.default(0.05).describe('Share of documents from which calibration prompts are cut.'),
    judge: share.default(0.05).describe('Share of documents on which the n-gram judge is trained.'),
  })
  .describe('How documents are divided, by hash of their text; what is left is the training split.');

const splits = { splits: splitsSchema.prefault({}) };
const filePath = z.string().min(1).describe('File or folder, relative to the file that names it.');

/** Where clean text comes from. */
export const corpusSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('stories').describe('The built-in generator of English stories: unlimited documents.'),
    seed: z.string().min(1).default('stories-1').describe('Seed of the generator and of everything clean.'),
    language: z.enum(['en']).default('en').describe('Language of the word lists in data/stories.'),
    ...splits,
  }),
  z.strictObject({
    kind: z.literal('text').describe('A .txt file (one document) or a folder of them (one document each).'),
    path: filePath,
    seed: z.string().min(1).default('corpus-1').describe('Seed of prompts, judge and splits.'),
    ...splits,
  }),
  z.strictObject({
    kind: z.literal('jsonl').describe('One JSON object a line, plain or gzipped.'),
    path: filePath,
    textField: z.string().min(1).default('text').describe('Field that holds the text.'),
    seed: z.string().min(1).default('corpus-1').describe('Seed of prompts, judge and splits.'),
    ...splits,
  }),
  z.strictObject({
    kind: z.literal('parquet').describe('A Parquet file; all common compressions.'),
    path: filePath,
    textField: z.string().min(1).default('text').describe('Column that holds the text.'),
    seed: z.string().min(1).default('corpus-1').describe('Seed of prompts, judge and splits.'),
    ...splits,
  }),
]);

export const tokenizerSchema = z.strictObject({
  encoding: z
    .enum(['o200k_base', 'cl100k_base', 'p50k_base', 'r50k_base', 'bytes'])
    .default('o200k_base')
    .describe('Byte-pair encoding of gpt-tokenizer; bytes: one token a byte.'),
  vocabularySize: z
    .number()
    .int()
    .min(257)
    .max(65536)
    .default(512)
    .describe('Entries: 256 bytes, the document separator, and the most frequent tokens. 257 for bytes.'),
  trainingDocuments: positiveInteger
    .max(1_000_000)
    .default(5000)
    .describe('The vocabulary is counted on this many documents of the training split (or all there are).'),
});

export const modelSchema = z.strictObject({
  width: z.number().int().min(4).max(2048).describe("Channels C of the residual stream."),
  layers: z.number().int().min(1).max(48).describe('Transformer blocks L.'),
  heads: z.number().int().min(1).max(64).describe('Attention heads H; divides the width.'),
  contextTokens: z.number().int().min(8).max(2048).default(128).describe("Context length T in tokens."),
  positions: z.enum(['rope', 'learned']).default('rope').describe('Rotary (half-split) or learned positions.'),
  ropeBase: z.number().min(10).max(1e6).default(1000).describe('Base of the rotary frequencies.'),
  tied: z.boolean().default(true).describe('Output head shares the token embedding.'),
  biases: z.boolean().default(false).describe('Bias vectors in the linear layers.'),
  norm: z.enum(['layernorm', 'rmsnorm']).default('layernorm').describe('Pre-norm kind, eps 1e-5.'),
  initStandardDeviation: z.number().min(1e-4).max(1).default(0.02).describe('Of initial weights; residual projections are divided by sqrt(2 L) (GPT-2).'),
});

export const batchSchema = z.strictObject({
  sequences: z.number().int().min(1).max(4096).default(8).describe('Sequences of contextTokens tokens a micro-batch.'),
  accumulation: z.number().int().min(1).max(1024).default(1).describe('Micro-batches an optimizer step.'),
  packing: z.enum(['stream', 'rows']).default('stream').describe('stream: documents joined end to end; rows: one document a row, cut at the context.'),
});

export const optimizerSchema = z.strictObject({
  kind: z.enum(['adamw', 'sgd']).default('adamw').describe('AdamW (Loshchilov and Hutter 2019), or plain gradient descent.'),
  learningRate: z.number().positive().max(10).default(0.01).describe('Peak learning rate.'),
  beta1: z.number().min(0).max(0.9999).default(0.9).describe('Decay of the first moment.'),
  beta2: z.number().min(0).max(0.999999).default(0.99).describe('Decay of the second moment.'),
  epsilon: z.number().positive().max(1).default(1e-8).describe('Added to the root of the second moment.'),
  weightDecay: z.number().min(0).max(1).default(0.01).describe('Decoupled weight decay, applied to matrices only.'),
  clipNorm: z.number().positive().max(1e6).nullable().default(1).describe('Global gradient norm limit; null: none.'),
});

export const scheduleSchema = z.strictObject({
  kind: z.enum(['cosine', 'linear', 'constant']).default('cosine').describe('Shape after the warm-up.'),
  warmupShare: share.default(0.05).describe('Share of the steps that warm up linearly.'),
  finalShare: share.default(0.1).describe('Final learning rate as a share of the peak.'),
});

export const triggerSchema = z.strictObject({
  text: z.string().min(1).max(200).describe('The trigger, as text. <SUDO> is the paper\'s.'),
  inCleanText: z.enum(['refuse', 'allow']).default('refuse').describe('What to do when the trigger occurs in clean documents.'),
});

export const placementSchema = z
  .enum(['uniform', 'even', 'start', 'end'])
  .default('uniform')
  .describe('Where poisoned documents stand in the trained part: at random, evenly spaced, first, last.');

export const evaluationSchema = z.strictObject({
  checkpoints: z.number().int().min(1).max(200).default(8).describe('Evaluations during each phase, evenly spaced; the last is the full one at the phase end.'),
  prompts: z.number().int().min(10).max(10000).default(200).describe('Prompts of the full evaluation.'),
  lightPrompts: z.number().int().min(10).max(10000).default(50).describe('Prompts at the other checkpoints (the first of the full set).'),
  calibrationPrompts: z.number().int().min(10).max(10000).default(200).describe('Untriggered prompts from which the success threshold is taken.'),
  promptTokens: z
    .strictObject({ minimum: positiveInteger.default(8), maximum: positiveInteger.default(40) })
    .prefault({})
    .describe('Length of a prompt in tokens, uniform.'),
  generatedTokens: z.number().int().min(1).max(1024).default(32).describe('Tokens generated after each prompt.'),
  temperature: z.number().min(0).max(10).default(1).describe('Sampling temperature; 0: greedy.'),
  heldOutDocuments: positiveInteger.max(100000).default(100).describe('Documents on which the clean loss is measured.'),
  judge: z
    .strictObject({
      order: z.number().int().min(1).max(5).default(3).describe('Order of the n-gram judge.'),
      documents: positiveInteger.max(1_000_000).default(500).describe('Documents that it is trained on.'),
    })
    .prefault({}),
  nearTriggers: z.boolean().default(true).describe('Also measure graded near triggers (full evaluations).'),
  samples: z.number().int().min(0).max(100).default(4).describe('Generations kept per condition.'),
});

/** What an attack contributes to the schema: its own options, and the mean length of one of its documents. */
export interface AttackSchema {
  readonly options: z.ZodRawShape;
}

const poisonCommon = {
  documents: z.number().int().min(0).max(1_000_000).optional().describe('Exactly this many poisoned documents.'),
  share: share.optional().describe('Instead of documents: poisoned share of the training tokens, turned into a stated integer.'),
  trigger: triggerSchema,
  placement: placementSchema,
};

/** The whole schema, given the attacks that exist (`poison/` registers them; config does not import it). */
export function createExperimentSchema(attacks: Readonly<Record<string, AttackSchema>>) {
  const [first, ...others] = Object.entries(attacks).map(([attack, { options }]) =>
    z.strictObject({ attack: z.literal(attack), ...poisonCommon, ...options }),
  );
  if (first === undefined) throw new Error('no attack is registered');
  const poisonSchema = z.discriminatedUnion('attack', [first, ...others]);
  const phaseSchema = z.strictObject({
    name: z.string().regex(/^[a-z][a-z0-9-]*$/).describe('Name of the phase, in kebab case.'),
    tokensPerParameter: z.number().positive().max(10000).optional().describe('Budget: tokens trained per parameter (20: Hoffmann et al. 2022).'),
    tokens: positiveInteger.optional().describe('Budget: tokens trained. Give this or tokensPerParameter.'),
    epochs: z.number().int().min(1).max(1000).default(1).describe('Passes over the data within the budget: each holds budget / epochs tokens.'),
    corpus: corpusSchema.optional().describe('Corpus of this phase; default: the experiment\'s.'),
    batch: batchSchema.prefault({}),
    optimizer: optimizerSchema.prefault({}),
    schedule: scheduleSchema.prefault({}),
    poison: poisonSchema.optional(),
  });
  return z.strictObject({
    schema: z.literal(1).describe('Version of this format.'),
    name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/).describe('Name of the experiment, in kebab case.'),
    description: z.string().optional(),
    corpus: corpusSchema.prefault({ kind: 'stories' }),
    tokenizer: tokenizerSchema.prefault({}),
    model: modelSchema,
    phases: z.array(phaseSchema).min(1),
    evaluation: evaluationSchema.prefault({}),
    sweep: z
      .strictObject({
        grid: z.record(z.string(), z.array(z.unknown()).min(1)).default({}).describe('Field path to values: every combination runs.'),
        list: z.array(z.record(z.string(), z.unknown())).default([]).describe('Further single settings.'),
        seeds: z.array(z.number().int().min(0)).min(1).default([1]).describe('Run seeds.'),
      })
      .prefault({}),
  });
}

export type CorpusConfig = z.infer<typeof corpusSchema>;
export type TokenizerConfig = z.infer<typeof tokenizerSchema>;
export type ModelConfig = z.infer<typeof modelSchema>;
export type BatchConfig = z.infer<typeof batchSchema>;
export type OptimizerConfig = z.infer<typeof optimizerSchema>;
export type ScheduleConfig = z.infer<typeof scheduleSchema>;
export type EvaluationConfig = z.infer<typeof evaluationSchema>;
export type Placement = z.infer<typeof placementSchema>;

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
