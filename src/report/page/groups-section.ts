// Groups of runs on the page: a few side by side below each question, many each in a fold of their own.
import type { GroupAnalysis } from '../../analyse/analyse-experiment.ts';
import { escapeMarkup } from '../escape-markup.ts';
import { hasGroupFigures } from '../figures/figures.ts';
import { groupQuestions } from './group-questions.ts';
import { type Html, heading } from './html-parts.ts';
import type { ReportPageInput } from './page-input.ts';
import { type Question, tallied } from './question.ts';

/** Below each question what every group says on it. */
function byQuestion(input: ReportPageInput): Question[] {
  const { groups } = input.analysis;
  const answered = groups.flatMap((group) =>
    groupQuestions(group, input).map((question) => ({ group, ...question })),
  );
  return [...new Set(answered.map(({ id }) => id))].flatMap((id) => {
    const own = answered.filter((question) => question.id === id);
    const [first] = own.toSorted(
      (a, b) => Number(a.group.comparison === null) - Number(b.group.comparison === null),
    );
    if (first === undefined) return [];
    const parts = own.flatMap(({ group, content }) =>
      groups.length === 1 ? content(3) : [heading(3, group.title), ...content(4)],
    );
    return [
      {
        id,
        title: first.title,
        answer: tallied(own.flatMap(({ answers }) => answers)),
        content: parts.join('\n'),
      },
    ];
  });
}

function foldedGroup(group: GroupAnalysis, input: ReportPageInput): Html {
  const title = group.comparison === null ? group.title : `${group.title}: ${group.verdict.status}`;
  return [
    `<details class="group"><summary>${heading(3, title)}</summary>`,
    `<div class="content" id="${escapeMarkup(group.id)}">`,
    ...groupQuestions(group, input).flatMap((question) => [
      heading(4, question.title),
      ...question.content(5),
    ]),
    '</div></details>',
  ].join('\n');
}

/** The questions on the groups of runs, that on the count first. */
export function groupsQuestions(input: ReportPageInput): Question[] {
  const { analysis } = input;
  if (hasGroupFigures(analysis)) return byQuestion(input);
  return [
    {
      id: 'groups',
      title: 'What came of each group of runs?',
      answer: `${analysis.groups.length} groups`,
      content: analysis.groups.map((group) => foldedGroup(group, input)).join('\n'),
    },
  ];
}
