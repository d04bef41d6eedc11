// What a record of a run must look like when it is read back: result.json of the store, a line of results.jsonl.
// Strict: a field that is not known here was written by a newer version, or by nobody.
import { z } from 'zod';
import { runConfigSchema } from '../../config/schema/run-config-schema.ts';
import { type JsonSource, parseJson } from '../../core/read-json.ts';
import {
  type CheckpointRecord,
  type ConditionRecord,
  type EffectSummary,
  isNamedCondition,
  type MixRecord,
  type PoisonRecord,
  type PoisonSeen,
  type PromptScores,
  type RecordedCondition,
  type RunRecord,
  type SampleRecord,
} from '../record.ts';

export const hashSchema = z.string().regex(/^[0-9a-f]{64}$/, 'no SHA-256 in hexadecimal');
const count = z.int().min(0);
const measure = z.number().nullable();

/** A condition's own description; where that is its name alone, it has to be one that is known. */
export const recordedConditionFields = {
  condition: z.string().min(1).max(200),
  kind: z.enum(['none', 'trigger', 'near']).exactOptional(),
  grade: count.exactOptional(),
  label: z.string().exactOptional(),
  poison: z.string().exactOptional(),
};

export const isDescribed = (record: RecordedCondition) =>
  record.kind !== undefined || isNamedCondition(record.condition);
export const NOT_DESCRIBED = { path: ['condition'], message: 'is not a known condition and has no kind' };

const share = z.number().min(0).max(1);
const integers = z.array(z.int());

const effectSchema = z.strictObject({
  mean: share,
  aboveQuarter: share,
  aboveHalf: share,
  aboveThreeQuarters: share,
}) satisfies z.ZodType<EffectSummary>;

const scoresSchema = z.strictObject({
  noiseTokens: integers,
  judgeMilliNats: integers,
  selfMilliNats: integers,
  outcomeMille: integers.exactOptional(),
}) satisfies z.ZodType<PromptScores>;

const conditionSchema = z
  .strictObject({
    ...recordedConditionFields,
    measure: z.enum(['perplexity', 'match']).exactOptional(),
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
    effect: effectSchema.exactOptional(),
    scores: scoresSchema.exactOptional(),
  })
  .refine(isDescribed, NOT_DESCRIBED) satisfies z.ZodType<ConditionRecord>;

const poisonSeen = z.strictObject({
  phase: z.string(),
  place: count.exactOptional(),
  documents: count,
  exposures: count,
}) satisfies z.ZodType<PoisonSeen>;

export const checkpointSchema = z.strictObject({
  phase: z.string(),
  checkpoint: count,
  optimizerStep: count,
  tokensTrained: count,
  phaseProgress: z.number(),
  poisonedDocumentsSeen: count,
  poisonExposures: count,
  seenByPoison: z.array(poisonSeen).exactOptional(),
  trainLossNats: measure,
  full: z.boolean(),
  cleanLossNats: measure,
  thresholdNats: measure,
  noiseNats: z.number().exactOptional(),
  noiseUniformShare: share.exactOptional(),
  calibrationMilliNats: integers.exactOptional(),
  conditions: z.array(conditionSchema),
}) satisfies z.ZodType<CheckpointRecord>;

const filterSide = z.strictObject({ seen: count, kept: count });

const filteredSchema = z.strictObject({
  filters: z.array(
    z.strictObject({
      filter: z.string(),
      poisoned: filterSide,
      clean: filterSide,
      caughtAt: z.array(count).exactOptional(),
    }),
  ),
  planted: count,
  kept: count,
  trained: count,
  exposures: count,
});

export const poisonSchema = z.strictObject({
  phase: z.string(),
  place: count.exactOptional(),
  attack: z.string(),
  documents: count,
  poisonedTokens: count,
  poisonTokenShare: z.number(),
  poisonDocumentShare: z.number(),
  filtered: filteredSchema.exactOptional(),
}) satisfies z.ZodType<PoisonRecord>;

const mixSchema = z.strictObject({
  phase: z.string(),
  parts: z.array(z.strictObject({ documents: count, tokens: count })),
}) satisfies z.ZodType<MixRecord>;

export const sampleSchema = z
  .strictObject({
    condition: recordedConditionFields.condition,
    kind: recordedConditionFields.kind,
    poison: recordedConditionFields.poison,
    prompt: z.string(),
    continuation: z.string(),
    success: z.boolean(),
  })
  .refine(isDescribed, NOT_DESCRIBED) satisfies z.ZodType<SampleRecord>;

export const contractsSchema = z.record(z.string(), z.union([z.string(), z.number()]));

export const recordFields = {
  id: hashSchema,
  status: z.enum(['done', 'diverged', 'failed']),
  error: z.string().exactOptional(),
  config: runConfigSchema,
  parameters: count,
  tokensTrained: count,
  poison: z.array(poisonSchema),
  mixes: z.array(mixSchema).exactOptional(),
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
