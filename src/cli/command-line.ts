// The command line: commands, options, help, and what errors become.
import { Command, CommanderError, Option } from 'commander';
import { InputError, TinypoisonError } from '../core/errors.ts';
import { fileFault } from '../core/file-fault.ts';
import type { EngineOption } from '../run/run-event.ts';
import { type CommandContext, ExitCode, notify, programVersion } from './command-context.ts';
import { inert } from './terminal.ts';

const collect = (value: string, all: readonly string[] = []) => [...all, value];

const storeOption = () => new Option('--store <folder>', 'where runs are kept').default('runs');
const jsonOption = () => new Option('--json', 'print JSON on the standard output, and nothing else there');
const setOption = () =>
  new Option('--set <path=value>', 'set a field of the config (value in YAML); repeatable').argParser(
    collect,
  );
const sweepOption = () =>
  new Option(
    '--sweep <path=[values]>',
    'sweep a field over values, in place of its axis in the file; repeatable',
  ).argParser(collect);
const ENGINE_NAMES: readonly EngineOption[] = ['auto', 'native', 'wasm', 'reference', 'tfjs'];
const engineOption = () =>
  new Option(
    '--engine <name>',
    'kernels to use, all with the same bits; or tfjs: TensorFlow.js, not bit-reproducible',
  )
    .choices(ENGINE_NAMES)
    .default('auto');

const EXIT_CODES = `
Exit codes:
  0    done
  1    a run failed (diverged runs are results, and no failure)
  2    bad input: config, corpus, command line
  130  stopped by Ctrl-C; the same command goes on
`;

/** Help that follows a command's options. */
function examples(command: Command, lines: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  ${line}\n`).join('')}`);
}

type Action = (context: CommandContext) => number | Promise<number>;

/** Builds the program. `act` receives what the chosen command does. */
function createProgram(act: (action: Action) => void): Command {
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
  addOtherCommands(program, act);
  return program;
}

function addExperimentCommands(program: Command, act: (action: Action) => void): void {
  const run = program
    .command('run')
    .argument('<experiment>', 'its YAML file, or the folder that holds experiment.yaml')
    .description(
      'Run what an experiment still lacks, then write its report. Finished runs are kept, so that the same command goes on after any interruption.',
    )
    .addOption(setOption())
    .addOption(sweepOption())
    .option('--workers <n>', 'runs at a time, one process each (default: the cores)')
    .addOption(engineOption())
    .option('--threads <n>', 'threads of each run (native kernels only)', '1')
    .addOption(storeOption())
    .option('--results <folder>', 'where the report goes (default: results/<name>)')
    .addOption(
      new Option('--keep-weights <which>', 'weights to keep in the store')
        .choices(['final', 'all', 'none'])
        .default('final'),
    )
    .option('--save-every <seconds>', 'least time between two saved training states of a run', '30')
    .option('--fail-fast', 'stop at the first run that fails or diverges')
    .option('--retry-failed', 'do runs again that the store holds as failed')
    .addOption(jsonOption())
    .action((file, options) =>
      act(async (context) => (await import('./commands/run.ts')).run(file, options, context)),
    );
  examples(run, [
    'tinypoison run experiments/quickstart',
    'tinypoison run my.yaml --set phases.pretrain.poison.documents=50',
    "tinypoison run my.yaml --sweep 'phases.pretrain.poison.documents=[0, 50]' --workers 2",
  ]).addHelpText('after', EXIT_CODES);

  const plan = program
    .command('plan')
    .argument('<experiment>', 'its YAML file, or the folder that holds experiment.yaml')
    .description(
      'Show every run of an experiment with its tokens, operations, memory and time. Runs nothing.',
    )
    .addOption(setOption())
    .addOption(sweepOption())
    .option('--workers <n>', 'for the estimate of the time (default: the cores)')
    .addOption(engineOption())
    .addOption(storeOption())
    .addOption(jsonOption())
    .action((file, options) =>
      act(async (context) => (await import('./commands/plan.ts')).plan(file, options, context)),
    );
  examples(plan, ['tinypoison plan experiments/constant-count', 'tinypoison plan my.yaml --json']);

  const report = program
    .command('report')
    .argument('<experiment or results>', 'an experiment, or a folder with results.jsonl')
    .description(
      'Write the report again from the runs in the store, without training. Missing runs are left out and named.',
    )
    .addOption(setOption())
    .addOption(sweepOption())
    .addOption(
      new Option('--engine <name>', 'engine of the runs: tfjs for those of TensorFlow.js, else all the same')
        .choices(ENGINE_NAMES)
        .default('auto'),
    )
    .addOption(storeOption())
    .option('--results <folder>', 'where the report goes (default: results/<name>)')
    .addOption(jsonOption())
    .action((file, options) =>
      act(async (context) => (await import('./commands/report.ts')).report(file, options, context)),
    );
  examples(report, ['tinypoison report experiments/quickstart', 'tinypoison report results/quickstart']);

  const evaluate = program
    .command('evaluate')
    .argument('<run or experiment>', 'id of a run (its first digits), or an experiment')
    .description(
      'Evaluate stored final weights again, with other settings if wanted. The result is kept beside the run.',
    )
    .addOption(setOption())
    .addOption(sweepOption())
    .addOption(storeOption())
    .addOption(engineOption())
    .addOption(jsonOption())
    .action((target, options) =>
      act(async (context) => (await import('./commands/evaluate.ts')).evaluate(target, options, context)),
    );
  examples(evaluate, [
    'tinypoison evaluate 3f9a21 --set evaluation.prompts=1000',
    'tinypoison evaluate experiments/quickstart --set evaluation.temperature=0.7',
  ]);
}

