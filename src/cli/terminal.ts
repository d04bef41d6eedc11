// Text on its way to a terminal: lines are fitted, styles only where they are allowed.

/** Where a command writes. A test gives one of its own. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** Cells that a character takes in a terminal: 2 for East Asian wide ones and emoji, 0 for combining marks. */
function cellsOf(character: string): number {
  if (/\p{Mark}/u.test(character)) return 0;
  return /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
    character,
  )
    ? 2
    : 1;
}

/** The beginning of a line without styles that fits into `cells` cells, with an ellipsis if it was cut. */
export function fitLine(line: string, cells: number): string {
  let used = 0;
  let kept = '';
  for (const character of line) {
    used += cellsOf(character);
    if (used > cells) return `${trimLast(kept)}…`;
    kept += character;
  }
  return kept;
}

function trimLast(text: string): string {
  return Array.from(text).slice(0, -1).join('');
}

/** A bar of `cells` cells. @param share 0-1 */
export function bar(share: number, cells: number): string {
  const filled = Math.max(0, Math.min(cells, Math.floor(share * cells)));
  return `${'█'.repeat(filled)}${'░'.repeat(cells - filled)}`;
}

/** Lines of a table: columns as wide as their widest cell, numbers (columns named in `right`) to the right. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] as number;
        return right.includes(column) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}
