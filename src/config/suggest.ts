// The name a person most likely meant.

/** Fewest single-character insertions, deletions and replacements that turn one text into the other (Levenshtein 1966). */
export function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[to.length];
}

/**
 * The candidate nearest to a name by edit distance (case aside; ties: the first), or undefined where none is
 * nearer than about a third of its length or holds it whole.
 */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const wanted = name.slice(0, 200).toLowerCase();
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const offered = candidate.toLowerCase();
    const holds =
      wanted.length >= 3 && (offered.includes(wanted) || (offered.length >= 3 && wanted.includes(offered)));
    const distance = Math.min(editDistance(wanted, offered), holds ? 2 : Infinity);
    if (distance > Math.max(2, Math.floor(offered.length / 3))) continue;
    if (best === undefined || distance < best.distance) best = { candidate, distance };
  }
  return best?.candidate;
}

/** ` (did you mean x?)`, or the list of what exists where nothing is near. */
export function suggestion(name: string, candidates: readonly string[]): string {
  const near = nearest(name, candidates);
  if (near !== undefined) return `; did you mean ${near}?`;
  const shown = candidates.slice(0, 12).join(', ');
  return candidates.length === 0 ? '' : `; known: ${shown}${candidates.length > 12 ? ', …' : ''}`;
}
