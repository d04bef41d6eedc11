// The questions that the page answers, in their order.
import { claimMatrix, contrastRows } from './claim-words.ts';
import { CLEAN_NOTE } from './clean-words.ts';
import { defencesSection } from './defences-section.ts';
import { figureHtml } from './figure-html.ts';
import { groupsQuestions } from './groups-section.ts';
import { bulletList, type Html, heading, paragraph } from './html-parts.ts';
import { mainFigures } from './main-figures.ts';
import type { ReportPageInput } from './page-input.ts';
import { rowsTable, sensitivitySection, stimuliSection, twinsSection } from './page-sections.ts';
import { predictionRows, predictionSentence, predictionTally } from './prediction-words.ts';
import type { Question } from './question.ts';
import { replacedRows, replacedSentence } from './replaced-words.ts';
import { reproduceSection } from './reproduce-section.ts';
import { furtherCaveats } from './study-words.ts';

const CLAIMS_NOTE =
  'Each claim is decided by a fixed rule: supported if the whole 90 % interval lies within the bounds, contradicted if all of it lies ' +
  'outside, otherwise inconclusive; an illustration with fewer than five seeds. What is said in points is a difference of shares in percentage points. Definitions, reasons for the bounds, and when they were set: docs/statistics.md; all ' +
  'numbers: analysis.json.';

/** What was predicted and what was found; nothing where nothing was predicted. */
function predictionsQuestion({ analysis }: ReportPageInput): Question[] {
  const { predictions } = analysis;
  if (predictions === undefined) return [];
  return [
    {
      id: 'predictions',
      title: 'Did the predictions hold?',
      answer: predictionTally(predictions),
      content: [
        rowsTable(predictionRows(predictions, analysis)),
        paragraph(predictionSentence(predictions), 'soft'),
      ].join('\n'),
    },
  ];
}

function defencesQuestion({ analysis, defences }: ReportPageInput): Question[] {
  if (analysis.defences === undefined) return [];
  const figures = defences.map((figure) => figureHtml(figure, 1));
  return [
    {
      id: 'defences',
      title: 'What does each defence hold back, and at what price?',
      answer: '',
      content: defencesSection(analysis.defences, figures),
    },
  ];
}

/** How the groups compare; nothing for an experiment of one group. */
function settingsQuestion(input: ReportPageInput): Question[] {
  const { analysis, contrasts } = input;
  if (analysis.groups.length < 2) return [];
  const atHead = new Set(mainFigures(input).map(({ name }) => name));
  const figures = contrasts.filter(({ name }) => !atHead.has(name));
  return [
    {
      id: 'settings',
      title: 'What does each setting change?',
      answer: '',
      content: [
        ...analysis.verdict.reasons.map((reason) => paragraph(reason)),
        ...(analysis.contrasts.length === 0 ? [] : [rowsTable(contrastRows(analysis))]),
        ...figures.map((figure) => figureHtml(figure, 1)),
      ].join('\n'),
    },
  ];
}

/** What later phases do; nothing for runs of one phase. */
function laterQuestion({ later }: ReportPageInput): Question[] {
  if (later.length === 0) return [];
  return [
    {
      id: 'later',
      title: 'What became of the models after their first phase?',
      answer: '',
      content: later.map((figure) => figureHtml(figure, 1)).join('\n'),
    },
  ];
}

/** What parts of the poisoned documents do; nothing without runs that replace some. */
function replacedQuestion({ analysis, replaced }: ReportPageInput): Question[] {
  const { replacedDocuments } = analysis;
  if (replacedDocuments === undefined) return [];
  return [
    {
      id: 'replaced',
      title: 'Which of the poisoned documents matter?',
      answer: '',
      content: [
        ...replaced.map((figure) => figureHtml(figure, 1)),
        rowsTable(replacedRows(replacedDocuments)),
        paragraph(replacedSentence(replacedDocuments), 'soft'),
      ].join('\n'),
    },
  ];
}

/** Every claim of every group side by side; of one group they stand below its questions. */
function claimsByGroup({ analysis }: ReportPageInput): Html[] {
  if (analysis.cleanRuns !== undefined) return [paragraph(CLEAN_NOTE)];
  const matrix =
    analysis.groups.length < 2 ? [] : [heading(3, 'Claims by group'), rowsTable(claimMatrix(analysis))];
  return [...matrix, paragraph(CLAIMS_NOTE)];
}

function certaintyQuestion(input: ReportPageInput): Question {
  return {
    id: 'certainty',
    title: 'How sure is this?',
    answer: '',
    content: [
      ...claimsByGroup(input),
      sensitivitySection(input),
      stimuliSection(input),
      twinsSection(input),
      '<section id="limits">',
      heading(3, 'What not to conclude'),
      bulletList(furtherCaveats(input.analysis)),
      '</section>',
    ]
      .filter((part) => part !== '')
      .join('\n'),
  };
}

/** All questions that these results answer. */
export function pageQuestions(input: ReportPageInput): Question[] {
  const ofGroups = input.analysis.cleanRuns === undefined ? groupsQuestions(input) : [];
  const [count, ...others] = ofGroups;
  const isCount = count?.id === 'count';
  return [
    ...(isCount ? [count] : []),
    ...predictionsQuestion(input),
    ...defencesQuestion(input),
    ...(input.analysis.cleanRuns === undefined ? settingsQuestion(input) : []),
    ...laterQuestion(input),
    ...replacedQuestion(input),
    ...(isCount ? others : ofGroups),
    certaintyQuestion(input),
    {
      id: 'check',
      title: 'How was it made; how do I check it?',
      answer: '',
      content: reproduceSection(input),
    },
  ];
}
