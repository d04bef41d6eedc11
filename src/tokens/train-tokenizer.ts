// Chooses which tokens of a large encoding a compact vocabulary keeps.
import type { TokenizerConfig } from '../config/schema.ts';
import { InputError } from '../core/errors.ts';
import { type BytePairEncoding, loadEncoding } from './byte-pair-encoding.ts';
import { tokenizerFromVocabulary } from './compact-tokenizer.ts';
import { FIRST_KEPT_ID, keptToken, TOKENS_CONTRACT, type Vocabulary } from './vocabulary.ts';

/** How often each original token occurs. */
function countTokens(encoding: BytePairEncoding, texts: Iterable<string>): Float64Array {
  const occurrencesOfPiece = new Map<string, number>();
  for (const text of texts) {
    for (const piece of encoding.pieces(text)) {
      occurrencesOfPiece.set(piece, (occurrencesOfPiece.get(piece) ?? 0) + 1);
    }
  }
  const counts = new Float64Array(encoding.originalIds);
  for (const [piece, occurrences] of occurrencesOfPiece) {
    for (const id of encoding.encodePiece(piece)) counts[id] += occurrences;
  }
  return counts;
}

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

/**
 * Uses of each token when everything that would be used fewer than `threshold` times is split into its parents,
 * which inherit its uses. One pass suffices, since a parent's rank is below its child's.
 */
function usesAtThreshold(
  candidates: readonly Candidate[],
  counts: Float64Array,
  threshold: number,
): Float64Array {
  const uses = counts.slice();
  for (const { id, parents } of candidates) {
    if (uses[id] < threshold) for (const parent of parents) uses[parent] += uses[id];
  }
  return uses;
}

/**
 * The tokens worth keeping: the smallest threshold that keeps at most `room` of them, then those nearest below it.
 * Most used first, ties lowest original id; unused tokens fill up what is left, so that the size is as asked.
 */
function chooseKept(encoding: BytePairEncoding, counts: Float64Array, room: number): number[] {
  const candidates = findCandidates(encoding, counts);
  const keptAt = (threshold: number): number => {
    const uses = usesAtThreshold(candidates, counts, threshold);
    return candidates.filter(({ id }) => uses[id] >= threshold).length;
  };
  let low = 0;
  let high = counts.reduce((sum, count) => sum + count, 1) * 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (keptAt(middle) <= room) high = middle;
    else low = middle;
  }
  const uses = usesAtThreshold(candidates, counts, high);
  const chosen = candidates
    .map(({ id }) => id)
    .sort((a, b) => uses[b] - uses[a] || a - b)
    .slice(0, room);
  const taken = new Set(chosen);
  for (let id = 0; id < encoding.originalIds && chosen.length < room; id++) {
    if (!taken.has(id) && encoding.bytesOf(id).length > 1) chosen.push(id);
  }
  return chosen;
}

async function chooseVocabulary(config: TokenizerConfig, texts: Iterable<string>): Promise<Vocabulary> {
  const size = config.vocabularySize;
  if (config.encoding === 'bytes') {
    if (size === FIRST_KEPT_ID) return { contract: TOKENS_CONTRACT, encoding: 'bytes', kept: [] };
    throw new InputError(
      `the encoding "bytes" has a vocabulary of ${FIRST_KEPT_ID}, not ${size}: set vocabularySize to it`,
    );
  }
  const encoding = await loadEncoding(config.encoding);
  const chosen = chooseKept(encoding, countTokens(encoding, texts), size - FIRST_KEPT_ID);
  if (chosen.length < size - FIRST_KEPT_ID) {
    const limit = chosen.length + FIRST_KEPT_ID;
    throw new InputError(
      `${config.encoding} has tokens for a vocabulary of ${limit} at most, not ${size}: lower vocabularySize`,
    );
  }
  const kept = chosen.map((id) => keptToken(id, encoding.bytesOf(id)));
  return { contract: TOKENS_CONTRACT, encoding: config.encoding, kept };
}

/**
 * Trains the compact vocabulary: the tokens of the encoding that are used most on these texts when all others are
 * split into their byte-pair parents.
 * @param texts clean texts of the training split
 * @throws InputError if the size does not fit the encoding, or for a lone surrogate later in `encode`
 */
export async function trainTokenizer(
  config: TokenizerConfig,
  texts: Iterable<string>,
): Promise<Awaited<ReturnType<typeof tokenizerFromVocabulary>>> {
  return tokenizerFromVocabulary(await chooseVocabulary(config, texts));
}
