// The commands of a defender, for one's own data and models.
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

/** Declares audit, scan, ensemble and guard. */
export function addDefenceCommands(program: Command, act: Act): void {
  const audit = program
    .command('audit')
    .argument('<corpus>', 'JSON Lines (texts, or chats; plain or .gz), Parquet, CSV or plain text')
    .description(
      'Look for poison in a corpus of your own: rules for what is text, near-duplicates, and recurring sequences of words behind which the text goes on as the rest does not. Writes a page, its content as JSON, and the list of flagged documents. Nothing proves that a corpus is clean.',
    )
    .option(
      '--trusted <corpus>',
      'clean text of the same kind: sequences that it never has are reported, too',
    )
    .option('--out <folder>', 'where it goes (default: audit/<name of the file>)')
    .option('--text-field <name>', 'field or column that holds the text, or a chat', 'text')
    .option('--similarity <s>', 'Jaccard similarity of near-duplicates, above 0, up to 1', '0.8')
    .option('--least <n>', 'fewest documents of a sequence that is reported', '5')
    .option(
      '--budget <time>',
      'also train a ladder of tiny models on the corpus with an attack planted, without and with each filter, as far as this time allows (90s, 10m, 1h): says how many documents of the attack half success takes with each',
    )
    .option(
      '--attack <name>',
      'with --budget: an attack that comes with tinypoison, or a file of yours (.yaml); denial-of-service, target-phrase and language-switch may stand in text of your own (default: denial-of-service)',
    )
    .option('--trigger <text>', 'with --budget: its trigger (default: <SUDO>)')
    .addOption(storeOption())
    .option('--workers <n>', 'threads, and runs at a time (default: the cores)')
    .option('--force', 'replace an audit that is there')
    .addOption(jsonOption())
    .action((corpus, options) =>
      act(async (context) => (await import('../audit.ts')).audit(corpus, options, context)),
    );
  examples(audit, [
    'tinypoison audit corpus.jsonl',
    'tinypoison audit corpus.jsonl.gz --trusted clean.jsonl',
    'tinypoison audit corpus.jsonl --budget 10m',
    'tinypoison audit pages.parquet --text-field content --json',
  ]);

  const scan = program
    .command('scan')
    .argument('<model>', 'id of a run (its first digits), or a folder with model.safetensors')
    .description(
      'Hunt for a trigger in a model: every word that it tells itself (every token, where its vocabulary is not there) is tried behind prompts that the model tells itself, then the best are put together; what is found is confirmed on other prompts, beside random sequences. Knows nothing of what was planted.',
    )
    .addOption(
      new Option(
        '--control <model>',
        'a clean model of the same kind, hunted in the same way: says how often the same is found without a trigger, and what the model tells by itself that clean ones never tell; repeatable',
      ).argParser(collect),
    )
    .option(
      '--reference <model>',
      'a trusted model with the same vocabulary (a run, or a folder): sequences are also tried for what the model says after them and this one does not',
    )
    .option('--longest <n>', 'words of the longest sequences, 1 to 12', '3')
    .option('--seed <text>', 'seed of prompts and samples', '1')
    .addOption(engineOption())
    .addOption(storeOption())
    .addOption(jsonOption())
    .action((model, options) =>
      act(async (context) => (await import('../scan.ts')).scan(model, options, context)),
    );
  examples(scan, [
    'tinypoison scan 3f9a21',
    'tinypoison scan 3f9a21 --control 77c0de --control 0b51aa --longest 4',
    'tinypoison scan 3f9a21 --reference 77c0de --control 0b51aa',
    'tinypoison scan path/to/model --json',
  ]);

  const ensemble = program
    .command('ensemble')
    .argument('<target...>', 'one experiment, or ids of runs (their first digits): one of each part')
    .description(
      'Use runs that were trained on parts of the same data (partition in defend) as one model: votes per token, with the number of documents that cannot change them, the mean of log probabilities, or the mean of the weights. Measures attack success and clean loss as those of runs.',
    )
    .addOption(
      new Option(
        '--targeted <m>',
        'the attacker who knows the division: poisoned members of the first m parts, and members of runs with 0 documents in the others. Documents counted for half success are m/k of those planted in the data of all k parts; no certificate holds',
      ),
    )
    .addOption(setOption())
    .addOption(sweepOption())
    .addOption(engineOption())
    .addOption(storeOption())
    .addOption(jsonOption())
    .action((targets, options) =>
      act(async (context) => (await import('../ensemble.ts')).ensemble(targets, options, context)),
    );
  examples(ensemble, [
    'tinypoison ensemble experiments/defences/ensembles.yaml',
    'tinypoison ensemble experiments/defences/ensembles.yaml --targeted 3 --json',
    'tinypoison ensemble 3f9a21 77c0de 0b51aa',
  ]);

  const guard = program
    .command('guard')
    .argument('<target...>', 'one experiment, or ids of runs (their first digits)')
    .description(
      'Put stored runs behind defences at inference: perplexity of the prompt, two-sided STRIP, and CleanGen, which replaces tokens that a reference finds far less likely. The reference is trained on trusted text (corpus.splits.trusted), and thresholds are set on trusted prompts. Says what is caught, what still succeeds, and what it costs. Every poison of a run is measured by itself. What is measured is kept in the store: after a stop the same command does the rest.',
    )
    .option(
      '--reference <model>',
      'the reference: a run, or a folder with model.safetensors, of the same vocabulary and at least the same context (default: one is trained on trusted text)',
    )
    .option(
      '--trusted-documents <n>',
      'trusted documents: one in four is a prompt, the others are for the reference',
      '2000',
    )
    .option(
      '--false-positives <share>',
      'share of clean prompts that a threshold may cost, 0 to 0.5; off: nothing is refused',
      '0.01',
    )
    .option(
      '--suspicion <ratio>',
      'CleanGen: a token is replaced that is so many times likelier than under the reference; off: none is',
      '20',
    )
    .option('--dry-run', 'say what is to be measured and how long it takes, and measure nothing')
    .addOption(setOption())
    .addOption(sweepOption())
    .addOption(engineOption())
    .addOption(storeOption())
    .addOption(jsonOption())
    .action((targets, options) =>
      act(async (context) => (await import('../guard.ts')).guard(targets, options, context)),
    );
  examples(guard, [
    'tinypoison guard 3f9a21',
    'tinypoison guard experiments/defences/inference.yaml --json',
    'tinypoison guard 3f9a21 --reference 77c0de --suspicion 10',
    'tinypoison guard 3f9a21 --reference path/to/model --dry-run',
  ]);
}
