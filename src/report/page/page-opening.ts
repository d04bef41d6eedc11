// The head of the page, which is read in five minutes: verdict, figure, what they rest on, and the strongest caveat.
import { escapeMarkup } from '../escape-markup.ts';
import { arithmeticNote } from './arithmetic-note.ts';
import { bulletList, type Html, heading, paragraph } from './html-parts.ts';
import { mainFigures } from './main-figures.ts';
import type { ReportPageInput } from './page-input.ts';
import { cleanTable } from './page-sections.ts';
import type { Question } from './question.ts';
import { setupSentences } from './setup-words.ts';
import { strongestCaveat } from './study-words.ts';
import { verdictBox } from './verdict-box.ts';

const link = (id: string, text: string): Html => `<a href="#${id}">${escapeMarkup(text)}</a>`;

/** What to read in five minutes, and what in an hour. */
function readersPath({ analysis }: ReportPageInput, questions: readonly Question[]): Html {
  const [first] = questions;
  const named = questions.filter(({ id }) => id === first?.id || id === 'certainty');
  const five = [
    'the verdict',
    link('evidence', analysis.cleanRuns === undefined ? 'the figure' : 'the table'),
    link('basis', 'what it rests on'),
    ...named.map(({ id, title }) => link(id, title)),
  ];
  return [
    '<ul class="path">',
    `<li><strong>Five minutes:</strong> ${five.join(', ')}</li>`,
    `<li><strong>An hour:</strong> every question below, in its order; then ${link('reproduce', 'repeat a run')}.</li>`,
    '</ul>',
  ].join('\n');
}

/** Consecutive numbers as ranges: `1 to 5, 8`. */
function ranges(sorted: readonly number[]): string {
  const found: [number, number][] = [];
  for (const value of sorted) {
    const last = found.at(-1);
    if (last !== undefined && value === last[1] + 1) last[1] = value;
    else found.push([value, value]);
  }
  return found.map(([low, high]) => (low === high ? String(low) : `${low} to ${high}`)).join(', ');
}

function countedRuns({ analysis: { runs, seeds } }: ReportPageInput): string {
  const lost = runs.diverged + runs.failed > 0 ? `, ${runs.diverged} diverged, ${runs.failed} failed` : '';
  return `${runs.done} of ${runs.total} runs finished${lost}; seeds ${ranges(seeds) || 'none'}.`;
}

function basis(input: ReportPageInput): Html[] {
  const { experiment, analysis } = input;
  const note = arithmeticNote(experiment.records);
  return [
    '<section id="basis">',
    heading(2, 'What it rests on'),
    bulletList([...setupSentences(experiment.records), countedRuns(input)]),
    analysis.adaptive === undefined ? '' : paragraph(analysis.adaptive.text, 'soft'),
    note === null ? '' : `<p><strong>${escapeMarkup(note)}</strong></p>`,
    `<p class="caveat"><strong>Above all:</strong> ${escapeMarkup(strongestCaveat(analysis))} ${link('limits', 'What else not to conclude')}.</p>`,
    '</section>',
  ];
}

/** How much of the verdict is read at once: of one group or of laws the headline and its first reason. */
function reasonsAtHead({ groups, cleanRuns }: ReportPageInput['analysis']): number {
  const hasLaw = groups.some(({ comparison }) => comparison !== null);
  if (cleanRuns !== undefined) return groups.length;
  return hasLaw || groups.length < 2 ? 1 : 0;
}

/** Everything above the questions. @param questions that follow, to which it leads */
export function pageOpening(input: ReportPageInput, questions: readonly Question[]): Html[] {
  const { experiment, analysis } = input;
  const evidence =
    analysis.cleanRuns === undefined
      ? mainFigures(input).map(({ html }) => html)
      : [cleanTable(analysis.cleanRuns, analysis)];
  return [
    heading(1, experiment.name),
    experiment.description === undefined ? '' : paragraph(experiment.description),
    readersPath(input, questions),
    verdictBox(analysis.verdict, reasonsAtHead(analysis)),
    '<section id="evidence">',
    ...evidence,
    '</section>',
    ...basis(input),
  ];
}
