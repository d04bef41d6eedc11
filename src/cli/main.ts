#!/usr/bin/env node
import { ExitCode } from './command-context.ts';
// The program `tinypoison`.
import { runCommandLine } from './command-line.ts';

const interrupt = new AbortController();

function onSignal(): void {
  if (interrupt.signal.aborted) process.exit(ExitCode.interrupted);
  interrupt.abort();
}

/** A reader that has seen enough (`| head`) is no error. */
function onPipeError(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(ExitCode.done);
  throw error;
}

process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);
process.stdout.on('error', onPipeError);
process.stderr.on('error', onPipeError);

const jobSummary = process.env.GITHUB_STEP_SUMMARY;
const isCi = process.env.CI !== undefined && process.env.CI !== '' && process.env.CI !== 'false';
process.exitCode = await runCommandLine(process.argv.slice(2), {
  out: process.stdout,
  err: process.stderr,
  folder: process.cwd(),
  interrupt: interrupt.signal,
  live: process.stderr.isTTY === true && !isCi && process.env.TERM !== 'dumb',
  color: process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb',
  verbose: false,
  ...(jobSummary ? { jobSummary } : {}),
});
