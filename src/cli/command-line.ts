// The command line: all commands, help, and what errors become.
import { Command, CommanderError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { InputError, type Problem, TinypoisonError } from '../core/errors.ts';
import { fileFault } from '../core/file-fault.ts';
import { inert, visibleText } from '../core/inert-text.ts';
import { type CommandContext, ExitCode, notify, printJson, programVersion } from './command-context.ts';
import { addCheckCommands } from './commands/declarations/check-commands.ts';
import { type Act, type Action, EXIT_CODES } from './commands/declarations/command-options.ts';
import { addDefenceCommands } from './commands/declarations/defence-commands.ts';
import { addExperimentCommands } from './commands/declarations/experiment-commands.ts';
import { addOtherCommands } from './commands/declarations/other-commands.ts';
import { addPaperCommands } from './commands/declarations/paper-commands.ts';
import { addRunCommands } from './commands/declarations/run-commands.ts';

/** Builds the program. `act` receives what the chosen command does. */
function createProgram(act: Act) {
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
  addPaperCommands(program, act);
  addDefenceCommands(program, act);
  addOtherCommands(program, act);
  return program;
}

/** All commands share how they write, exit and explain. */
function settle(command: CommandUnknownOpts, context: CommandContext): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => context.out.write(visibleText(text)),
    writeErr: (text) => context.err.write(visibleText(text)),
    getOutHelpWidth: () => Math.min(110, context.out.columns ?? 100),
    getErrHelpWidth: () => Math.min(110, context.err.columns ?? 100),
  });
  for (const child of command.commands) settle(child, context);
}

/** An error as a person and a program read it. */
interface Explained {
  readonly code: number;
  readonly message: string;
  readonly problems: readonly Problem[];
}

function explain(error: unknown): Explained {
  const code = error instanceof InputError ? ExitCode.badInput : ExitCode.runFailed;
  const alone = (message: string, exitCode: number = code): Explained => ({
    code: exitCode,
    message,
    problems: [{ message }],
  });
  const fault = fileFault(error);
  if (error instanceof InputError) {
    const { problems, message } = error;
    return {
      code,
      message: `${problems.length > 1 ? `${problems.length} problems:\n` : ''}${message}`,
      problems,
    };
  }
  if (error instanceof TinypoisonError) return alone(error.message);
  if (fault !== undefined) return alone(fault.message, fault.isPath ? ExitCode.badInput : code);
  const message = error instanceof Error ? error.message : String(error);
  return alone(`${message} (this is a defect of tinypoison; --verbose shows where)`);
}

/** With `--json` an error is JSON on the standard output too, where the reader looks. */
function reportError({ code, message, problems }: Explained, context: CommandContext, json: boolean): number {
  if (json) printJson(context, { exitCode: code, error: { message, problems } });
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
    verbose ||= program.opts().verbose === true;
    return action === undefined ? ExitCode.done : await action({ ...context, verbose });
  } catch (error) {
    const json = argumentsOfUser.includes('--json');
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return ExitCode.done;
      // Commander has printed it for a person.
      const message = error.message.replace(/^error: /, '');
      return reportError({ code: ExitCode.badInput, message, problems: [{ message }] }, context, json);
    }
    const explained = explain(error);
    notify(context, `error: ${explained.message}`);
    if (verbose && error instanceof Error)
      context.err.write(`${(error.stack ?? '').split('\n').map(inert).join('\n')}\n`);
    return reportError(explained, context, json);
  }
}
