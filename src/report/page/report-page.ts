// index.html: the whole report in one file that needs no network and no script. Its head is read in five minutes; the
// rest is folded by question.

import { ANALYSIS_VERSION } from '../../analyse/analysis-version.ts';
import { escapeMarkup } from '../escape-markup.ts';
import { REPORT_VERSION } from '../report-version.ts';
import { DEFENCES_STYLE } from './defences-section.ts';
import { darkSeries } from './figure-html.ts';
import type { Html } from './html-parts.ts';
import type { ReportPageInput } from './page-input.ts';
import { pageOpening } from './page-opening.ts';
import { pageQuestions } from './page-questions.ts';
import { PAGE_STYLE } from './page-style.ts';
import { foldedQuestion } from './question.ts';
import { QUESTIONS_STYLE } from './questions-style.ts';

/** Unfolds everything without a script: the style reads whether it is ticked. */
const OPEN_ALL =
  '<p class="open-all"><input type="checkbox" id="open-all" autocomplete="off"> <label for="open-all">Show everything that is folded</label></p>';

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

function styleOf({ analysis }: ReportPageInput): string {
  const parts = [
    PAGE_STYLE,
    QUESTIONS_STYLE,
    ...(analysis.defences === undefined ? [] : [DEFENCES_STYLE]),
    darkSeries(analysis.groups),
  ];
  return parts.join('\n');
}

/** The report page. All text of runs is escaped and shown as text; the page holds no script and loads nothing. */
export function reportPage(input: ReportPageInput): string {
  const questions = pageQuestions(input);
  return `${[
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta name="generator" content="tinypoison analysis ${ANALYSIS_VERSION}, report ${REPORT_VERSION}">`,
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>${escapeMarkup(input.experiment.name)} · tinypoison</title>`,
    `<style>\n${styleOf(input)}\n</style>`,
    '</head>',
    '<body>',
    '<main>',
    ...pageOpening(input, questions),
    OPEN_ALL,
    ...questions.map(foldedQuestion),
    footer(input),
    '</main>',
    '</body>',
    '</html>',
  ]
    .filter((line) => line !== '')
    .join('\n')}\n`;
}
