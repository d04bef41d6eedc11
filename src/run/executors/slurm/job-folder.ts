// What a submission leaves in the store for its tasks: the runs, frozen, in chunks. Paths are relative to the store.
import { join } from 'node:path';
import { z } from 'zod';
import { runConfigSchema } from '../../../config/schema/run-config-schema.ts';
import { ENGINE_OPTIONS } from '../../../kernels/engine-names.ts';
import { readCachedJson, writeCachedJson } from '../../prepare/cached-json.ts';
import type { RunTask } from '../../run-event.ts';
import { contractsSchema, hashSchema } from '../../schemas/record-schema.ts';

/** A task without the folder of its store, which each machine knows by its own path. */
type FrozenTask = Omit<RunTask, 'store'>;

/** Below the store. */
const path = z.string().regex(/^(?!.*\.\.)[\w-]+(\/[\w.-]+)+$/);

const rangeFields = {
  firstDocument: z.int().min(0),
  documents: z.int().min(0),
  prompts: path.exactOptional(),
};
const cleanFields = { tokens: path, ...rangeFields, reserve: z.object(rangeFields).exactOptional() };

const taskSchema = z.object({
  id: z.string().regex(/^[0-9a-f]{64}$/),
  config: runConfigSchema,
  typed: z.object({ text: z.string(), set: z.array(z.string()), sweep: z.array(z.string()) }),
  artefacts: z.object({
    vocabulary: path,
    evaluation: path,
    base: path.exactOptional(),
    phases: z.array(
      z.object({
        ...cleanFields,
        mix: z.array(z.object({ ...cleanFields, triggers: z.array(path) })).exactOptional(),
        poisons: z.array(z.object({ documents: path, trigger: path, cleanTrigger: path.nullable() })),
      }),
    ),
    contracts: contractsSchema,
  }),
  engine: z.enum(ENGINE_OPTIONS),
  threads: z.int().min(1),
  keepWeights: z.enum(['final', 'all', 'none']),
  bases: z.array(z.object({ phase: z.int().min(0), key: hashSchema })).exactOptional(),
  trainedBy: hashSchema.exactOptional(),
  saveIntervalMs: z.number().min(0),
}) satisfies z.ZodType<FrozenTask>;

/** One submission. */
interface Submission {
  /** Runs at a time in a task. */
  readonly workers: number;
  readonly chunks: readonly (readonly { readonly task: FrozenTask; readonly flops: number }[])[];
}

const submissionSchema = z.object({
  workers: z.int().min(1),
  chunks: z.array(z.array(z.object({ task: taskSchema, flops: z.number() }))),
}) satisfies z.ZodType<Submission>;

/** Folder of a submission. */
export function jobFolder(store: string, name: string): string {
  return join(store, 'jobs', name);
}

const tasksFile = (store: string, name: string) => join(jobFolder(store, name), 'tasks.json');

/** Writes what the tasks of a submission read. */
export function writeSubmission(store: string, name: string, submission: Submission): void {
  writeCachedJson(tasksFile(store, name), submission);
}

/** Reads it. @throws InputError where it is damaged */
export function readSubmission(store: string, name: string): Submission {
  return readCachedJson<Submission>(tasksFile(store, name), submissionSchema);
}
