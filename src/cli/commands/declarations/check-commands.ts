// The commands that ask where numbers come from, and whether they come out again.
import { type Command, Option } from '@commander-js/extra-typings';
import {
  type Act,
  collect,
  engineOption,
  examples,
  jsonOption,
  setOption,
  storeOption,
  sweepOption,
} from './command-options.ts';

const VERIFY_EXIT_CODES = `
Exit codes:
  0    same bits: weights and every measurement
  1    a run could not be repeated
  2    bad input, or results of other contracts (the message names the release that verifies them)
  3    differs: figures outside their bands, another verdict, files that do not agree with each other,
       a signature that does not hold, or one of another key than that of earlier results of this name
  4    within bands only: not the same bits, or bits were never promised (TensorFlow.js)
  5    runs and tables only: the same bits, but an older release made the report, which was not made again
  130  stopped by Ctrl-C
`;

function addVerify(program: Command, act: Act): void {
  const verify = program
    .command('verify')
    .argument('<experiment or results>', 'a folder with results.jsonl, or an experiment that has results')
    .description(
      'Do runs of results again, from nothing, and compare: to the last bit, or within bands where bits differ. Says where they part, and the likely reason.',
    )
    .option('--all', 'do every run again')
    .option('--sample <n>', 'runs to repeat, of every size and attack while there is room (default: 3)')
    .addOption(engineOption())
    .option('--workers <n>', 'runs at a time, one process each (default: the cores)')
    .addOption(
      new Option(
        '--corpus <path>',
        'where a corpus lies that the results were made from: a file, or the folder of a Hub data set; repeatable',
      ).argParser(collect),
    )
    .addOption(
      new Option(
        '--base <folder or run>',
        'where the weights lie that the runs start from, or which run of the store kept them; repeatable',
      ).argParser(collect),
    )
    .addOption(setOption())
    .addOption(sweepOption())
    .addOption(
      new Option(
        '--store <folder>',
        'store that may hold the original runs, to find where weights part, and the weights that runs start from',
      ).default('runs'),
    )
    .option('--key <file>', 'public key (PEM) of the one who has to have signed the results')
    .option(
      '--no-remember',
      'neither remember the key that signed the results nor warn where another signed earlier ones of their name',
    )
    .option('--summary <file>', 'write a summary in Markdown')
    .addOption(jsonOption())
    .action((target, options) =>
      act(async (context) => (await import('../verify.ts')).verify(target, options, context)),
    );
  examples(verify, [
    'tinypoison verify results/constant-count',
    'tinypoison verify experiments/constant-count --sample 1',
    'tinypoison verify results/constant-count --all --summary verify.md',
    'tinypoison verify results/constant-count --key alice.pub.pem',
  ]).addHelpText('after', VERIFY_EXIT_CODES);
}

/** Declares verify, why and lineage. */
export function addCheckCommands(program: Command, act: Act): void {
  addVerify(program, act);

  const why = program
    .command('why')
    .argument('<run or experiment>', 'id of a run (its first digits), or an experiment')
    .description(
      'Say which part of the identity sets a run apart from the nearest one in the store: for a stored run, or for those that an experiment would train.',
    )
    .addOption(setOption())
    .addOption(sweepOption())
    .addOption(engineOption())
    .addOption(storeOption())
    .addOption(jsonOption())
    .action((target, options) =>
      act(async (context) => (await import('../why.ts')).why(target, options, context)),
    );
  examples(why, [
    'tinypoison why 3f9a21',
    'tinypoison why experiments/quickstart --set evaluation.prompts=500',
  ]);

  const lineage = program
    .command('lineage')
    .argument('<run>', 'id of a run (its first digits)')
    .argument('[other]', 'another run: what changed between the two')
    .description(
      'Show what made a run: corpus, clean and poisoned documents, tokens, config, code, weights and results, each with its hash, checked where it can be. Exit code 3 where something does not match.',
    )
    .option('--full', 'every poisoned document')
    .addOption(storeOption())
    .addOption(jsonOption())
    .action((id, other, options) =>
      act(async (context) => (await import('../lineage.ts')).lineage(id, other, options, context)),
    );
  examples(lineage, ['tinypoison lineage 3f9a21', 'tinypoison lineage 3f9a21 77c0de']);
}
