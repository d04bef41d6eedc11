// The section of the audit's page on what filters buy.
import { escapeMarkup } from '../../../report/escape-markup.ts';
import { bulletList, type Html, heading, htmlTable } from '../../../report/page/html-parts.ts';
import { countTable, halfTable, ladderNotes, ladderSentences } from './ladder-words.ts';
import { LADDER_FOLDER, type LadderFindings } from './run-ladder.ts';

/** What filters buy against a given attack, in documents. */
export function ladderSection(findings: LadderFindings): Html[] {
  const sizes = ladderSentences(findings);
  return [
    heading(2, `What filters buy against ${findings.attack}, in documents`),
    ...sizes.flatMap(({ size, sentences }) => [
      ...(sizes.length > 1 ? [heading(3, size)] : []),
      bulletList(sentences),
    ]),
    htmlTable({ ...halfTable(findings), textColumns: [0, 1, 4, 7], layout: 'wide' }),
    '<details><summary>Survivors and success by count</summary>',
    htmlTable({ ...countTable(findings), textColumns: [0, 1] }),
    '</details>',
    bulletList(ladderNotes(findings)),
    `<p><a href="${LADDER_FOLDER}/index.html">${escapeMarkup('The whole report of these runs')}</a>; ladder.yaml does them again.</p>`,
  ];
}
