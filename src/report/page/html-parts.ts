// Pieces of HTML. Every text that goes in is escaped here.
import { escapeMarkup } from '../escape-markup.ts';

/** HTML that has been escaped where it had to be. */
export type Html = string;

/** Sentences longer than this many characters may be broken into lines. */
const LONGEST_UNBROKEN = 30;

/** The frame in which a wide table scrolls, by keys, too, where the browser itself does not care for that. */
export function scrollFrame(layout: 'wide' | 'text', table: Html): Html {
  return `<div class="scroll${layout === 'wide' ? ' wide' : ''}" role="group" aria-label="Table" tabindex="0">${table}</div>`;
}

/** A table; numeric columns are set right. */
export function htmlTable(options: {
  header: readonly string[];
  rows: readonly (readonly string[])[];
  /** Columns of text, by index; the others hold numbers. */
  textColumns: readonly number[];
  /** `wide`: may be wider than the text around it. `stack`: on narrow screens a row is a block of lines. */
  layout?: 'wide' | 'stack';
}): Html {
  const { header, rows, textColumns, layout } = options;
  const classOf = (text: string, column: number): string => {
    if (!textColumns.includes(column)) return ' class="number"';
    return text.length > LONGEST_UNBROKEN && text.includes(' ') ? ' class="words"' : '';
  };
  const labelOf = (tag: string, column: number): string =>
    layout === 'stack' && tag === 'td' && column > 0
      ? ` data-label="${escapeMarkup(header[column] ?? '')}"`
      : '';
  const cell = (tag: string, text: string, column: number): Html =>
    `<${tag}${classOf(text, column)}${labelOf(tag, column)}>${escapeMarkup(text)}</${tag}>`;
  const line = (tag: string, cells: readonly string[]): Html =>
    `<tr>${cells.map((text, i) => cell(tag, text, i)).join('')}</tr>`;
  const table = [
    `<table${layout === 'stack' ? ' class="stack"' : ''}>`,
    `<thead>${line('th', header)}</thead>`,
    '<tbody>',
    ...rows.map((row) => line('td', row)),
    '</tbody></table>',
  ];
  return scrollFrame(layout === 'wide' ? 'wide' : 'text', table.join('\n'));
}

/** A heading of plain text. */
export function heading(level: 1 | 2 | 3 | 4 | 5, text: string): Html {
  return `<h${level}>${escapeMarkup(text)}</h${level}>`;
}

/** A paragraph of plain text. */
export function paragraph(text: string, className?: string): Html {
  return `<p${className === undefined ? '' : ` class="${className}"`}>${escapeMarkup(text)}</p>`;
}

/** A bulleted list of plain texts; nothing for an empty one. */
export function bulletList(items: readonly string[]): Html {
  if (items.length === 0) return '';
  return `<ul>\n${items.map((item) => `<li>${escapeMarkup(item)}</li>`).join('\n')}\n</ul>`;
}
