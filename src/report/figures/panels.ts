// Where the small panels of a figure stand, and what is written in them.
const COLUMNS = 4;
const TITLE_CHARACTERS = 23;

/** Column and row of a panel. */
export function placeOf(index: number): { column: number; row: number } {
  return { column: index % COLUMNS, row: Math.floor(index / COLUMNS) };
}

/** Rows that so many panels take. */
export function rowsOf(panels: number): number {
  return Math.ceil(panels / COLUMNS);
}

/** The settings of a group's title, each by the end of its path: `rewriteShare = 0.3`. */
export function titleParts(title: string): string[] {
  return title.split(/, (?=[\w.-]+ = )/).map((part) => part.replace(/^[\w.-]+\.(?=\w+ = )/, ''));
}

/** A title in two lines: a setting and its value, or two settings; of more, the first and how many others. */
export function twoLines(title: string): string {
  const [first = '', second, ...others] = titleParts(title);
  const [name = '', ...value] = first.split(' = ');
  const single = value.length === 0 ? [first] : [name, `= ${value.join(' = ')}`];
  const several = others.length > 0 ? [first, `and ${1 + others.length} more`] : [first, second ?? ''];
  return (second === undefined ? single : several)
    .map((line) => [...line])
    .map((line) => (line.length > TITLE_CHARACTERS ? [...line.slice(0, TITLE_CHARACTERS - 1), '…'] : line))
    .map((line) => line.join(''))
    .join('\n');
}
