// The name a person most likely meant.

/** Fewest single-character insertions, deletions and replacements that turn one text into the other (Levenshtein 1966). */
export function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] as number) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[to.length] as number;
}

function commonPrefixLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}

/** Whether a name is a good part of a candidate: `context` of `contextTokens`. */
function isPart(name: string, candidate: string): boolean {
  return name.length >= 3 && 2 * name.length >= candidate.length && candidate.includes(name);
}

/**
 * The candidate nearest to a name by edit distance (case aside; ties: the longest common beginning, then the
 * first), or undefined where none is nearer than about a third of its length or has it as a good part.
 */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const wanted = name.slice(0, 200).toLowerCase();
  let best: { candidate: string; distance: number; prefix: number } | undefined;
  for (const candidate of candidates) {
    const offered = candidate.toLowerCase();
    const distance = Math.min(editDistance(wanted, offered), isPart(wanted, offered) ? 2 : Infinity);
    if (distance > Math.max(2, Math.floor(offered.length / 3))) continue;
    const prefix = commonPrefixLength(wanted, offered);
    const isNearer =
      best === undefined || distance < best.distance || (distance === best.distance && prefix > best.prefix);
    if (isNearer) best = { candidate, distance, prefix };
  }
  return best?.candidate;
}

/** `; did you mean x?`, or the list of what exists where nothing is near. */
export function suggestion(name: string, candidates: readonly string[]): string {
  const near = nearest(name, candidates);
  if (near !== undefined) return `; did you mean ${near}?`;
  const shown = candidates.slice(0, 12).join(', ');
  return candidates.length === 0 ? '' : `; known: ${shown}${candidates.length > 12 ? ', …' : ''}`;
}

/** Whether a mapping has a misspelt one of these fields: then what is missing is said by that problem. */
export function isMisspelt(mapping: object, fields: readonly string[]): boolean {
  const others = Object.keys(mapping).filter((key) => !fields.includes(key));
  return others.some((key) => nearest(key, fields) !== undefined);
}
