// The commands for results that leave the house: in a paper, or signed.
import type { Command } from '@commander-js/extra-typings';
import { type Act, examples, jsonOption, storeOption } from './command-options.ts';

/** Declares export and sign. */
export function addPaperCommands(program: Command, act: Act): void {
  const exporting = program
    .command('export')
    .argument('<results>', 'a folder with results.jsonl')
    .description(
      'Write what a paper takes over from results: figures as vector PDF at the width of one column (85 mm) and of the page (174 mm), tables and methods as LaTeX, BibTeX, a notebook, and the table with its data dictionary. The same results give the same bytes.',
    )
    .option('--out <folder>', 'where it goes (default: export/<experiment>)')
    .option('--titles', 'titles in the figures themselves; without it captions say it')
    .option('--dpi <n>', 'resolution of PNG images, 72 to 1200', '600')
    .option(
      '--crate <day>',
      'describe all of it as a research object (RO-Crate 1.1) published on that day, with the versions that models went through',
    )
    .option('--license <licence>', 'licence of the research object: an SPDX name such as CC-BY-4.0, or a URL')
    .addOption(jsonOption())
    .action((results, options) =>
      act(async (context) => (await import('../export.ts')).exportResults(results, options, context)),
    );
  examples(exporting, [
    'tinypoison export results/constant-count',
    'tinypoison export results/constant-count --out paper/data --titles',
    'tinypoison export results/constant-count --crate 2026-11-21 --license CC-BY-4.0',
  ]);

  const signing = program
    .command('sign')
    .argument('[folder]', 'a folder of results, a run of the store, or a folder of its weights')
    .description(
      'Sign results (an in-toto statement in a DSSE envelope) or weights (an OpenSSF Model Signing bundle) with ECDSA on P-256, so that others can check them without this program. `tinypoison verify --key` says who signed.',
    )
    .requiredOption(
      '--key <file>',
      'private key (PEM), which only its owner can read; the public one lies beside it',
    )
    .option('--generate-key', 'make the key first; a key that is there is never replaced')
    .option('--weights', 'of a folder of results: sign the weights of its runs in the store instead')
    .addOption(storeOption())
    .addOption(jsonOption())
    .action((folder, options) =>
      act(async (context) => (await import('../sign.ts')).signFolder(folder, options, context)),
    );
  examples(signing, [
    'tinypoison sign --generate-key --key ~/.keys/me.pem',
    'tinypoison sign results/constant-count --key ~/.keys/me.pem',
    'tinypoison sign results/constant-count --weights --key ~/.keys/me.pem',
  ]);
}
