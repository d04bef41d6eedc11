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

/** The settings and defences of a group's title; a setting by the end of its path: `rewriteShare = 0.3`. */
export function titleParts(title: string): string[] {
  return title
    .split(/, (?![^()]*\))(?=[\w.-]+ = |defended by |without )/)
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

/** Titles without what a defence was set to, where they still differ. */
function withoutDefenceSettings(titles: readonly string[]): readonly string[] {
  const shorter = titles.map((title) => title.replace(/ \([^()]* = [^()]*\)/g, ''));
  return new Set(shorter).size === new Set(titles).size ? shorter : titles;
}

/** A line no longer than a panel is wide: of a setting the name is cut, as long as half of it can stay; else the end. */
function fitted(line: string): string {
  const characters = [...line];
  if (characters.length <= TITLE_CHARACTERS) return line;
  const [, value = ''] = /^[^=]+( = [^=]+)$/.exec(line) ?? [];
  const room = TITLE_CHARACTERS - 1 - [...value].length;
  return room < TITLE_CHARACTERS / 2
    ? `${characters.slice(0, TITLE_CHARACTERS - 1).join('')}…`
    : `${characters.slice(0, room).join('')}…${value}`;
}

/** One part alone: a setting over its value, a defence over its own settings, words in two lines. */
function alone(part: string): string[] {
  const [, defence, settings] = /^defended by (\S+) \((.*)\)$/.exec(part) ?? [];
  if (defence !== undefined && settings !== undefined) return [defence, settings];
  const [name = '', ...value] = part.split(' = ');
  return value.length === 0 ? wrapped(part) : [name, `= ${value.join(' = ')}`];
}

/** In two lines: one part, two parts, or of more the first and how many others. */
function twoLines(parts: readonly string[]): string {
  const [first = '', second, ...others] = parts.map((part) =>
    parts.length > 1 ? part.replace(/^defended by /, '') : part,
  );
  const several = others.length > 0 ? [first, `and ${1 + others.length} more`] : [first, second ?? ''];
  return (second === undefined ? alone(first) : several).map(fitted).join('\n');
}

/** The titles of panels, in two lines each. Of more than two settings the one with the most values in the figure is named. */
export function panelTitles(titles: readonly string[]): string[] {
  const shown = withoutDefenceSettings(titles);
  const values = valuesByName(shown);
  const variety = (part: string): number => values.get(part.split(' = ')[0] ?? '')?.size ?? 0;
  return shown.map(titleParts).map((parts) => {
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
