// What the page says on one group of runs, by question.
import type { GroupAnalysis } from '../../analyse/analyse-experiment.ts';
import type { ClaimId } from '../../analyse/claims/claim.ts';
import type { Figure } from '../figures/figures.ts';
import { claimRows } from './claim-words.ts';
import { figureHtml } from './figure-html.ts';
import { type Html, heading, paragraph } from './html-parts.ts';
import { mainFigures } from './main-figures.ts';
import type { ReportPageInput } from './page-input.ts';
import { samplesSection } from './page-samples.ts';
import { rowsTable } from './page-sections.ts';
import { cellsTable, halfSuccessTable, lawsTable, nearTriggersTable } from './page-tables.ts';
import type { Question } from './question.ts';
import { verdictBox } from './verdict-box.ts';

/** Level of the headings below a question. */
type Level = 3 | 4 | 5;

/** A question on one group; its headings are of the level given, so that it can stand in groups or alone. */
interface GroupQuestion extends Omit<Question, 'answer' | 'content'> {
  /** Outcomes of its claims. */
  readonly answers: readonly string[];
  readonly content: (level: Level) => readonly Html[];
}

type Theme = 'count' | 'trigger' | 'clean-text';

/** Which question a claim answers; that on settings is of the whole experiment. */
const THEMES: Readonly<Record<Exclude<ClaimId, 'same-count'>, Theme>> = {
  'count-law': 'count',
  dilution: 'count',
  'paper-measure': 'count',
  'progress-collapse': 'count',
  'exposure-collapse': 'count',
  specificity: 'trigger',
  'clean-loss': 'clean-text',
  'false-alarms': 'clean-text',
};

function themeOfFigure({ name }: Figure): Theme {
  if (name.startsWith('near-triggers')) return 'trigger';
  return name.startsWith('clean-loss') ? 'clean-text' : 'count';
}

function claimsOn(theme: Theme, { id }: GroupAnalysis, { analysis }: ReportPageInput) {
  return analysis.claims.filter(
    (claim) => claim.group === id && claim.id !== 'same-count' && THEMES[claim.id] === theme,
  );
}

/** Claims and figures on a theme, but for the figures at the head of the page. */
function evidence(theme: Theme, group: GroupAnalysis, input: ReportPageInput): Html[] {
  const claims = claimsOn(theme, group, input);
  const atHead = new Set(mainFigures(input).map(({ name }) => name));
  const figures = (input.figures.get(group.id) ?? []).filter(
    (figure) => themeOfFigure(figure) === theme && !atHead.has(figure.name),
  );
  return [
    ...(claims.length === 0 ? [] : [rowsTable(claimRows(claims))]),
    ...figures.map((figure) => figureHtml(figure, group.series.length)),
  ];
}

function countTitle({ comparison, kind }: GroupAnalysis): string {
  if (comparison === null) return 'How many documents does it take?';
  return kind === 'ladder' ? 'Is the count constant?' : 'Is the count constant as the data grow?';
}

/** What stands behind the verdict: of one group the reasons that are not at the head, of several the whole of it. */
function reasons({ comparison, verdict }: GroupAnalysis, isOnly: boolean): Html[] {
  if (isOnly) return verdict.reasons.slice(1).map((reason) => paragraph(reason));
  return comparison === null ? [] : [verdictBox(verdict)];
}

function countQuestion(group: GroupAnalysis, input: ReportPageInput): GroupQuestion {
  const isOnly = input.analysis.groups.length === 1;
  const law = claimsOn('count', group, input).filter(({ id }) => id === 'count-law' || id === 'dilution');
  return {
    id: 'count',
    title: countTitle(group),
    answers: law.map(({ status }) => status),
    content: (level) => [
      ...reasons(group, isOnly),
      ...evidence('count', group, input),
      heading(level, 'Documents for half success (P50)'),
      halfSuccessTable(group),
      ...(group.comparison === null && !isOnly
        ? []
        : [heading(level, 'Count law or share law'), lawsTable(group)]),
    ],
  };
}

function triggerQuestion(group: GroupAnalysis, input: ReportPageInput): GroupQuestion[] {
  const own = evidence('trigger', group, input);
  if (own.length === 0 && group.nearTriggers.length === 0 && input.analysis.groups.length > 1) return [];
  return [
    {
      id: 'trigger',
      title: 'Does only the trigger fire?',
      answers: claimsOn('trigger', group, input).map(({ status }) => status),
      content: (level) => [...own, heading(level, 'Near triggers: mean success'), nearTriggersTable(group)],
    },
  ];
}

function cleanQuestion(group: GroupAnalysis, input: ReportPageInput): GroupQuestion[] {
  const own = evidence('clean-text', group, input);
  if (own.length === 0) return [];
  return [
    {
      id: 'clean-text',
      title: 'Without the trigger, are they as good as clean models?',
      answers: claimsOn('clean-text', group, input).map(({ status }) => status),
      content: () => own,
    },
  ];
}

/** The questions that a group of runs answers, in the order of the page. */
export function groupQuestions(group: GroupAnalysis, input: ReportPageInput): GroupQuestion[] {
  return [
    countQuestion(group, input),
    ...triggerQuestion(group, input),
    ...cleanQuestion(group, input),
    {
      id: 'texts',
      title: 'What did the models write?',
      answers: [],
      content: (level) => [samplesSection(group, input.experiment.records, level)],
    },
    {
      id: 'numbers',
      title: 'What are the numbers of every size and count?',
      answers: [],
      content: () => [cellsTable(group)],
    },
  ];
}
