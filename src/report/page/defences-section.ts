// The section of the page that holds the matrix of defences.
import type { DefenceMatrix } from '../../analyse/defences/defence-matrix.ts';
import { escapeMarkup } from '../escape-markup.ts';
import {
  caughtRows,
  cellLines,
  DEFENCES_NOTE,
  halfRows,
  matrixRows,
  rowOf,
  stealthRows,
  successRows,
} from './defence-words.ts';
import { type Html, heading, htmlTable, paragraph, scrollFrame } from './html-parts.ts';

const HATCH = 'repeating-linear-gradient(45deg, transparent 0 5px, var(--line) 5px 7px)';

/** Its style, which pages without defences do not need. */
export const DEFENCES_STYLE = `table.matrix td { white-space: normal; min-width: 8.5em; } table.matrix td.untested { background: ${HATCH}; color: var(--soft); } table.matrix td span { display: block; }`;

function cellHtml(lines: readonly string[]): Html {
  if (lines.length === 0) return '<td class="untested">not tested</td>';
  const [first = '', ...others] = lines;
  const below = others.map((line) => `<span class="soft">${escapeMarkup(line)}</span>`);
  return `<td><span>${escapeMarkup(first)}</span>${below.join('')}</td>`;
}

function matrixTable(matrix: DefenceMatrix, size: string): Html {
  const { header } = matrixRows(matrix, size);
  const rows = matrix.attacks.map(({ title }) => {
    const cells = rowOf(matrix, title, size).map((cell) => cellHtml(cell === null ? [] : cellLines(cell)));
    return `<tr><td>${escapeMarkup(title)}</td>${cells.join('')}</tr>`;
  });
  const table = [
    '<table class="matrix">',
    `<thead><tr>${header.map((text) => `<th>${escapeMarkup(text)}</th>`).join('')}</tr></thead>`,
    ...['<tbody>', ...rows, '</tbody></table>'],
  ];
  return scrollFrame('wide', table.join('\n'));
}

function folded(title: string, { header, rows }: ReturnType<typeof successRows>): Html[] {
  if (rows.length === 0) return [];
  const table = htmlTable({ header, rows, textColumns: [0, 1], layout: 'wide' });
  return [`<details><summary>${escapeMarkup(title)}</summary>\n${table}</details>`];
}

/** Matrix, figures, and the tables behind it. @param figures as HTML */
export function defencesSection(matrix: DefenceMatrix, figures: readonly Html[]): Html {
  const stealth = stealthRows(matrix);
  return [
    ...matrix.sizes.flatMap((size) => [
      ...(matrix.sizes.length > 1 ? [heading(3, size)] : []),
      matrixTable(matrix, size),
    ]),
    paragraph(DEFENCES_NOTE, 'soft'),
    ...figures,
    ...(stealth.rows.length === 0
      ? []
      : [
          heading(3, 'The price of stealth'),
          paragraph(
            'A trigger that clean text has, too, is harder to notice, and needs more poisoned documents: both, by how many clean documents hold it.',
          ),
          htmlTable({ ...stealth, textColumns: [0, 1], layout: 'wide' }),
        ]),
    ...folded('Documents for half success, with and without', halfRows(matrix)),
    ...folded('What filters caught', caughtRows(matrix)),
    ...folded('Success and survivors by count', successRows(matrix)),
  ].join('\n');
}
