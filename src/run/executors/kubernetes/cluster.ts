// What a Kubernetes cluster needs to know of a sweep: a small YAML file of its own, outside every run's identity.
import { z } from 'zod';
import { readYamlFile } from '../../../config/node/read-yaml-file.ts';
import { clusterSchema } from '../slurm/cluster.ts';

const { taskMinutes, cores, memoryMegabytes, tasksAtATime, graceSeconds, gigaflopsPerCore } =
  clusterSchema.shape;

const kubernetesSchema = z.strictObject({
  image: z
    .string()
    .regex(/^[\w./:@-]+$/, 'an image such as registry.example/tinypoison:1')
    .describe('container image that has `tinypoison` on its PATH'),
  volumeClaim: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'a name of a PersistentVolumeClaim')
    .describe('claim of the volume that holds the current folder; many pods write to it (ReadWriteMany)'),
  mountPath: z
    .string()
    .regex(/^(\/[\w.-]+)+$/, 'an absolute path')
    .default('/experiments')
    .describe('where pods see that folder'),
  taskMinutes,
  cores,
  memoryMegabytes,
  tasksAtATime,
  graceSeconds,
  gigaflopsPerCore,
});

/** A cluster file for Kubernetes, with defaults. */
export type KubernetesConfig = z.infer<typeof kubernetesSchema>;

/** @throws InputError with all its problems */
export function readKubernetes(file: string): KubernetesConfig {
  return readYamlFile(file, kubernetesSchema);
}
