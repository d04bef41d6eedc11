// Figures and pages made again: equal but for the last digits of coordinates, which engines compute differently.

/** Most by which two coordinates may differ, in units of the figure (at most a thousand wide). */
const COORDINATE_BAND = 0.011;

const NUMBER = /-?\d+(?:\.\d+)?(?:e-?\d+)?/g;

function sameTag(one: string, other: string): boolean {
  if (one === other) return true;
  if (one.replace(NUMBER, '#') !== other.replace(NUMBER, '#')) return false;
  const [ours, theirs] = [one.match(NUMBER) ?? [], other.match(NUMBER) ?? []];
  return ours.every((number, place) => {
    const difference = Math.abs(Number(number) - Number(theirs[place]));
    return difference <= COORDINATE_BAND;
  });
}

/** Tags and texts between them, in turn. */
const parts = (markup: string) => markup.split(/(<[^>]*>)/);

/** The first place where two markups differ, as few characters of each; null where they are the same. */
export function markupDifference(one: string, other: string): { one: string; other: string } | null {
  const [ours, theirs] = [parts(one), parts(other)];
  let isDrawing = false;
  for (let place = 0; place < Math.max(ours.length, theirs.length); place++) {
    const [mine, yours] = [ours[place] ?? '', theirs[place] ?? ''];
    if (mine.startsWith('<svg')) isDrawing = true;
    if (mine === '</svg>') isDrawing = false;
    const isSame = isDrawing && mine.startsWith('<') ? sameTag(mine, yours) : mine === yours;
    if (!isSame) return { one: around(mine, yours), other: around(yours, mine) };
  }
  return null;
}

const SHOWN = 60;

/** A text from a little before where it parts from another. */
function around(text: string, other: string): string {
  let at = 0;
  while (at < text.length && text[at] === other[at]) at += 1;
  const start = Math.max(0, at - 15);
  const shown = text.slice(start, start + SHOWN).replace(/\s+/g, ' ');
  return shown.trim() === '' ? 'nothing' : JSON.stringify(shown);
}
