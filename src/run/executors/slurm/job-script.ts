// The batch script of a job array. It starts one program, passes signals on to it, and puts the task back into the queue
// where the program stopped with its state saved because the time limit was near.
import type { ClusterConfig } from './cluster.ts';

/** Exit status of a task that stopped before its runs were finished (EX_TEMPFAIL of sysexits.h). */
export const UNFINISHED = 75;

/** A word for a shell, whatever is in it. */
export function quote(word: string): string {
  return /^[\w./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function directives(cluster: ClusterConfig, logs: string, tasks: number): string[] {
  const { partition, account, constraint, memoryMegabytes, tasksAtATime } = cluster;
  const limit = tasksAtATime === undefined ? '' : `%${tasksAtATime}`;
  const optional = (name: string, value: string | number | undefined) =>
    value === undefined ? [] : [`${name}=${value}`];
  return [
    '--job-name=tinypoison',
    `--array=0-${tasks - 1}${limit}`,
    `--time=${cluster.minutes}`,
    '--ntasks=1',
    `--cpus-per-task=${cluster.cores}`,
    ...optional('--mem', memoryMegabytes === undefined ? undefined : `${memoryMegabytes}M`),
    ...optional('--partition', partition),
    ...optional('--account', account),
    ...optional('--constraint', constraint),
    `--signal=B:USR2@${cluster.graceSeconds}`,
    '--requeue',
    '--open-mode=append',
    `--output="${logs}/%A_%a.log"`,
    ...cluster.directives,
  ];
}

/**
 * The script of an array of tasks.
 * @param options.first chunk of the array's task 0: a cluster's MaxArraySize may split chunks into several arrays
 * @param options.program words of the command; the chunk's number follows
 */
export function jobScript(options: {
  cluster: ClusterConfig;
  logs: string;
  first: number;
  tasks: number;
  program: readonly string[];
}): string {
  const { cluster, logs, first, tasks, program } = options;
  return `#!/bin/bash
${directives(cluster, logs, tasks)
  .map((line) => `#SBATCH ${line}`)
  .join('\n')}
${cluster.setup.map((line) => `${line}\n`).join('')}
time_is_up=no
${program.map(quote).join(' ')} $((${first} + SLURM_ARRAY_TASK_ID)) &
child=$!
# Slurm sends USR2 some time before the limit, and TERM when the job is cancelled.
trap 'time_is_up=yes; kill -TERM $child 2>/dev/null' USR2
trap 'kill -TERM $child 2>/dev/null' TERM
wait $child
status=$?
while kill -0 $child 2>/dev/null; do
  wait $child
  status=$?
done
if [ $status != 0 ] && [ $time_is_up = yes ]; then
  scontrol requeue "\${SLURM_ARRAY_JOB_ID}_\${SLURM_ARRAY_TASK_ID}"
  exit 0
fi
exit $status
`;
}
