// manifest.json of a run as it is read back. Its `schema: 1` states the shape; fields that a later writer of the same
// shape adds are left alone.
import { z } from 'zod';
import { placementSchema } from '../../config/schema/placement-schema.ts';
import { storedTriggerSchema } from '../../config/schema/run-config-schema.ts';
import type { PhaseManifest } from '../../recipe/phase/phase-data.ts';
import { triggerFrequencySchema } from './cached-schemas.ts';

const count = z.int().min(0);

const document = z.looseObject({
  id: z.string(),
  textHash: z.string(),
  documentPosition: count,
  tokenPosition: count.nullable(),
  tokens: count.nullable(),
  text: z.string(),
});

const phase = z.looseObject({
  schema: z.literal(1),
  phase: z.string(),
  place: count.exactOptional(),
  seed: z.union([z.number(), z.string()]),
  poison: z.looseObject({
    attack: z.string(),
    documents: count,
    trigger: storedTriggerSchema,
    placement: placementSchema,
  }),
  trigger: triggerFrequencySchema,
  cleanTrigger: z.looseObject({ documents: count, share: z.number(), occurrences: count }).exactOptional(),
  distinctTexts: count,
  documents: z.array(document),
  poisonedTokens: count.nullable(),
  poisonTokenShare: z.number().nullable(),
  poisonDocumentShare: z.number(),
}) satisfies z.ZodType<PhaseManifest>;

/** What manifest.json holds: the poison of each phase that has some. */
export interface RunManifest {
  readonly schema: 1;
  readonly phases: readonly PhaseManifest[];
}

export const manifestSchema = z.looseObject({
  schema: z.literal(1),
  phases: z.array(phase),
}) satisfies z.ZodType<RunManifest>;
