// How the runs were made, and how anyone makes them again: command, hashes, config, versions.
import { corporaOfPhase } from '../../config/clean-parts.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { sha256Hex } from '../../core/hash.ts';
import type { RunRecord } from '../../run/record.ts';
import { escapeMarkup } from '../escape-markup.ts';
import { PROMPTS_FILE } from '../file-names.ts';
import { arithmeticNote } from './arithmetic-note.ts';
import { type Html, heading, htmlTable, paragraph } from './html-parts.ts';
import type { ReportPageInput } from './page-input.ts';
import { studyWords } from './study-words.ts';

/** Of each corpus that is not made by the program: what has to be there to repeat the runs. */
function corpusNotes(records: readonly RunRecord[]): string[] {
  const hashes = new Set<string>();
  for (const { config, contracts } of records) {
    const isFile = [config.corpus, ...config.phases.flatMap(corporaOfPhase)].some(
      ({ kind }) => kind !== 'stories',
    );
    if (!isFile) continue;
    for (const [name, value] of Object.entries(contracts))
      if (/^corpusHash\d*$/.test(name)) hashes.add(String(value));
  }
  if (hashes.size === 0) return [];
  return [
    `The text itself is not in these results (content ${[...hashes].join(', ')}). Its paths in config.yaml start from this folder; ` +
      'where it lies elsewhere, add --set corpus.path=<file>.',
  ];
}

const SAME =
  'The data files come out with the same bytes, whatever the folder, the machine and the number of workers.';
const PROMPTS =
  'prompts.csv lies here as prompts.csv.gz: scores of every prompt at the end of each run, one row a prompt and condition. Its hash is that of the unpacked table. In Python: ' +
  "pandas.read_csv('prompts.csv.gz').merge(pandas.read_csv('results.csv').query('full').drop_duplicates('run', keep='last')[['run', 'seed', 'parameters', 'poison_documents']], on='run')";
const CHECK =
  'This makes tables, figures and this page again from the records and compares them, then trains some of the runs again and compares their bits; --all trains every one:';

function folded(title: string, content: Html): Html {
  return `<details><summary>${escapeMarkup(title)}</summary>\n${content}</details>`;
}

/** What was done, how to check these results, and how to repeat them. */
export function reproduceSection({ experiment, analysis, dataFiles }: ReportPageInput): Html {
  const { records, configText } = experiment;
  const hashes = [...dataFiles].map(([name, content]) => [name, sha256Hex(content)]);
  const weights = records.map((record) => [
    record.id,
    record.status,
    String(record.config.seed),
    record.arithmetic,
    record.weightsHash ?? 'none',
  ]);
  const contracts = [...new Set(records.map((record) => canonicalJson(record.contracts)))];
  return [
    paragraph(studyWords(analysis, records)),
    heading(3, 'Check it'),
    paragraph(CHECK),
    `<pre>npx tinypoison verify results/${escapeMarkup(experiment.name)}</pre>`,
    `<section id="reproduce">`,
    heading(3, 'Reproduce it'),
    paragraph(
      `config.yaml beside this page, shown below, is the whole experiment as it was run. ${arithmeticNote(records) ?? SAME} In this folder:`,
    ),
    '<pre>npx tinypoison run config.yaml</pre>',
    ...corpusNotes(records).map((text) => paragraph(text)),
    '</section>',
    htmlTable({ header: ['file', 'SHA-256'], rows: hashes, textColumns: [0, 1] }),
    ...(dataFiles.has(PROMPTS_FILE) ? [paragraph(PROMPTS)] : []),
    folded('Configuration', `<pre tabindex="0">${escapeMarkup(configText)}</pre>`),
    folded(
      'Runs and the hashes of their weights',
      htmlTable({
        header: ['run', 'status', 'seed', 'arithmetic', 'weights (SHA-256)'],
        rows: weights,
        textColumns: [0, 1, 3, 4],
      }),
    ),
    folded(
      'Versions and contents behind the runs',
      `<pre tabindex="0">${contracts.map(escapeMarkup).join('\n')}</pre>`,
    ),
  ].join('\n');
}
