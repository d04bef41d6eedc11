// `tinypoison export`: what a paper takes over from results: figures, tables, methods, references, a notebook, data.
import { join, resolve } from 'node:path';
import { InputError } from '../../core/errors.ts';
import { holdsResults } from '../../verify/results-folder.ts';
import {
  absolutePath,
  type CommandContext,
  ExitCode,
  notify,
  parseInteger,
  print,
  printJson,
  programVersion,
} from '../command-context.ts';
import { plural } from '../format.ts';
import { NOT_STATED, parseDay } from '../publication-day.ts';
import { readResults, shortPath } from '../results/write-results.ts';

export interface ExportOptions {
  readonly out?: string;
  readonly titles?: boolean;
  readonly dpi: string;
  readonly crate?: string;
  readonly license?: string;
  readonly json?: boolean;
}

/** What the program cannot know of a research object. @throws InputError for a day that is none, or a licence of nothing */
function crateOf({ crate, license }: ExportOptions) {
  if (crate === undefined) {
    if (license === undefined) return {};
    throw new InputError('--license is of a research object: give --crate and the day of publication, too');
  }
  return { crate: { published: parseDay(crate, '--crate'), license: license ?? NOT_STATED } };
}

/** Writes an export of results. */
export async function exportResults(
  target: string,
  options: ExportOptions,
  context: CommandContext,
): Promise<number> {
  const results = absolutePath(target, context);
  if (!holdsResults(results))
    throw new InputError(
      `${target} holds no results.jsonl: name a folder of results, such as results/constant-count`,
    );
  const dotsPerInch = parseInteger(options.dpi, { name: '--dpi', minimum: 72, maximum: 1200 });
  const crate = crateOf(options);
  const experiment = readResults(results, results);
  const folder = absolutePath(options.out ?? join('export', experiment.name), context);
  if (resolve(folder) === resolve(results))
    throw new InputError(`--out is ${target} itself: name a folder of its own for the export`);
  const [{ makeExport }, { writeExport }] = await Promise.all([
    import('../../export/make-export.ts'),
    import('../../export/write-export.ts'),
  ]);
  const { titles = false } = options;
  const { files, messages } = await makeExport(experiment, {
    titles,
    dotsPerInch,
    version: programVersion(),
    ...crate,
  });
  const shown = shortPath(folder, context.folder);
  writeExport(folder, files, shown);
  for (const message of messages) notify(context, `note: ${message}`);
  if (options.json) printJson(context, { folder, files: [...files.keys()], messages });
  else
    print(
      context,
      `${shown}: ${plural(files.size, 'file')}`,
      '  figures.tex, figures/single (85 mm), figures/double (174 mm): PDF, SVG, PNG',
      '  tables/*.tex (booktabs), methods.tex, references.bib',
      '  analysis.ipynb, data/results.csv, data/dictionary.md',
      ...(options.crate === undefined ? [] : ['  ro-crate-metadata.json: all of it as a research object']),
    );
  return ExitCode.done;
}
