// Everything that a paper takes over from an experiment, as content: a function of its records alone.
import { type Analysis, analyseExperiment } from '../analyse/analyse-experiment.ts';
import type { ExperimentRecords } from '../analyse/experiment-records.ts';
import { byMainMeasure } from '../analyse/success-measures.ts';
import { filtersCsv } from '../report/filters-csv.ts';
import { resultsColumns, resultsCsv } from '../report/results-csv.ts';
import { resultsJsonl } from '../report/results-jsonl.ts';
import { bibliography } from './bibtex.ts';
import { CRATE_FILE, type CrateOptions, roCrate } from './crate/ro-crate.ts';
import { dataDictionary, dictionaryCsv, dictionaryMarkdown, filterDictionary } from './data-dictionary.ts';
import { exportFigures, type FigureOptions } from './figures/export-figures.ts';
import { escapeLatex } from './latex/escape-latex.ts';
import { latexTable } from './latex/latex-table.ts';
import { methodsSentences } from './methods.ts';
import { notebook } from './notebook.ts';
import { paperTables } from './paper-tables.ts';
import type { Sentence } from './sentence.ts';

function methodsTex(sentences: readonly Sentence[]): string {
  return `${sentences
    .map(({ text, cites = [] }) => {
      const end = cites.length === 0 ? '' : `~\\cite{${cites.join(',')}}`;
      return `${escapeLatex(text.replace(/\.$/, ''))}${end}.`;
    })
    .join('\n')}\n`;
}

function exportTexts(
  { records }: ExperimentRecords,
  { analysis, label, version }: { analysis: Analysis; label: string; version: string },
): Map<string, string> {
  const sentences = methodsSentences(records, analysis);
  const entries = dataDictionary(records, resultsColumns(records));
  const filters = filtersCsv(records);
  const ofFilters = filters === null ? [] : filterDictionary();
  return new Map([
    ...paperTables(analysis).map((table): [string, string] => [
      `tables/${table.name}.tex`,
      latexTable(table, `${label}-${table.name}`),
    ]),
    ['methods.tex', methodsTex(sentences)],
    ['methods.txt', `${sentences.map(({ text }) => text).join('\n')}\n`],
    ['references.bib', bibliography(records, version)],
    ['analysis.ipynb', notebook(analysis, records)],
    ['data/results.csv', resultsCsv(records)],
    ['data/dictionary.csv', dictionaryCsv(entries)],
    ['data/dictionary.md', dictionaryMarkdown(entries, ofFilters)],
    ...(filters === null
      ? []
      : ([
          ['data/filters.csv', filters],
          ['data/filters-dictionary.csv', dictionaryCsv(ofFilters)],
        ] as const)),
  ]);
}

/** An export as content. */
export interface Export {
  /** By path below its folder. */
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  /** Things a person should know, e.g. why there are no PNG images. */
  readonly messages: readonly string[];
}

/**
 * Figures, tables, methods, bibliography, notebook and data of an experiment.
 * @param options.version of this program, for the bibliography and the research object
 */
export async function makeExport(
  experiment: ExperimentRecords,
  options: FigureOptions & {
    readonly version: string;
    /** Describe it as a research object, too. */
    readonly crate?: Omit<CrateOptions, 'version'>;
  },
): Promise<Export> {
  const { records, name } = experiment;
  const analysis = analyseExperiment(experiment);
  const label = name.toLowerCase().replace(/[^a-z0-9-]/g, '-');
  const texts = exportTexts(experiment, { analysis, label, version: options.version });
  const shown = records.map(byMainMeasure);
  const { files, messages } = await exportFigures({ analysis, records: shown, label }, options);
  const { crate, version } = options;
  const all = new Map([...files, ...texts]);
  if (crate === undefined) return { files: all, messages };
  all.set('data/results.jsonl', resultsJsonl(records));
  if (experiment.configText !== '') all.set('data/config.yaml', experiment.configText);
  all.set(CRATE_FILE, roCrate(experiment, analysis, all, { ...crate, version }));
  return { files: all, messages };
}
