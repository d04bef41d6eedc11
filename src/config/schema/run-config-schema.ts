// The config of a run as records hold it: resolved, with or without the paths of its corpora, by this version or an
// older one. Parts reuse the schema of experiments, so that a new field is known here at once.
import { z } from 'zod';
import { storedBaseSchema } from './base-schema.ts';
import { corpusSchema } from './corpus-schema.ts';
import { evaluationSchema } from './evaluation-schema.ts';
import { fillerSchema } from './filler-schema.ts';
import { modelSchema } from './model-schema.ts';
import {
  batchSchema,
  optimizerSchema,
  placementSchema,
  type RunConfig,
  scheduleSchema,
  type TriggerSettings,
  tokenizerSchema,
} from './schema.ts';
import { plantedText } from './text-schemas.ts';

const [stories, text, jsonl, parquet, csv, hub] = corpusSchema.options;
const path = z.string().min(1).optional();

/** Records leave out where a corpus lies; config.json in the store has it. */
const storedCorpus = z.discriminatedUnion('kind', [
  stories,
  text.extend({ path }),
  jsonl.extend({ path }),
  parquet.extend({ path }),
  csv.extend({ path }),
  hub,
]);

const DEEPEST = 20;

/** Whether a value can be walked without running out of stack. */
function isShallow(value: unknown, levels = DEEPEST): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((item) => isShallow(item, levels - 1));
}

const option = z.custom<unknown>((value) => isShallow(value), `nested more than ${DEEPEST} levels deep`);

/** Options of trigger families are open, too; a trigger without a family is a text. */
export const storedTriggerSchema = z
  .object({
    family: z.string().min(1).optional(),
    inCleanText: z.enum(['refuse', 'allow']).default('refuse'),
    cleanShare: z.number().min(0).max(1).optional(),
    text: plantedText(200).optional(),
  })
  .catchall(option)
  .refine(({ family, text }) => family !== undefined || text !== undefined, {
    path: ['text'],
    message: 'is missing: a trigger without a family is a text',
  }) satisfies z.ZodType<TriggerSettings>;

/** Options of attacks are open: each attack checks its own when the run is planned again. */
const storedPoison = z
  .object({
    attack: z.string().min(1),
    documents: z.int().min(0),
    distinctDocuments: z.int().min(1).optional(),
    rewriteShare: z.number().min(0).max(1).optional(),
    negativeShare: z.number().min(0).max(0.9).optional(),
    filler: fillerSchema.optional(),
    trigger: storedTriggerSchema,
    placement: placementSchema,
  })
  .catchall(option);

/** Options of defences are open in the same way. */
const storedDefence = z.object({ kind: z.string().min(1) }).catchall(option);

const storedPhase = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]*$/),
  tokens: z.int().min(0),
  epochs: z.int().min(1).default(1),
  corpus: storedCorpus,
  mix: z.array(z.strictObject({ share: z.number(), corpus: storedCorpus })).exactOptional(),
  batch: batchSchema,
  optimizer: optimizerSchema,
  schedule: scheduleSchema,
  poison: z.union([storedPoison, z.array(storedPoison).min(2)]).exactOptional(),
  defend: z.array(storedDefence).max(20).exactOptional(),
});

const shape = z.strictObject({
  schema: z.literal(1),
  corpus: storedCorpus,
  tokenizer: tokenizerSchema,
  model: modelSchema,
  base: storedBaseSchema.exactOptional(),
  phases: z.array(storedPhase).min(1).max(100),
  evaluation: evaluationSchema,
  seed: z.number(),
});

/** A run's config. Paths of corpora are typed as given: what is read without them is only read for its other fields. */
export const runConfigSchema = shape as unknown as z.ZodType<RunConfig>;
