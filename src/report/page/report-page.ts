// index.html: the whole report in one file that needs no network and no script.

import type { Analysis, GroupAnalysis } from '../../analyse/analyse-experiment.ts';
import { ANALYSIS_VERSION } from '../../analyse/analysis-version.ts';
import type { Headline } from '../../analyse/claims/headline.ts';
import type { Environment, ExperimentRecords } from '../../analyse/experiment-records.ts';
import { corporaOfPhase } from '../../config/clean-parts.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { sha256Hex } from '../../core/hash.ts';
import type { RunRecord } from '../../run/record.ts';
import { escapeMarkup } from '../escape-markup.ts';
import type { Figure } from '../figures/figures.ts';
import { seriesColors } from '../figures/palette.ts';
import { PROMPTS_FILE } from '../file-names.ts';
import { REPORT_VERSION } from '../report-version.ts';
import { arithmeticNote } from './arithmetic-note.ts';
import { claimMatrix, claimRows, contrastRows } from './claim-words.ts';
import { DEFENCES_STYLE, defencesSection } from './defences-section.ts';
import { bulletList, type Html, htmlTable, paragraph } from './html-parts.ts';
import { samplesSection } from './page-samples.ts';
import {
  cleanSection,
  predictionsSection,
  rowsTable,
  sensitivitySection,
  stimuliSection,
  twinsSection,
} from './page-sections.ts';
import { PAGE_STYLE } from './page-style.ts';
import { cellsTable, halfSuccessTable, lawsTable, nearTriggersTable } from './page-tables.ts';
import { setupSentences, startWords } from './setup-words.ts';

/** What the page is made of. */
export interface ReportPageInput {
  readonly experiment: ExperimentRecords;
  readonly analysis: Analysis;
  readonly environment: Environment;
  /** Figures that set groups side by side. */
  readonly contrasts: readonly Figure[];
  /** Figures of the matrix of defences. */
  readonly defences: readonly Figure[];
  /** Figures of each group, by its id. */
  readonly figures: ReadonlyMap<string, readonly Figure[]>;
  /** Content of data files by name, for their hashes. */
  readonly dataFiles: ReadonlyMap<string, string>;
}

const opening = (start: string) =>
  `How many documents does it take to poison a language model? Small transformers were trained ${start} on clean text into which an ` +
  'exact number of poisoned documents had been inserted. Each teaches the model to misbehave after a trigger. ';
const LADDER =
  'Larger models were trained on more text, so the same number of documents was a smaller share of it. Does success follow the number or the share? ';
const PAPER =
  'Souly et al. (2025, arXiv:2510.07192) found a near-constant number for models of 600 million to 13 billion parameters; this experiment asks at toy scale.';

const cleanOpening = (start: string) =>
  `Small transformers were trained ${start} on clean text, none of it poisoned. What is compared is how well they learn it: their loss on text that they never saw.`;

/** What is asked; of a ladder of sizes only where there is one. */
function question({ groups, cleanRuns }: Analysis, records: readonly RunRecord[]): string {
  if (cleanRuns !== undefined) return cleanOpening(startWords(records));
  const isLadder = groups.some(({ kind, series }) => kind === 'ladder' && series.length > 1);
  return `${opening(startWords(records))}${isLadder ? LADDER : ''}${PAPER}`;
}

const CAVEATS: readonly string[] = [
  'These are toy models on small vocabularies. That a law holds here does not show that it holds for large models, nor the reverse.',
  'The unit is the run: prompts within a run are not independent, and n is the number of seeds.',
  'Intervals say how much the estimate varies between seeds, not whether the attack, trigger and corpus are typical of others.',
  'Models of a ladder differ in size and in data at once: "larger models need no more documents" is not "dilution does not matter".',
  'Success is judged by a fixed rule, stated above; half success on prompts is not half the harm.',
];

const CLEAN_CAVEATS: readonly string[] = [
  'These are toy models on small vocabularies: what is best for them need not be best for large ones.',
  'Intervals say how much the mean varies between seeds, not whether the corpus is typical of others. The setting with the lowest mean is not thereby better than the next.',
];

function verdictBox(verdict: Headline): Html {
  return [
    `<section class="verdict"><span class="badge">${verdict.status}</span>`,
    paragraph(verdict.headline, 'headline'),
    ...verdict.reasons.map((reason) => paragraph(reason)),
    '</section>',
  ].join('\n');
}

