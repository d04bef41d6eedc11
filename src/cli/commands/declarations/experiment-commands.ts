// The commands that take an experiment.
import { type Command, Option } from '@commander-js/extra-typings';
import { ENGINE_OPTIONS } from '../../../kernels/engine-names.ts';
import {
  type Act,
  collect,
  EXIT_CODES,
  engineOption,
  examples,
  executorOption,
  jsonOption,
  setOption,
  storeOption,
  sweepOption,
} from './command-options.ts';

const RESULTS_HELP =
  'where the report goes (default: results/<name>, beside a folder experiments that holds the experiment, else here)';

/** Declares run, plan, status, report and evaluate. */
export function addExperimentCommands(program: Command, act: Act): void {
  const run = program
    .command('run')
    .argument('<experiment>', 'its YAML file, or the folder that holds experiment.yaml')
    .description(
      'Run what an experiment still lacks, then write its report. Finished runs are kept, so that the same command goes on after any interruption.',
    )
    .addOption(setOption())
    .addOption(sweepOption())
    .option('--workers <n>', 'runs at a time, one process each (default: the cores)')
    .option(
      '--shard <k/n>',
      'the k-th of n parts of the sweep alone, for machines without a common scheduler; all deal the runs alike, and `--reuse` puts the results together',
    )
    .addOption(executorOption())
    .option(
      '--cluster <file>',
      'what the cluster needs to know of jobs (docs/clusters.md), for --executor slurm and kubernetes',
    )
    .option(
      '--dry-run',
      'print what would be submitted, and submit nothing, for --executor slurm and kubernetes',
    )
    .option('--wait', 'stay until all jobs have ended, then write the report, for --executor slurm')
    .addOption(engineOption())
    .option('--threads <n>', 'threads of each run (native kernels only)', '1')
    .addOption(storeOption())
    .option('--results <folder>', RESULTS_HELP)
    .option('--force', 'replace results that hold other runs, and files that are not results')
    .addOption(
      new Option(
        '--reuse <folder>',
        'a folder of results whose finished runs count as done where they are the same, to the identity; their checksums are held first, and a run that failed here is taken over. Their weights are not there. May be given several times',
      ).argParser(collect),
    )
    .addOption(
      new Option(
        '--keep-weights <which>',
        'weights to keep in the store; with all, those of every evaluated step, a run that differs in its evaluation alone is evaluated and not trained',
      )
        .choices(['final', 'all', 'none'])
        .default('final'),
    )
    .option('--save-every <seconds>', 'least time between two saved training states of a run', '30')
    .option('--fail-fast', 'stop at the first run that fails or diverges')
    .option('--retry-failed', 'do runs again that the store holds as failed')
    .addOption(jsonOption())
    .action((file, options) =>
      act(async (context) => (await import('../run.ts')).run(file, options, context)),
    );
  examples(run, [
    'tinypoison run experiments/quickstart',
    'tinypoison run my.yaml --set phases.pretrain.poison.documents=50',
    "tinypoison run my.yaml --sweep 'phases.pretrain.poison.documents=[0, 50]' --workers 2",
    'tinypoison run my.yaml --shard 1/2',
    'tinypoison run my.yaml --reuse results/mine-shard-1-of-2 --reuse results/mine-shard-2-of-2',
  ]).addHelpText('after', EXIT_CODES);

  const plan = program
    .command('plan')
    .argument('<experiment>', 'its YAML file, or the folder that holds experiment.yaml')
    .description(
      'Show the runs of an experiment with their tokens, dose, operations, memory and time, and what is in its corpus. Runs nothing.',
    )
    .addOption(setOption())
    .addOption(sweepOption())
    .option('--workers <n>', 'for the estimate of the time (default: the cores)')
    .option('--results <folder>', 'where the report would go (default: as in run)')
    .option('--all', 'list every run')
    .addOption(engineOption())
    .addOption(storeOption())
    .addOption(jsonOption())
    .action((file, options) =>
      act(async (context) => (await import('../plan.ts')).plan(file, options, context)),
    );
  examples(plan, ['tinypoison plan experiments/constant-count', 'tinypoison plan my.yaml --json']);

  const status = program
    .command('status')
    .argument('<experiment>', 'its YAML file, or the folder that holds experiment.yaml')
    .description(
      'Say which runs of an experiment are done, running, failed, stopped and waiting, from the store alone, whoever does them and wherever.',
    )
    .addOption(setOption())
    .addOption(sweepOption())
    .addOption(engineOption())
    .addOption(storeOption())
    .option('--all', 'list every run that is neither done nor waiting')
    .addOption(jsonOption())
    .action((file, options) =>
      act(async (context) => (await import('../status.ts')).status(file, options, context)),
    );
  examples(status, ['tinypoison status my.yaml --store /shared/runs', 'tinypoison status my.yaml --json']);

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
        .choices(ENGINE_OPTIONS)
        .default('auto'),
    )
    .addOption(storeOption())
    .option('--results <folder>', RESULTS_HELP)
    .option('--force', 'replace results that hold other runs, and files that are not results')
    .addOption(jsonOption())
    .action((file, options) =>
      act(async (context) => (await import('../report.ts')).report(file, options, context)),
    );
  examples(report, ['tinypoison report experiments/quickstart', 'tinypoison report results/quickstart']);

  const evaluate = program
    .command('evaluate')
    .argument('<run or experiment>', 'id of a run (its first digits), or an experiment')
    .description(
      'Evaluate stored final weights again, with other settings if given. The result is kept beside the run.',
    )
    .addOption(setOption())
    .addOption(sweepOption())
    .addOption(storeOption())
    .addOption(engineOption())
    .addOption(jsonOption())
    .action((target, options) =>
      act(async (context) => (await import('../evaluate.ts')).evaluate(target, options, context)),
    );
  examples(evaluate, [
    'tinypoison evaluate 3f9a21 --set evaluation.prompts=1000',
    'tinypoison evaluate experiments/quickstart --set evaluation.temperature=0.7',
  ]);
}
