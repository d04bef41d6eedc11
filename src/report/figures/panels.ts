// Where the small panels of a figure stand, and what is written in them.
/** Panels side by side. */
export const COLUMNS = 4;
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
  return title
    .split(/, (?=[\w.-]+ = )/)
    .map((part) => part.replace(/^[\w.-]+?\.(?=[A-Za-z]\w*(\.\d+)* = )/, ''));
}

/** Words in two lines, the first as full as it may be. */
function wrapped(words: string): string[] {
  const space = words.lastIndexOf(' ', TITLE_CHARACTERS);
  return words.length <= TITLE_CHARACTERS || space < 0
    ? [words]
    : [words.slice(0, space), words.slice(space + 1)];
}

/** How many values each setting has over these titles, by its name. */
function valuesByName(titles: readonly string[]): Map<string, Set<string>> {
  const values = new Map<string, Set<string>>();
  for (const part of titles.flatMap(titleParts)) {
    const [name = '', ...value] = part.split(' = ');
    values.set(name, (values.get(name) ?? new Set()).add(value.join(' = ')));
  }
  return values;
}

/** In two lines: a setting and its value, two settings, or words; of more settings, the first and how many others. */
function twoLines([first = '', second, ...others]: readonly string[]): string {
  const [name = '', ...value] = first.split(' = ');
  const single = value.length === 0 ? wrapped(first) : [name, `= ${value.join(' = ')}`];
  const several = others.length > 0 ? [first, `and ${1 + others.length} more`] : [first, second ?? ''];
  return (second === undefined ? single : several)
    .map((line) => [...line])
    .map((line) => (line.length > TITLE_CHARACTERS ? [...line.slice(0, TITLE_CHARACTERS - 1), '…'] : line))
    .map((line) => line.join(''))
    .join('\n');
}

/** The titles of panels, in two lines each. Of more than two settings the one with the most values in the figure is named. */
export function panelTitles(titles: readonly string[]): string[] {
  const values = valuesByName(titles);
  const variety = (part: string): number => values.get(part.split(' = ')[0] ?? '')?.size ?? 0;
  return titles.map(titleParts).map((parts) => {
    const telling = [...parts].sort((a, b) => variety(b) - variety(a));
    return twoLines(parts.length > 2 ? telling : parts);
  });
}

/** The same over a count of documents in a third line. */
export function panelTitlesWithCount(panels: readonly { title: string; documents: number }[]): string[] {
  const titles = panelTitles(panels.map(({ title }) => title));
  return panels.map(({ documents }, index) =>
    [titles[index] ?? '', `${documents} documents`].filter((line) => line !== '').join('\n'),
  );
}
