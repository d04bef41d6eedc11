#!/usr/bin/env node
// The program `tinypoison`.
import { currentFolder, ownLimitProblem } from './start-checks.ts';

/** Ends the program before it has begun, as it ends later: a sentence, and as JSON where that is wanted. */
function refuse(message: string, exitCode: 1 | 2): void {
  process.stderr.write(`error: ${message}\n`);
  if (process.argv.includes('--json'))
    process.stdout.write(
      `${JSON.stringify({ exitCode, error: { message, problems: [{ message }] } }, null, 2)}\n`,
    );
  process.exitCode = exitCode;
}

async function start(folder: string): Promise<void> {
  const [{ ExitCode }, { runCommandLine }, { userFolder }] = await Promise.all([
    import('./command-context.ts'),
    import('./command-line.ts'),
    import('./user-folder.ts'),
  ]);
  const interrupt = new AbortController();
  const onSignal = () => {
    if (interrupt.signal.aborted) process.exit(ExitCode.interrupted);
    interrupt.abort();
  };
  /** A reader that has seen enough (`| head`) is no error. */
  const onPipeError = (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(ExitCode.done);
    throw error;
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.stdout.on('error', onPipeError);
  process.stderr.on('error', onPipeError);

  const jobSummary = process.env.GITHUB_STEP_SUMMARY;
  const isCi = process.env.CI !== undefined && process.env.CI !== '' && process.env.CI !== 'false';
  const own = userFolder(process.env, process.platform);
  process.exitCode = await runCommandLine(process.argv.slice(2), {
    out: process.stdout,
    err: process.stderr,
    folder,
    interrupt: interrupt.signal,
    live: process.stderr.isTTY === true && !isCi && process.env.TERM !== 'dumb',
    color: process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb',
    verbose: false,
    ...(own === undefined ? {} : { userFolder: own }),
    ...(jobSummary ? { jobSummary } : {}),
  });
}

const folder = currentFolder();
const limit = ownLimitProblem();
if (folder === undefined) refuse('the current folder was deleted: change into one that is there', 2);
else if (limit !== null) refuse(limit, 1);
else await start(folder);
