// What the declarations of commands share: options, exit codes, examples.
import { type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { ENGINE_OPTIONS } from '../../../kernels/engine-names.ts';
import { defaultExecutor, describeExecutors, executorNames } from '../../../run/executors/registry.ts';
import type { CommandContext } from '../../command-context.ts';

/** Collects a repeatable option. */
export const collect = (value: string, all: readonly string[] = []) => [...all, value];

export const storeOption = () => new Option('--store <folder>', 'where runs are kept').default('runs');
export const jsonOption = () =>
  new Option('--json', 'print JSON on the standard output, and nothing else there');
export const setOption = () =>
  new Option('--set <path=value>', 'set a field of the config (value in YAML); repeatable').argParser(
    collect,
  );
export const sweepOption = () =>
  new Option(
    '--sweep <path=[values]>',
    'sweep a field over values, in place of its axis in the file; repeatable',
  ).argParser(collect);
export const engineOption = () =>
  new Option(
    '--engine <name>',
    'kernels to use, all with the same bits; or tfjs: TensorFlow.js, not bit-reproducible',
  )
    .choices(ENGINE_OPTIONS)
    .default('auto');

export const executorOption = () =>
  new Option(
    '--executor <name>',
    `where runs are done (default: ${defaultExecutor()}). ${describeExecutors()}; ` +
      'kubernetes: the manifest of an Indexed Job, printed with --dry-run',
  ).choices([...executorNames, 'kubernetes'] as const);

export const EXIT_CODES = `
Exit codes:
  0    done
  1    a run failed (diverged runs are results, and no failure)
  2    bad input: config, corpus, command line
  3    verify, lineage: something is not as it was recorded
  4    verify: other bits, but every figure within its band
  5    verify: the runs agree, the report is of an older release and was not compared
  130  stopped by Ctrl-C; the same command goes on
`;

/** Help that follows a command's options. */
export function examples(command: CommandUnknownOpts, lines: readonly string[]): CommandUnknownOpts {
  return command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  ${line}\n`).join('')}`);
}

/** What a chosen command does. */
export type Action = (context: CommandContext) => number | Promise<number>;

/** Receives what the chosen command does. */
export type Act = (action: Action) => void;
