// Which tokens of a large encoding a compact vocabulary keeps: those that make the text shortest.
import type { BytePairEncoding } from './byte-pair-encoding.ts';

/** A token that could be kept: two bytes or more, and used in the text directly or by a descendant. */
interface Candidate {
  readonly id: number;
  readonly parents: readonly number[];
}

/** All tokens in use and their ancestors of more than a byte, latest merge first: parents follow their children. */
function findCandidates(encoding: BytePairEncoding, counts: Float64Array): Candidate[] {
  const parentsOf = new Map<number, readonly number[]>();
  const waiting = Array.from(counts.keys()).filter((id) => counts[id] > 0);
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (parentsOf.has(id) || encoding.bytesOf(id).length < 2) continue;
    const parents = encoding.parentsOf(id);
    parentsOf.set(id, parents);
    waiting.push(...parents);
  }
  return [...parentsOf].map(([id, parents]) => ({ id, parents })).sort((a, b) => b.id - a.id);
}

/** What a choice of kept tokens comes to. */
interface Outcome {
  /** Tokens of the whole text. */
  readonly total: number;
  /** How often each token is, or on being kept would be, used. */
  readonly uses: Float64Array;
  /** Tokens that keeping it saves: uses x (tokens of its parents - 1). */
  readonly savings: Float64Array;
}

/** Walks the candidates once down, to pass the uses of split tokens on, and once up, to count what a split costs. */
function evaluate(
  candidates: readonly Candidate[],
  counts: Float64Array,
  kept: ReadonlySet<number>,
): Outcome {
  const uses = counts.slice();
  for (const { id, parents } of candidates) {
    if (!kept.has(id)) for (const parent of parents) uses[parent] += uses[id];
  }
  const length = new Float64Array(counts.length).fill(1);
  const savings = new Float64Array(counts.length);
  for (const { id, parents } of candidates.toReversed()) {
    const split = parents.reduce((sum, parent) => sum + length[parent], 0);
    savings[id] = uses[id] * (split - 1);
    if (!kept.has(id)) length[id] = split;
  }
  return { total: counts.reduce((sum, count, id) => sum + count * length[id], 0), uses, savings };
}

/** The choice with at most `most` of its least useful tokens exchanged for more useful ones. */
function exchange(options: {
  candidates: readonly Candidate[];
  kept: ReadonlySet<number>;
  savings: Float64Array;
  most: number;
}): Set<number> {
  const { kept, savings, most } = options;
  const ids = options.candidates.map(({ id }) => id);
  const worst = ids.filter((id) => kept.has(id)).sort((a, b) => savings[a] - savings[b] || b - a);
  const best = ids.filter((id) => !kept.has(id)).sort((a, b) => savings[b] - savings[a] || a - b);
  const exchanged = new Set(kept);
  for (let i = 0; i < Math.min(most, worst.length, best.length); i++) {
    if (savings[best[i]] <= savings[worst[i]]) break;
    exchanged.delete(worst[i]);
    exchanged.add(best[i]);
  }
  return exchanged;
}

/**
 * Original ids of the tokens to keep, most used first, ties lowest id. Starts from the most frequent tokens and
 * exchanges as long as the text becomes shorter, many at a time at first. Tokens that are not used fill up what is
 * left, lowest id first.
 * @param counts [originalIds] occurrences of each token in the text
 * @param room how many tokens to keep; fewer are returned only if the encoding has fewer
 */
export function chooseKept(encoding: BytePairEncoding, counts: Float64Array, room: number): number[] {
  const candidates = findCandidates(encoding, counts);
  const byCount = candidates.map(({ id }) => id).sort((a, b) => counts[b] - counts[a] || a - b);
  let kept = new Set(byCount.slice(0, room));
  let outcome = evaluate(candidates, counts, kept);
  for (let most = room; most >= 1; ) {
    const exchanged = exchange({ candidates, kept, savings: outcome.savings, most });
    const next = evaluate(candidates, counts, exchanged);
    if (next.total < outcome.total) {
      kept = exchanged;
      outcome = next;
    } else most = Math.floor(most / 2);
  }
  const { uses } = outcome;
  const chosen = [...kept].sort((a, b) => uses[b] - uses[a] || a - b);
  for (let id = 0; id < encoding.originalIds && chosen.length < room; id++) {
    if (!kept.has(id) && encoding.bytesOf(id).length > 1) chosen.push(id);
  }
  return chosen;
}
