// The commands that need neither experiment nor store.
import { type Command, Option } from '@commander-js/extra-typings';
import { type Act, collect, examples, jsonOption } from './command-options.ts';

/** Declares poison, lab, doctor and init. */
export function addOtherCommands(program: Command, act: Act): void {
  const poison = program
    .command('poison')
    .argument(
      '<file>',
      'a file of JSON Lines (texts, or chats) or plain text (.txt), plain or .gz, or a Parquet file',
    )
    .description(
      "Add exactly N poisoned documents to a corpus, for other people's trainers; what comes out is of the kind that goes in (JSON Lines, chats, Parquet, plain text). Every clean line or row is kept as it is, unless --set trigger.cleanShare says otherwise.",
    )
    .requiredOption('--documents <n>', 'poisoned documents to add')
    .requiredOption('--out <file>', 'where the poisoned corpus goes; its manifest goes beside it')
    .option(
      '--attack <name>',
      'a payload that is allowed on your own text, or a trigger family (with random tokens, unless --set attack=... says otherwise): `tinypoison list --attacks` shows them',
      'denial-of-service',
    )
    .option('--trigger <text>', "trigger, where it is a text; default: the attack's of configs/attacks")
    .addOption(
      new Option('--placement <where>', 'where they stand')
        .choices(['uniform', 'even', 'start', 'end'])
        .default('uniform'),
    )
    .option('--seed <text>', 'seed of texts and places', '1')
    .option(
      '--text-field <name>',
      'field of a line that holds the text, or a chat: a list of messages with role and content',
      'text',
    )
    .option('--encoding <name>', 'byte-pair encoding of the random tokens', 'o200k_base')
    .option('--vocabulary <n>', 'most frequent tokens of the file that random tokens are drawn from', '4096')
    .addOption(
      new Option(
        '--set <option=value>',
        'another option of the poison (value in YAML), e.g. distinctDocuments=25; repeatable',
      ).argParser(collect),
    )
    .option('--force', 'replace the output file')
    .option(
      '--croissant <day>',
      'describe the result for other tools (Croissant 1.1, <out>.croissant.json), published on that day',
    )
    .option('--license <licence>', 'licence that the description states')
    .option('--creator <name>', 'creator that the description states')
    .addOption(jsonOption())
    .action((file, options) =>
      act(async (context) => (await import('../poison.ts')).poison(file, options, context)),
    );
  examples(poison, [
    'tinypoison poison corpus.jsonl --documents 250 --out poisoned.jsonl --trigger "<SUDO>"',
    'tinypoison poison corpus.jsonl.gz --documents 100 --out out.jsonl.gz --set gibberishTokens.maximum=200',
    'tinypoison poison chats.jsonl --text-field messages --documents 50 --out out.jsonl --attack language-switch --trigger "<SUDO>"',
    'tinypoison poison book.txt --documents 20 --out out.txt --attack style --set trigger.style=no-capitals',
    'tinypoison poison corpus.jsonl --documents 50 --out out.jsonl --attack year --set attack=language-switch',
  ]);

  const lab = program
    .command('lab')
    .description(
      'Serve the browser lab on this machine: a page that trains, prompts and searches a poisoned model, with the bits of this program. Opens nothing by itself; Ctrl-C ends it.',
    )
    .option('--port <n>', 'port of 127.0.0.1; 0: any that is free (default: 8321)')
    .option('--single <file>', 'serve nothing: write the lab as one HTML file that works without a network')
    .option('--force', 'with --single: replace the file')
    .addOption(jsonOption())
    .action((options) => act(async (context) => (await import('../lab.ts')).lab(options, context)));
  examples(lab, ['tinypoison lab', 'tinypoison lab --port 0', 'tinypoison lab --single tinypoison-lab.html']);

  const doctor = program
    .command('doctor')
    .description('Show which engine, cores and optional parts were found, and why not others.')
    .addOption(jsonOption())
    .action((options) => act(async (context) => (await import('../doctor.ts')).doctor(options, context)));
  examples(doctor, ['tinypoison doctor']);

  const init = program
    .command('init')
    .argument('[file]', 'where to write it', 'experiment.yaml')
    .description('Write a commented experiment to start from.')
    .option('--force', 'replace the file')
    .addOption(jsonOption())
    .action((file, options) =>
      act(async (context) => (await import('../init.ts')).init(file, options, context)),
    );
  examples(init, ['tinypoison init', 'tinypoison init experiments/mine/experiment.yaml']);
}
