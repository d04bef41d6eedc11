// The files of a run beside its record, as they are read back: config, trace, provenance, saved journal, lease.
import { z } from 'zod';
import { runConfigSchema } from '../../config/schema/run-config-schema.ts';
import type { RunConfig } from '../../config/schema/schema.ts';
import type { TraceEntry } from '../execute/trace.ts';
import type { RunRecord } from '../record.ts';
import { checkpointSchema, contractsSchema, sampleSchema } from './record-schema.ts';

const count = z.int().min(0);

/** config.json of a run; runs of older versions lack the last two. */
export interface StoredConfig {
  /** The experiment as typed, and the options of the command line. */
  readonly typed?: { readonly text: string; readonly set: readonly string[] };
  readonly resolved: RunConfig;
  readonly contracts?: RunRecord['contracts'];
  readonly arithmetic?: RunRecord['arithmetic'];
}

export const storedConfigSchema = z.looseObject({
  typed: z.looseObject({ text: z.string(), set: z.array(z.string()) }).exactOptional(),
  resolved: runConfigSchema,
  contracts: contractsSchema.exactOptional(),
  arithmetic: z.enum(['exact', 'tfjs']).exactOptional(),
}) satisfies z.ZodType<StoredConfig>;

export const traceEntrySchema = z.looseObject({
  optimizerStep: count,
  phase: z.string(),
  lossNats: z.number().nullable(),
  tensors: z.record(z.string(), z.string()),
}) satisfies z.ZodType<TraceEntry>;

const hashedFile = z.looseObject({ file: z.string(), sha256: z.string().nullable() });

const cleanDocuments = z.looseObject({
  firstDocument: count,
  documents: count,
  cleanDocumentsHash: z.string().nullable(),
  prompts: hashedFile.exactOptional(),
});

const cleanProvenance = cleanDocuments.extend({
  tokens: hashedFile,
  reserve: cleanDocuments.exactOptional(),
});

const phaseProvenance = cleanProvenance.extend({
  phase: z.string(),
  mix: z.array(cleanProvenance).exactOptional(),
  poisons: z
    .array(z.looseObject({ documents: hashedFile, trigger: hashedFile, cleanTrigger: hashedFile.nullable() }))
    .exactOptional(),
});

const codeSchema = z.looseObject({
  version: z.string(),
  git: z.looseObject({ commit: z.string(), isClean: z.boolean() }).nullable(),
  node: z.string(),
  kernels: hashedFile.nullable(),
});

/** provenance.json as far as it is read back; what older versions did not write is missing. */
export const storedProvenanceSchema = z.looseObject({
  engine: z.string(),
  engineName: z.string().exactOptional(),
  code: codeSchema.exactOptional(),
  inputs: z
    .looseObject({
      vocabulary: hashedFile,
      evaluation: hashedFile,
      phases: z.array(phaseProvenance),
    })
    .exactOptional(),
  outputs: z.looseObject({ manifest: z.string().nullable().exactOptional() }).exactOptional(),
  host: z.looseObject({ system: z.string(), processor: z.string(), cores: count }).exactOptional(),
  started: z.string().exactOptional(),
  finished: z.string().exactOptional(),
  flops: z.number().exactOptional(),
  totalMs: z.number().exactOptional(),
});

export type StoredProvenance = z.infer<typeof storedProvenanceSchema>;
export type StoredHashedFile = z.infer<typeof hashedFile>;
export type StoredCleanDocuments = z.infer<typeof cleanDocuments>;
export type StoredCleanProvenance = z.infer<typeof cleanProvenance>;

/** The journal in a saved training state; what older versions did not keep is missing. */
export const savedJournalSchema = z.strictObject({
  checkpoints: z.array(checkpointSchema).exactOptional(),
  samples: z.array(sampleSchema).exactOptional(),
  /** Not read: recreated from the phases' data. */
  poison: z.array(z.unknown()).exactOptional(),
  mixes: z.array(z.unknown()).exactOptional(),
  lossSum: z.number().exactOptional(),
  lossSteps: count.exactOptional(),
  lastLossesNats: z.array(z.number()).exactOptional(),
  trace: z.array(traceEntrySchema).exactOptional(),
  lossesNats: z.array(z.number()).exactOptional(),
  spentMs: z.number().exactOptional(),
});

/** losses.json of a run: training loss of each step, nats/token. */
export const lossesSchema = z.array(z.number());

/** Who holds a lease. */
export const leaseHolderSchema = z.looseObject({ pid: z.int().min(1), host: z.string() });