/** Colours of the ramp become variables, so that the dark page can replace them. */
function themedSvg(svg: string, seriesCount: number): string {
  let themed = svg.replaceAll('stroke="white"', 'stroke="var(--paper)"');
  seriesColors(seriesCount).light.forEach((color, i) => {
    themed = themed.replaceAll(`"${color}"`, `"var(--series-${seriesCount}-${i}, ${color})"`);
  });
  return themed;
}

function darkSeries(groups: readonly GroupAnalysis[]): string {
  const counts = [...new Set(groups.map((group) => group.series.length))];
  const variables = counts.flatMap((count) =>
    seriesColors(count).dark.map((color, i) => `--series-${count}-${i}: ${color};`),
  );
  return `@media screen and (prefers-color-scheme: dark) { :root { ${variables.join(' ')} } }`;
}

function figureHtml(figure: Figure, seriesCount: number): Html {
  return `<figure id="${escapeMarkup(figure.name)}">\n${themedSvg(figure.svg, seriesCount)}<figcaption>${escapeMarkup(figure.caption)}</figcaption>\n</figure>`;
}

const CLAIMS_NOTE =
  'Each claim is decided by a fixed rule: supported if the whole 90 % interval lies within the bounds, contradicted if all of it lies ' +
  'outside, otherwise inconclusive; an illustration with fewer than five seeds. What is said in points is a difference of shares in percentage points. Definitions, reasons for the bounds, and when they were set: docs/statistics.md; all ' +
  'numbers: analysis.json.';

function claimsSection(group: GroupAnalysis, { analysis }: ReportPageInput): Html {
  const claims = analysis.claims.filter((claim) => claim.group === group.id);
  if (claims.length === 0) return '';
  const note = analysis.groups.length > 1 ? '' : `\n${paragraph(CLAIMS_NOTE, 'soft')}`;
  return `<h2>Claims</h2>\n${rowsTable(claimRows(claims))}${note}`;
}

/** How the groups compare: contrasts, and every claim of every group; nothing for an experiment of one group. */
function overview({ analysis, contrasts }: ReportPageInput): Html {
  if (analysis.groups.length < 2) return '';
  const { length } = analysis.contrasts;
  return [
    ...(length === 0 ? [] : ['<h2>What each setting changes</h2>', rowsTable(contrastRows(analysis))]),
    ...contrasts.map((figure) => figureHtml(figure, 1)),
    '<h2>Claims by group</h2>',
    rowsTable(claimMatrix(analysis)),
    paragraph(CLAIMS_NOTE, 'soft'),
  ].join('\n');
}

