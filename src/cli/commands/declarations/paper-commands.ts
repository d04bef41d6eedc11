// The commands for results that leave the house: in a paper, or signed.
import type { Command } from '@commander-js/extra-typings';
import { type Act, examples, jsonOption } from './command-options.ts';

/** Declares export. */
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
    .addOption(jsonOption())
    .action((results, options) =>
      act(async (context) => (await import('../export.ts')).exportResults(results, options, context)),
    );
  examples(exporting, [
    'tinypoison export results/constant-count',
    'tinypoison export results/constant-count --out paper/data --titles',
  ]);
}
