// The commands of Slurm that the executor uses.
import { execFile } from 'node:child_process';
import { InputError, TinypoisonError } from '../../../core/errors.ts';

/** Slurm's own default, where it cannot be read. */
export const DEFAULT_MAX_ARRAY_SIZE = 1001;

function call(command: string, args: readonly string[], input?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, { encoding: 'utf8' }, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      if (error.code === 'ENOENT') {
        return reject(
          new InputError(
            `\`${command}\` is not here: --executor slurm starts from a machine that can submit jobs`,
          ),
        );
      }
      const reason = stderr.trim().split('\n')[0] ?? '';
      reject(
        new TinypoisonError(
          `\`${command} ${args.join(' ')}\` failed: ${reason === '' ? error.message : reason}`,
        ),
      );
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(input ?? '');
  });
}

/** Tasks an array may have. */
export async function maximumArraySize(): Promise<number> {
  const config = await call('scontrol', ['show', 'config']);
  const found = /^MaxArraySize\s*=\s*(\d+)/m.exec(config);
  return Math.max(1, Number(found?.[1] ?? DEFAULT_MAX_ARRAY_SIZE));
}

/** Submits a script; the job's number. @param after numbers of jobs whose end, good or bad, it waits for */
export async function submit(script: string, after: readonly string[] = []): Promise<string> {
  const dependency = after.length === 0 ? [] : [`--dependency=afterany:${after.join(':')}`];
  const answer = await call('sbatch', ['--parsable', ...dependency], script);
  const job = /^(\d+)/.exec(answer.trim())?.[1];
  if (job === undefined) throw new TinypoisonError(`sbatch answered ${JSON.stringify(answer.slice(0, 200))}`);
  return job;
}

/** Whether any task of these jobs waits or runs. */
export async function areQueued(jobs: readonly string[]): Promise<boolean> {
  try {
    return (await call('squeue', ['--noheader', '--format=%i', `--jobs=${jobs.join(',')}`])).trim() !== '';
  } catch (error) {
    // What squeue says of a job that has been forgotten. Anything else may pass: the controller may be restarting.
    return !(error instanceof TinypoisonError && /invalid job id/i.test(error.message));
  }
}

/** Cancels jobs: tasks that run save their state first. */
export async function cancel(jobs: readonly string[]): Promise<void> {
  await call('scancel', jobs);
}
