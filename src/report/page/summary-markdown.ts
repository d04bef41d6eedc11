// summary.md: the outcome of an experiment on a page, for people and for pull requests.

import type { Analysis, GroupAnalysis } from '../../analyse/analyse-experiment.ts';
import type { Headline } from '../../analyse/claims/headline.ts';
import { percent } from '../../core/format-number.ts';
import { visibleText } from '../../core/inert-text.ts';
import {
  decimals,
  halfSuccessIntervalInWords,
  halfSuccessInWords,
  percentInterval,
  spreadInWords,
  thousands,
} from '../numbers.ts';
import { claimMatrix, claimRows, contrastRows } from './claim-words.ts';
import { CLEAN_NOTE, cleanRows } from './clean-words.ts';
import { caughtRows, DEFENCES_NOTE, matrixRows, stealthRows } from './defence-words.ts';
import { lawRows, slopeIntervalInWords } from './law-words.ts';
import { predictionRows, predictionSentence } from './prediction-words.ts';
import { replacedRows, replacedSentence } from './replaced-words.ts';
import {
  SENSITIVITY_NOTE,
  sensitivityClaimRows,
  sensitivityHalfSuccessRows,
  thresholdRows,
} from './sensitivity-words.ts';
import { STIMULI_NOTE, stimuliRows } from './stimuli-words.ts';
import { twinRows, twinSentence } from './twin-words.ts';

