// The command line: all commands, help, and what errors become.
import { Command, CommanderError } from 'commander';
import { InputError, TinypoisonError } from '../core/errors.ts';
import { fileFault } from '../core/file-fault.ts';
import { addCheckCommands } from './check-commands.ts';
import { type CommandContext, ExitCode, notify, programVersion } from './command-context.ts';
import { type Act, type Action, EXIT_CODES } from './command-options.ts';
import { addExperimentCommands } from './experiment-commands.ts';
import { addOtherCommands } from './other-commands.ts';
import { addRunCommands } from './run-commands.ts';
import { inert } from './terminal.ts';

/** Builds the program. `act` receives what the chosen command does. */
function createProgram(act: Act): Command {
  const program = new Command('tinypoison')
    .description(
      'How many documents does it take to poison a language model? Trains tiny transformers on text with exactly ' +
        'N poisoned documents, measures the backdoor, and tells whether it follows their number or their share.',
    )
    .version(programVersion(), '-V, --version')
    .option('--verbose', 'full traces of errors')
    .showHelpAfterError('(tinypoison --help, or tinypoison <command> --help, explains)')
    .addHelpText('after', `${EXIT_CODES}\nStart with: tinypoison init, or npm start in a clone`);
  addExperimentCommands(program, act);
  addRunCommands(program, act);
  addCheckCommands(program, act);
  addOtherCommands(program, act);
  return program;
}

/** All commands share how they write, exit and explain. */
function settle(command: Command, context: CommandContext): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => context.out.write(text),
    writeErr: (text) => context.err.write(text),
    getOutHelpWidth: () => Math.min(110, context.out.columns ?? 100),
    getErrHelpWidth: () => Math.min(110, context.err.columns ?? 100),
  });
  for (const child of command.commands) settle(child, context);
}

/** Prints an error for a person. */
function explain(error: unknown, context: CommandContext, verbose: boolean): number {
  let code: number = error instanceof InputError ? ExitCode.badInput : ExitCode.runFailed;
  const fault = fileFault(error);
  if (error instanceof InputError) {
    const { problems, message } = error;
    notify(context, problems.length > 1 ? `${problems.length} problems:\n${message}` : `error: ${message}`);
  } else if (error instanceof TinypoisonError) notify(context, `error: ${error.message}`);
  else if (fault !== undefined) {
    notify(context, `error: ${fault.message}`);
    if (fault.isPath) code = ExitCode.badInput;
  } else {
    const message = error instanceof Error ? error.message : String(error);
    notify(context, `error: ${message} (this is a defect of tinypoison; --verbose shows where)`);
  }
  if (verbose && error instanceof Error)
    context.err.write(`${(error.stack ?? '').split('\n').map(inert).join('\n')}\n`);
  return code;
}

/**
 * Does what a command line says.
 * @param argumentsOfUser without the program's name
 * @returns the exit code
 */
export async function runCommandLine(
  argumentsOfUser: readonly string[],
  context: CommandContext,
): Promise<number> {
  let action: Action | undefined;
  const program = createProgram((chosen) => {
    action = chosen;
  });
  settle(program, context);
  let verbose = context.verbose;
  try {
    await program.parseAsync([...argumentsOfUser], { from: 'user' });
    verbose ||= program.opts<{ verbose?: boolean }>().verbose === true;
    return action === undefined ? ExitCode.done : await action({ ...context, verbose });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.done : ExitCode.badInput;
    return explain(error, context, verbose);
  }
}
