// A sweep as a Kubernetes Job: part k of n (`run --shard k/n`) is index k - 1. Printed for `kubectl apply`, never submitted.
import { stringify } from 'yaml';
import { quote } from '../slurm/job-script.ts';
import type { KubernetesConfig } from './cluster.ts';

/** Exit code of the program for bad input: another try on this part cannot help. Other parts go on: it may be one node's fault. */
const BAD_INPUT = 2;
/** Tries of a part after the first. A try keeps what the one before has finished. */
const RETRIES = 3;
/** A pod is called after its Job with the index behind it, in at most 63 characters. */
const NAME_LENGTH = 50;

const jobName = (sweep: string) =>
  `tinypoison-${sweep.toLowerCase()}`.slice(0, NAME_LENGTH).replace(/[^a-z0-9]+$/, '');

/**
 * The manifest of an Indexed Job (batch/v1, Kubernetes 1.33 or later).
 * @param options.sweep name of the experiment
 * @param options.parts number of parts
 * @param options.program words of the command, but for `--shard`
 */
export function jobManifest(options: {
  sweep: string;
  parts: number;
  program: readonly string[];
  cluster: KubernetesConfig;
}): string {
  const { sweep, parts, program, cluster } = options;
  const memory = cluster.memoryMegabytes === undefined ? {} : { memory: `${cluster.memoryMegabytes}Mi` };
  const container = {
    name: 'tinypoison',
    image: cluster.image,
    workingDir: cluster.mountPath,
    command: [
      ...['/bin/sh', '-c'],
      // Kubernetes replaces $(NAME) itself, and reads $$ as a plain $.
      `exec ${program.map((word) => quote(word).replaceAll('$', '$$$$')).join(' ')} --shard "$$((JOB_COMPLETION_INDEX + 1))/${parts}"`,
    ],
    resources: { requests: { cpu: String(cluster.cores), ...memory }, limits: memory },
    volumeMounts: [{ name: 'work', mountPath: cluster.mountPath }],
  };
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: jobName(sweep) },
    spec: {
      completionMode: 'Indexed',
      completions: parts,
      parallelism: Math.min(parts, cluster.tasksAtATime ?? parts),
      backoffLimitPerIndex: RETRIES,
      podFailurePolicy: {
        rules: [
          {
            action: 'FailIndex',
            onExitCodes: { containerName: container.name, operator: 'In', values: [BAD_INPUT] },
          },
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
        ],
      },
      template: {
        spec: {
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: cluster.graceSeconds,
          containers: [container],
          volumes: [{ name: 'work', persistentVolumeClaim: { claimName: cluster.volumeClaim } }],
        },
      },
    },
  };
  return stringify(job, { lineWidth: 0 });
}