/** Cell text that cannot break the table, turn into markup or act unseen. */
function inert(text: string): string {
  return visibleText(text.replace(/\s+/g, ' ')).replace(/[\\|<>`*_[\]]|&(?=#?\w+;)/g, '\\$&');
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(inert).join(' | ')} |`;
  return [line(header), `|${header.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

function cellTable(group: GroupAnalysis): string {
  const header = [
    'model',
    'parameters',
    'tokens',
    'poisoned documents',
    'share of tokens',
    'n',
    'mean ASR',
    '90 % interval',
    'seeds with ASR of 50 % or more',
    '90 % interval (Wilson)',
    "paper's measure",
    'clean accuracy',
    'clean loss (nats)',
    'change against the control',
  ];
  const rows = group.cells.map((cell) => [
    cell.series,
    thousands(cell.parameters),
    thousands(cell.tokens),
    String(cell.documents),
    percent(cell.tokenShare),
    cell.lost > 0 ? `${cell.n} (${cell.lost} lost)` : String(cell.n),
    percent(cell.asr.mean),
    spreadInWords(cell.asr),
    `${cell.seedsSucceeded} of ${cell.n}`,
    cell.seedsSucceededInterval === null ? 'n/a' : percentInterval(cell.seedsSucceededInterval),
    percent(cell.paperAsr),
    percent(cell.cleanAccuracy),
    decimals(cell.cleanLossNats, 3),
    decimals(cell.cleanLossChangeNats.mean, 3),
  ]);
  return table(header, rows);
}

function halfSuccessTable(group: GroupAnalysis): string {
  const rows = group.halfSuccess.map((half) => [
    half.series,
    thousands(half.tokens),
    halfSuccessInWords(half),
    halfSuccessIntervalInWords(half),
  ]);
  return table(['model', 'tokens', 'documents for ASR 50 % (P50)', '90 % interval'], rows);
}

function tableOf({ header, rows }: { header: readonly string[]; rows: readonly string[][] }): string {
  return table(header, rows);
}

function verdictLines({ status, headline, reasons }: Headline): string[] {
  return [`**${status}**: ${inert(headline)}`, '', ...reasons.map((reason) => `- ${inert(reason)}`), ''];
}

/** How the groups of an experiment compare; nothing for an experiment of one group. */
function overviewSection(analysis: Analysis): string[] {
  if (analysis.groups.length < 2) return [];
  return [
    ...verdictLines(analysis.verdict),
    ...(analysis.contrasts.length === 0
      ? []
      : ['## What each setting changes', '', tableOf(contrastRows(analysis)), '']),
    '## Claims by group',
    '',
    tableOf(claimMatrix(analysis)),
    '',
  ];
}

/** The matrix of defences and what filters caught; nothing without defended runs beside undefended ones. */
function defencesSection({ defences }: Analysis): string[] {
  if (defences === undefined) return [];
  const tables = [
    ...defences.sizes.map((size) => ({ title: `Defences, ${size}`, rows: matrixRows(defences, size) })),
    { title: 'The price of stealth', rows: stealthRows(defences) },
    { title: 'What filters caught', rows: caughtRows(defences) },
  ].filter(({ rows }) => rows.rows.length > 0);
  const lines = tables.flatMap(({ title, rows }) => [`## ${title}`, '', tableOf(rows), '']);
  return [...lines, inert(DEFENCES_NOTE), ''];
}

function groupSection(group: GroupAnalysis, { claims, groups, verdict }: Analysis): string[] {
  const { comparison } = group;
  const own = claims.filter((claim) => claim.group === group.id);
  const hasVerdict = groups.length === 1 || comparison !== null;
  const lines = group.title === '' ? [] : [`## ${inert(group.title)}`, ''];
  if (hasVerdict) lines.push(...verdictLines(groups.length === 1 ? verdict : group.verdict));
  if (own.length > 0) lines.push('### Claims', '', tableOf(claimRows(own)), '');
  lines.push('### Success by size and count', '', cellTable(group), '');
  lines.push('### Documents for half success', '', halfSuccessTable(group), '');
  if (comparison !== null) {
    lines.push('### Count law or share law', '', tableOf(lawRows(comparison)), '');
    lines.push(slopeIntervalInWords(comparison), '');
  }
  return lines;
}

function sensitivitySection(analysis: Analysis): string[] {
  const { sensitivity } = analysis;
  if (sensitivity === undefined) return [];
  return [
    '## Sensitivity to the measure of success',
    '',
    tableOf(sensitivityClaimRows(sensitivity, analysis)),
    '',
    tableOf(sensitivityHalfSuccessRows(sensitivity, analysis)),
    '',
    inert(SENSITIVITY_NOTE),
    '',
    tableOf(thresholdRows(sensitivity, analysis)),
    '',
  ];
}

function stimuliSection(analysis: Analysis): string[] {
  const found = stimuliRows(analysis);
  return found === null ? [] : ['## Stimuli', '', tableOf(found), '', inert(STIMULI_NOTE), ''];
}

function predictionsSection(analysis: Analysis): string[] {
  const { predictions } = analysis;
  if (predictions === undefined) return [];
  return [
    '## Predicted and found',
    '',
    tableOf(predictionRows(predictions, analysis)),
    '',
    inert(predictionSentence(predictions)),
    '',
  ];
}

/** All that an experiment without poison has to say. */
function cleanSection(analysis: Analysis): string[] {
  const { cleanRuns = [], verdict } = analysis;
  return [
    ...verdictLines(verdict),
    '## Clean loss',
    '',
    tableOf(cleanRows(cleanRuns, analysis)),
    '',
    inert(CLEAN_NOTE),
    '',
  ];
}

function twinsSection({ twins }: Analysis): string[] {
  return twins === undefined
    ? []
    : ['## Twins', '', tableOf(twinRows(twins)), '', inert(twinSentence(twins)), ''];
}

function replacedSection({ replacedDocuments }: Analysis): string[] {
  return replacedDocuments === undefined
    ? []
    : [
        '## Replaced documents',
        '',
        tableOf(replacedRows(replacedDocuments)),
        '',
        inert(replacedSentence(replacedDocuments)),
        '',
      ];
}

/** The analysis as Markdown, with LF line ends. @param note what a reader has to know first, in plain text */
export function summaryMarkdown(analysis: Analysis, note: string | null = null): string {
  const { runs } = analysis;
  const lost = runs.diverged + runs.failed;
  const lines = [
    `# ${inert(analysis.experiment)}`,
    '',
    `${runs.done} of ${runs.total} runs finished${lost > 0 ? ` (${runs.diverged} diverged, ${runs.failed} failed)` : ''}; ` +
      `seeds ${analysis.seeds.join(', ') || 'none'}. Intervals are 90 %; with fewer than 5 seeds only the range is given.`,
    '',
    ...(analysis.adaptive === undefined ? [] : [inert(analysis.adaptive.text), '']),
    ...(note === null ? [] : [`**${inert(note)}**`, '']),
    ...predictionsSection(analysis),
    ...defencesSection(analysis),
    ...(analysis.cleanRuns === undefined
      ? [...overviewSection(analysis), ...analysis.groups.flatMap((group) => groupSection(group, analysis))]
      : cleanSection(analysis)),
    ...replacedSection(analysis),
    ...sensitivitySection(analysis),
    ...stimuliSection(analysis),
    ...twinsSection(analysis),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}
