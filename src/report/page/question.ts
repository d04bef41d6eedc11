// The page folded by question: what a reader wants to know, the answer beside it, and what it rests on below.
import { escapeMarkup } from '../escape-markup.ts';
import type { Html } from './html-parts.ts';

/** A question that the page answers. */
export interface Question {
  /** Where links to it lead. */
  readonly id: string;
  readonly title: string;
  /** The answer in a few words, seen while it is folded; empty where it takes more. */
  readonly answer: string;
  readonly content: Html;
}

/**
 * A question, folded. Browsers open it for a link or a search that leads into it (to what it holds, not to the fold
 * itself, so the id is inside); the style opens it on paper.
 */
export function foldedQuestion({ id, title, answer, content }: Question): Html {
  const short = answer === '' ? '' : ` <span class="answer">${escapeMarkup(answer)}</span>`;
  return [
    `<details class="question"><summary><h2>${escapeMarkup(title)}</h2>${short}</summary>`,
    `<div class="content" id="${id}">`,
    content,
    '</div></details>',
  ].join('\n');
}

/** `supported`, or of several `1 supported, 2 inconclusive`, in the order of their first; empty for none. */
export function tallied(answers: readonly string[]): string {
  const distinct = [...new Set(answers)];
  if (distinct.length < 2) return distinct[0] ?? '';
  const timesOf = (answer: string) => answers.filter((other) => other === answer).length;
  return distinct.map((answer) => `${timesOf(answer)} ${answer}`).join(', ');
}
