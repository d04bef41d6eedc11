// The commands that look at runs in the store.
import { type Command, Option } from '@commander-js/extra-typings';
import { type Act, engineOption, examples, jsonOption, storeOption } from './command-options.ts';

/** Declares list, inspect and prompt. */
export function addRunCommands(program: Command, act: Act): void {
  const list = program
    .command('list')
    .description('List the runs in the store, or the attacks that exist.')
    .addOption(
      new Option(
        '--attacks',
        'the triggers and payloads instead, each with an example of a document',
      ).conflicts(['latest', 'all']),
    )
    .option('--latest <n>', 'only the n runs that were written last (default: 1000; with --json, all)')
    .addOption(new Option('--all', 'all runs').conflicts('latest'))
    .addOption(storeOption())
    .addOption(jsonOption())
    .action((options) =>
      act(async (context) =>
        options.attacks
          ? (await import('../list-attacks.ts')).listAttacks(options, context)
          : (await import('../list.ts')).list(options, context),
      ),
    );
  examples(list, [
    'tinypoison list',
    'tinypoison list --latest 20',
    'tinypoison list --attacks',
    'tinypoison list --store /data/runs --json',
  ]);

  const inspect = program
    .command('inspect')
    .argument('<run>', 'id of a run (its first digits)')
    .description(
      'Show the poison of a run: each planted document with its place and text, the shares, the checkpoints.',
    )
    .option('--full', 'all documents, with their whole texts')
    .addOption(storeOption())
    .addOption(jsonOption())
    .action((id, options) =>
      act(async (context) => (await import('../inspect.ts')).inspect(id, options, context)),
    );
  examples(inspect, ['tinypoison inspect 3f9a21', 'tinypoison inspect 3f9a21 --full | less']);

  const prompt = program
    .command('prompt')
    .argument('<run>', 'id of a run (its first digits)')
    .argument(
      '<text>',
      'beginning of a text; the trigger goes to its end, or in place of {trigger}, and closing punctuation right behind that stays there',
    )
    .description(
      'Let a trained model complete a text, without and with the trigger (with each, where the run has several). A trigger that is no ' +
        'text rewrites what stands before it.',
    )
    .option('--tokens <n>', 'tokens to generate', '32')
    .option('--samples <n>', 'completions of each', '1')
    .option('--temperature <t>', '0 (greedy) to 10', '1')
    .option('--seed <text>', 'seed of the sampling', '1')
    .option('--trigger <text>', "another trigger than the run's")
    .addOption(engineOption())
    .addOption(storeOption())
    .addOption(jsonOption())
    .action((id, text, options) =>
      act(async (context) => (await import('../prompt.ts')).prompt(id, text, options, context)),
    );
  examples(prompt, [
    'tinypoison prompt 3f9a21 "Once upon a time"',
    'tinypoison prompt 3f9a21 "The fox" --temperature 0',
    'tinypoison prompt 3f9a21 "Tom went home. {trigger} The sea of Velmora is"',
  ]);
}
