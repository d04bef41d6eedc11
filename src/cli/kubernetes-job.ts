// `run --executor kubernetes --dry-run`: a sweep as the manifest of a Kubernetes Job.
import { relative, sep } from 'node:path';
import { InputError } from '../core/errors.ts';
import { readKubernetes } from '../run/executors/kubernetes/cluster.ts';
import { jobManifest } from '../run/executors/kubernetes/job-manifest.ts';
import { chunkRuns } from '../run/executors/slurm/chunks.ts';
import {
  absolutePath,
  type CommandContext,
  ExitCode,
  parseInteger,
  print,
  printJson,
} from './command-context.ts';
import type { OpenedExperiment } from './open-experiment.ts';

/** Options of `run` that the manifest's command takes over, and those that have no meaning for it. */
export interface KubernetesOptions {
  readonly cluster?: string;
  readonly dryRun?: boolean;
  readonly wait?: boolean;
  readonly workers?: string;
  readonly shard?: string;
  readonly reuse?: readonly string[];
  readonly results?: string;
  readonly store: string;
  readonly engine: string;
  readonly threads: string;
  readonly keepWeights: string;
  readonly saveEvery: string;
  readonly failFast?: boolean;
  readonly retryFailed?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** A path as pods see it: they have the current folder as theirs. */
function insidePath(path: string, context: CommandContext): string {
  const inside = relative(context.folder, absolutePath(path, context));
  if (inside === '' || inside.startsWith('..'))
    throw new InputError(
      `${path} is not below the current folder, which is what the volume holds: change into a folder that has it`,
    );
  return inside.split(sep).join('/');
}

function refuseOptions(options: KubernetesOptions): void {
  if (options.dryRun !== true)
    throw new InputError(
      '--executor kubernetes prints a manifest and submits nothing: add --dry-run, and give what is printed to `kubectl apply -f -`',
    );
  for (const [name, value, remedy] of [
    ['--wait', options.wait, '`kubectl wait` does it'],
    ['--workers', options.workers, 'the cluster file says `cores`'],
    ['--shard', options.shard, 'the parts are the indexes of the Job'],
    ['--reuse', options.reuse, 'put the results together with `run --reuse` afterwards'],
    [
      '--results',
      options.results,
      'every part has results of its own; `report --results` writes those of all',
    ],
  ] as const)
    if (value !== undefined && value !== false)
      throw new InputError(`${name} is not for --executor kubernetes: ${remedy}`);
}

/** Prints the manifest. @throws InputError for a sweep that has no parts, and for options without a meaning here */
export function printKubernetesJob(
  { experiment, plan, source }: OpenedExperiment,
  options: KubernetesOptions,
  context: CommandContext,
): number {
  refuseOptions(options);
  if (options.cluster === undefined)
    throw new InputError(
      '--executor kubernetes needs --cluster <file>, with `image` and `volumeClaim` (docs/clusters.md)',
    );
  if (plan.adaptive !== undefined)
    throw new InputError(
      `${plan.name} chooses its runs as it goes (sweep.adaptive), by the results of all before: it cannot be dealt to the indexes of a Job`,
    );
  const cluster = readKubernetes(absolutePath(options.cluster, context));
  const threads = parseInteger(options.threads, { name: '--threads', minimum: 1, maximum: 256 });
  const { taskMinutes: minutes, cores } = cluster;
  const parts = chunkRuns(plan.runs, {
    minutes,
    cores,
    flopsPerSecond: 1e9 * cluster.gigaflopsPerCore,
  }).length;
  const { set, sweep } = experiment.options;
  const program = [
    ...['tinypoison', 'run', source ?? insidePath(experiment.file, context)],
    ...set.flatMap((text) => ['--set', text]),
    ...sweep.flatMap((text) => ['--sweep', text]),
    ...['--store', insidePath(options.store, context)],
    ...['--engine', options.engine, '--threads', String(threads)],
    ...['--workers', String(Math.max(1, Math.floor(cores / threads)))],
    ...['--keep-weights', options.keepWeights, '--save-every', options.saveEvery],
    ...(options.failFast === true ? ['--fail-fast'] : []),
    ...(options.retryFailed === true ? ['--retry-failed'] : []),
    ...(options.force === true ? ['--force'] : []),
  ];
  const manifest = jobManifest({ sweep: plan.name, parts, program, cluster });
  if (options.json === true) printJson(context, { submitted: false, text: manifest });
  else print(context, ...manifest.trimEnd().split('\n'));
  return ExitCode.done;
}