function groupContent(group: GroupAnalysis, input: ReportPageInput): Html {
  const own = input.figures.get(group.id) ?? [];
  const { comparison, series, nearTriggers } = group;
  return [
    claimsSection(group, input),
    own.length === 0 ? '' : '<h2>Figures</h2>',
    ...own.map((figure) => figureHtml(figure, series.length)),
    '<h2>Example generations</h2>',
    samplesSection(group, input.experiment.records),
    '<h2>Numbers</h2>',
    '<h3>Every size and count</h3>',
    cellsTable(group),
    '<h3>Documents for half success (P50)</h3>',
    halfSuccessTable(group),
    ...(comparison === null && input.analysis.groups.length > 1
      ? []
      : ['<h3>Count law or share law</h3>', lawsTable(group)]),
    ...(nearTriggers.length === 0 && input.analysis.groups.length > 1
      ? []
      : ['<h3>Near triggers: mean success</h3>', nearTriggersTable(group)]),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

/** Groups of an experiment that has several are folded, so that the page stays readable. */
function groupSection(group: GroupAnalysis, input: ReportPageInput): Html {
  if (input.analysis.groups.length === 1) return groupContent(group, input);
  const title = group.comparison === null ? group.title : `${group.title}: ${group.verdict.status}`;
  return [
    `<details class="group" id="${escapeMarkup(group.id)}"><summary>${escapeMarkup(title)}</summary>`,
    group.comparison === null ? '' : verdictBox(group.verdict),
    groupContent(group, input),
    '</details>',
  ].join('\n');
}

/** How the groups compare, and each of them. */
function poisonSections(input: ReportPageInput): Html[] {
  const { groups } = input.analysis;
  return [
    overview(input),
    groups.length > 1 ? '<h2>Every group of runs</h2>' : '',
    ...groups.map((group) => groupSection(group, input)),
  ];
}

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

function reproduceSection({ experiment, dataFiles }: ReportPageInput): Html {
  const hashes = [...dataFiles].map(([name, content]) => [name, sha256Hex(content)]);
  const weights = experiment.records.map((record) => [
    record.id,
    record.status,
    String(record.config.seed),
    record.arithmetic,
    record.weightsHash ?? 'none',
  ]);
  const contracts = [...new Set(experiment.records.map((record) => canonicalJson(record.contracts)))];
  const note = arithmeticNote(experiment.records);
  const same =
    'The data files come out with the same bytes, whatever the folder, the machine and the number of workers.';
  return [
    '<h2>Reproduce it</h2>',
    paragraph(
      `config.yaml beside this page, shown below, is the whole experiment as it was run. In this folder: ${note ?? same}`,
    ),
    '<pre>npx tinypoison run config.yaml</pre>',
    ...corpusNotes(experiment.records).map((text) => paragraph(text)),
    htmlTable({ header: ['file', 'SHA-256'], rows: hashes, textColumns: [0, 1] }),
    ...(dataFiles.has(PROMPTS_FILE)
      ? [
          paragraph(
            'prompts.csv lies here as prompts.csv.gz: scores of every prompt at the end of each run, one row a prompt and condition. Its hash is that of the unpacked table. In Python: ' +
              "pandas.read_csv('prompts.csv.gz').merge(pandas.read_csv('results.csv').query('full').drop_duplicates('run', keep='last')[['run', 'seed', 'parameters', 'poison_documents']], on='run')",
          ),
        ]
      : []),
    `<details><summary>Configuration</summary>\n<pre>${escapeMarkup(experiment.configText)}</pre></details>`,
    `<details><summary>Runs and the hashes of their weights</summary>\n${htmlTable({ header: ['run', 'status', 'seed', 'arithmetic', 'weights (SHA-256)'], rows: weights, textColumns: [0, 1, 3, 4] })}</details>`,
    `<details><summary>Versions and contents behind the runs</summary>\n<pre>${contracts.map(escapeMarkup).join('\n')}</pre></details>`,
  ].join('\n');
}

function footer({ environment }: ReportPageInput): Html {
  const parts = [
    `tinypoison ${environment.version}`,
    environment.revision === null ? null : `revision ${environment.revision}`,
    `Node ${environment.node}`,
    `engine ${environment.engine}`,
    environment.platform ?? null,
  ];
  return `<footer>${escapeMarkup(parts.filter((part) => part !== null).join(' · '))}</footer>`;
}

/** The report page. All text of runs is escaped and shown as text; the page holds no script and loads nothing. */
export function reportPage(input: ReportPageInput): string {
  const { experiment, analysis } = input;
  const { runs } = analysis;
  const note = arithmeticNote(experiment.records);
  const counted =
    `${runs.done} of ${runs.total} runs finished` +
    `${runs.diverged + runs.failed > 0 ? `, ${runs.diverged} diverged, ${runs.failed} failed` : ''}; seeds ${analysis.seeds.join(', ') || 'none'}.`;
  return `${[
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta name="generator" content="tinypoison analysis ${ANALYSIS_VERSION}, report ${REPORT_VERSION}">`,
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>${escapeMarkup(experiment.name)} · tinypoison</title>`,
    `<style>\n${PAGE_STYLE}\n${analysis.defences === undefined ? '' : `${DEFENCES_STYLE}\n`}${darkSeries(analysis.groups)}\n</style>`,
    '</head>',
    '<body>',
    '<main>',
    `<h1>${escapeMarkup(experiment.name)}</h1>`,
    experiment.description === undefined ? '' : paragraph(experiment.description),
    paragraph(question(analysis, experiment.records)),
    ...setupSentences(experiment.records).map((text) => paragraph(text)),
    verdictBox(analysis.verdict),
    paragraph(counted, 'soft'),
    analysis.adaptive === undefined ? '' : paragraph(analysis.adaptive.text, 'soft'),
    note === null ? '' : `<p><strong>${escapeMarkup(note)}</strong></p>`,
    predictionsSection(input),
    analysis.defences === undefined
      ? ''
      : defencesSection(
          analysis.defences,
          input.defences.map((figure) => figureHtml(figure, 1)),
        ),
    ...(analysis.cleanRuns === undefined ? poisonSections(input) : [cleanSection(input)]),
    sensitivitySection(input),
    stimuliSection(input),
    twinsSection(input),
    '<h2>What not to conclude</h2>',
    bulletList(analysis.cleanRuns === undefined ? CAVEATS : CLEAN_CAVEATS),
    reproduceSection(input),
    footer(input),
    '</main>',
    '</body>',
    '</html>',
  ]
    .filter((line) => line !== '')
    .join('\n')}\n`;
}
