// What the JSON artefacts of the store's cache hold. Each carries its own hash, so a shape that does not fit was not
// written by this version: lists of token ids, which make up nearly all of them, are checked in one pass.
import { z } from 'zod';
import { evaluationSchema, triggerSchema } from '../../config/schema/schema.ts';
import type { EvaluationSet } from '../../evaluate/evaluation-set.ts';
import type { TriggerFrequency } from '../../poison/trigger-frequency.ts';
import { isVocabulary, type Vocabulary } from '../../tokens/vocabulary.ts';

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

export const evaluationSetSchema: z.ZodType<EvaluationSet> = z.looseObject({
  config: evaluationSchema,
  poison: z
    .looseObject({
      attack: z.string(),
      documents: count,
      trigger: triggerSchema,
      placement: z.enum(['uniform', 'even', 'start', 'end']),
    })
    .nullable(),
  vocabularySize: count,
  heldOut: z.array(tokens),
  conditions: z.array(
    z.looseObject({
      condition: z.enum([
        'clean',
        'trigger',
        'near-shared-prefix',
        'near-one-edit',
        'near-permuted',
        'near-same-length',
        'near-random',
      ]),
      appended: z.string().nullable(),
      prompts: z.array(tokens),
    }),
  ),
  calibration: z.array(tokens),
  judgeDocuments: z.array(tokens),
  targetTokens: tokens.nullable(),
});

export const encodedPoisonSchema = z.array(
  z.looseObject({ id: z.string(), index: count, text: z.string(), textHash: z.string(), tokens }),
);

export const promptTokensSchema = z.array(count);

export const triggeredDocumentsSchema = z.array(
  z.looseObject({ document: count, tokens, triggerEnd: count }),
);
