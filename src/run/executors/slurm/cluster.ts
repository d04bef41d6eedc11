// What a cluster needs to know of a job: a small YAML file of its own, outside every run's identity.
import { z } from 'zod';
import { readYamlFile } from '../../../config/node/read-yaml-file.ts';

const line = z.string().regex(/^[^\n\r]*$/, 'one line');
/** A word of a directive: what a shell or Slurm would read as more than one is refused. */
const word = z.string().regex(/^[\w.,:=+@%&|[\]()*/-]+$/, 'one word, without spaces or quotes');

export const clusterSchema = z.strictObject({
  partition: word.optional().describe('partition (queue) of the jobs'),
  account: word.optional().describe('account that the time is charged to'),
  constraint: word.optional().describe('features that a node must have, e.g. avx512'),
  minutes: z.int().min(1).max(100_000).default(60).describe('time limit of a task'),
  taskMinutes: z
    .int()
    .min(1)
    .max(100_000)
    .default(30)
    .describe('runs are put into tasks of about this many minutes; half the time limit is a good choice'),
  cores: z
    .int()
    .min(1)
    .max(1024)
    .default(4)
    .describe('cores of a task: the number of runs that go on at a time'),
  memoryMegabytes: z.int().min(16).optional().describe('memory of a task'),
  tasksAtATime: z.int().min(1).max(100_000).optional().describe('most tasks that run at a time'),
  graceSeconds: z
    .int()
    .min(5)
    .max(3600)
    .default(120)
    .describe('so long before the time limit runs save their state, and the task is queued again'),
  gigaflopsPerCore: z
    .number()
    .positive()
    .default(25)
    .describe('speed by which minutes are predicted, as plan measures it'),
  directives: z.array(line).default([]).describe('further #SBATCH lines, without the #SBATCH'),
  setup: z.array(line).default([]).describe('shell lines before the program starts, e.g. module load nodejs'),
});

/** A cluster file, with defaults. */
export type ClusterConfig = z.infer<typeof clusterSchema>;

/** The cluster of one where nothing is said. */
export const defaultCluster: ClusterConfig = clusterSchema.parse({});

/** Reads a cluster file for Slurm. @throws InputError with all its problems */
export function readCluster(file: string): ClusterConfig {
  return readYamlFile(file, clusterSchema);
}
