// What the JSON artefacts of the store's cache hold. Each carries its own hash, so a shape that does not fit was not
// written by this version: lists of token ids, which make up nearly all of them, are checked in one pass.
import { z } from 'zod';
import { placementSchema } from '../../config/schema/placement-schema.ts';
import { storedTriggerSchema } from '../../config/schema/run-config-schema.ts';
import { evaluationSchema } from '../../config/schema/schema.ts';
import type { EvaluationSet } from '../../evaluate/evaluation-set.ts';
import type { TriggerFrequency } from '../../poison/trigger-frequency.ts';
import { isVocabulary, type Vocabulary } from '../../tokens/vocabulary.ts';
import { isDescribed, NOT_DESCRIBED, recordedConditionFields } from './record-schema.ts';

const isTokenList = (value: unknown): boolean =>
  Array.isArray(value) && value.every((token) => Number.isInteger(token) && token >= 0 && token < 65536);

const tokens = z.custom<readonly number[]>(isTokenList, 'not a list of token ids');
const count = z.int().min(0);

const textFrequency = z.looseObject({ text: z.string(), occurrences: count, documents: count });

export const triggerFrequencySchema = textFrequency.extend({
  searchedDocuments: count,
  searchedCharacters: count,
  exampleIds: z.array(z.string()),
  words: z.array(textFrequency),
}) satisfies z.ZodType<TriggerFrequency>;

export const vocabularySchema: z.ZodType<Vocabulary> = z.custom<Vocabulary>(isVocabulary, 'not a vocabulary');

const measuredPoisonFields = {
  poison: z
    .looseObject({
      attack: z.string(),
      documents: count,
      trigger: storedTriggerSchema,
      placement: placementSchema,
    })
    .nullable(),
  conditions: z.array(
    z
      .strictObject({
        ...recordedConditionFields,
        appended: z.string().nullable(),
        prompts: z.array(tokens),
      })
      .refine(isDescribed, NOT_DESCRIBED),
  ),
  targetTokens: tokens.nullable(),
};

export const evaluationSetSchema: z.ZodType<EvaluationSet> = z.looseObject({
  ...measuredPoisonFields,
  config: evaluationSchema,
  vocabularySize: count,
  heldOut: z.array(tokens),
  calibration: z.array(tokens),
  judgeDocuments: z.array(tokens),
  noise: z
    .strictObject({ thresholdNats: z.number(), uniformShare: z.number(), judgeDocuments: z.array(tokens) })
    .exactOptional(),
  others: z.array(z.looseObject({ ...measuredPoisonFields, name: z.string() })).exactOptional(),
});

export const encodedPoisonSchema = z.array(
  z.looseObject({ id: z.string(), index: count, text: z.string(), textHash: z.string(), tokens }),
);

export const promptTokensSchema = z.array(count);

export const triggeredDocumentsSchema = z.array(
  z.looseObject({ document: count, tokens, triggerEnd: count }),
);