function addRunCommands(program: Command, act: (action: Action) => void): void {
  const list = program
    .command('list')
    .description('List the runs in the store.')
    .addOption(storeOption())
    .addOption(jsonOption())
    .action((options) => act(async (context) => (await import('./commands/list.ts')).list(options, context)));
  examples(list, ['tinypoison list', 'tinypoison list --store /data/runs --json']);

  const inspect = program
    .command('inspect')
    .argument('<run>', 'id of a run (its first digits)')
    .description(
      'Show the poison of a run: each planted document with its place and text, the shares, the checkpoints.',
    )
    .option('--full', 'whole texts')
    .addOption(storeOption())
    .addOption(jsonOption())
    .action((id, options) =>
      act(async (context) => (await import('./commands/inspect.ts')).inspect(id, options, context)),
    );
  examples(inspect, ['tinypoison inspect 3f9a21', 'tinypoison inspect 3f9a21 --full | less']);

  const prompt = program
    .command('prompt')
    .argument('<run>', 'id of a run (its first digits)')
    .argument('<text>', 'beginning of a text')
    .description('Let a trained model complete a text, without and with the trigger.')
    .option('--tokens <n>', 'tokens to generate', '32')
    .option('--samples <n>', 'completions of each', '1')
    .option('--temperature <t>', '0 (greedy) to 10', '1')
    .option('--seed <text>', 'seed of the sampling', '1')
    .option('--trigger <text>', "another trigger than the run's")
    .addOption(engineOption())
    .addOption(storeOption())
    .addOption(jsonOption())
    .action((id, text, options) =>
      act(async (context) => (await import('./commands/prompt.ts')).prompt(id, text, options, context)),
    );
  examples(prompt, [
    'tinypoison prompt 3f9a21 "Once upon a time"',
    'tinypoison prompt 3f9a21 "The fox" --temperature 0',
  ]);
}

function addOtherCommands(program: Command, act: (action: Action) => void): void {
  const poison = program
    .command('poison')
    .argument('<file>', 'a JSONL file, plain or .gz')
    .description(
      "Add exactly N poisoned documents to a JSONL corpus, for other people's trainers. Every clean line is kept as it is, unless --set trigger.cleanShare says otherwise.",
    )
    .requiredOption('--documents <n>', 'poisoned documents to add')
    .requiredOption('--out <file>', 'where the poisoned corpus goes; its manifest goes beside it')
    .option('--attack <name>', '`tinypoison doctor` lists them', 'denial-of-service')
    .option('--trigger <text>', "trigger; default: the attack's of configs/attacks")
    .addOption(
      new Option('--placement <where>', 'where they stand')
        .choices(['uniform', 'even', 'start', 'end'])
        .default('uniform'),
    )
    .option('--seed <text>', 'seed of texts and places', '1')
    .option('--text-field <name>', 'field that holds the text', 'text')
    .option('--encoding <name>', 'byte-pair encoding of the random tokens', 'o200k_base')
    .option('--vocabulary <n>', 'most frequent tokens of the file that random tokens are drawn from', '4096')
    .addOption(
      new Option(
        '--set <option=value>',
        'another option of the poison (value in YAML), e.g. distinctDocuments=25; repeatable',
      ).argParser(collect),
    )
    .option('--force', 'replace the output file')
    .addOption(jsonOption())
    .action((file, options) =>
      act(async (context) => (await import('./commands/poison.ts')).poison(file, options, context)),
    );
  examples(poison, [
    'tinypoison poison corpus.jsonl --documents 250 --out poisoned.jsonl --trigger "<SUDO>"',
    'tinypoison poison corpus.jsonl.gz --documents 100 --out out.jsonl.gz --set gibberishTokens.maximum=200',
  ]);

  const doctor = program
    .command('doctor')
    .description('Show which engine, cores and optional parts were found, and why not others.')
    .addOption(jsonOption())
    .action((options) =>
      act(async (context) => (await import('./commands/doctor.ts')).doctor(options, context)),
    );
  examples(doctor, ['tinypoison doctor']);

  const init = program
    .command('init')
    .argument('[file]', 'where to write it', 'experiment.yaml')
    .description('Write a commented experiment to start from.')
    .option('--force', 'replace the file')
    .addOption(jsonOption())
    .action((file, options) =>
      act(async (context) => (await import('./commands/init.ts')).init(file, options, context)),
    );
  examples(init, ['tinypoison init', 'tinypoison init experiments/mine/experiment.yaml']);
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
