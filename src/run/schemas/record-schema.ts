// What a record of a run must look like when it is read back: result.json of the store, a line of results.jsonl.
// Strict: a field that is not known here was written by a newer version, or by nobody.
import { z } from 'zod';
import { runConfigSchema } from '../../config/schema/run-config-schema.ts';
import { type JsonSource, parseJson } from '../../core/read-json.ts';
import type { CheckpointRecord, ConditionRecord, PoisonRecord, RunRecord, SampleRecord } from '../record.ts';

export const hashSchema = z.string().regex(/^[0-9a-f]{64}$/, 'no SHA-256 in hexadecimal');
const count = z.int().min(0);
const measure = z.number().nullable();

const condition = z.enum([
  'clean',
  'trigger',
  'near-shared-prefix',
  'near-one-edit',
  'near-permuted',
  'near-same-length',
  'near-random',
]);

const conditionSchema = z.strictObject({
  condition,
  prompts: count,
  successShare: measure,
  successes: count,
  paperSuccessShare: measure,
  selfNats: measure,
  judgeNats: measure,
  normalisedGap: measure,
  firstTokenEntropyNats: measure,
  distinct1: measure,
  repetition: measure,
  greedyExactMatch: measure.exactOptional(),
  firstTargetTokenProbability: measure.exactOptional(),
}) satisfies z.ZodType<ConditionRecord>;

export const checkpointSchema = z.strictObject({
  phase: z.string(),
  checkpoint: count,
  optimizerStep: count,
  tokensTrained: count,
  phaseProgress: z.number(),
  poisonedDocumentsSeen: count,
  poisonExposures: count,
  trainLossNats: measure,
  full: z.boolean(),
  cleanLossNats: measure,
  thresholdNats: measure,
  conditions: z.array(conditionSchema),
}) satisfies z.ZodType<CheckpointRecord>;

const filterSide = z.strictObject({ seen: count, kept: count });

const filteredSchema = z.strictObject({
  filters: z.array(z.strictObject({ filter: z.string(), poisoned: filterSide, clean: filterSide })),
  planted: count,
  kept: count,
  trained: count,
  exposures: count,
});

export const poisonSchema = z.strictObject({
  phase: z.string(),
  attack: z.string(),
  documents: count,
  poisonedTokens: count,
  poisonTokenShare: z.number(),
  poisonDocumentShare: z.number(),
  filtered: filteredSchema.exactOptional(),
}) satisfies z.ZodType<PoisonRecord>;

export const sampleSchema = z.strictObject({
  condition,
  prompt: z.string(),
  continuation: z.string(),
  success: z.boolean(),
}) satisfies z.ZodType<SampleRecord>;

export const contractsSchema = z.record(z.string(), z.union([z.string(), z.number()]));

export const recordFields = {
  id: hashSchema,
  status: z.enum(['done', 'diverged', 'failed']),
  error: z.string().exactOptional(),
  config: runConfigSchema,
  parameters: count,
  tokensTrained: count,
  poison: z.array(poisonSchema),
  checkpoints: z.array(checkpointSchema),
  samples: z.array(sampleSchema),
  weightsHash: hashSchema.nullable(),
  arithmetic: z.enum(['exact', 'tfjs']),
  contracts: contractsSchema,
};

export const recordSchema = z.strictObject(recordFields) satisfies z.ZodType<RunRecord>;

/** A record out of a line of JSON. @throws InputError naming file, line and field */
export function parseRecord(text: string, source: Omit<JsonSource, 'what'>): RunRecord {
  return parseJson<RunRecord>(text, recordSchema, { ...source, what: 'record of a run' });
}
