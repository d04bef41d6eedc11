// Removes documents that are nearly there already, as training sets of language models are deduplicated (Lee et al. 2022,
// arXiv:2107.06499): MinHash proposes pairs, and the Jaccard similarity of their shingles decides.
import { z } from 'zod';
import type { Example } from '../tokens/example.ts';
import type { Defence } from './defence.ts';
import { bandKeys, chooseBands, jaccard, MinHasher, shinglesOf } from './sequences/minhash.ts';
import { Fingerprint } from './sequences/sequence-table.ts';

const options = {
  similarity: z
    .number()
    .gt(0)
    .max(1)
    .nullable()
    .default(0.8)
    .describe(
      'Least Jaccard similarity of two documents of which one is removed, above 0, up to 1; null removes none.',
    ),
  shingleTokens: z.int().min(1).max(100).default(5).describe('Tokens of a shingle, 1 to 100.'),
  permutations: z.int().min(16).max(1024).default(128).describe('Values of a MinHash signature, 16 to 1024.'),
};
const settingsSchema = z.object(options);

/** Places in an order that depends on what documents are, and not on where they stand; equal ones as they stand. */
function canonicalOrder(examples: readonly Example[]): number[] {
  const keys = examples.map(({ tokens }) => {
    const fingerprint = new Fingerprint();
    fingerprint.clear();
    for (const token of tokens) fingerprint.add(token);
    return (fingerprint.high >>> 12) * 0x100000000 + fingerprint.low;
  });
  return [...examples.keys()].sort((a, b) => (keys[a] as number) - (keys[b] as number) || a - b);
}

/**
 * Largest Jaccard similarity of each document to one before it in an order by content; 0 where no pair was proposed. Of
 * two similar documents one has that similarity, whatever the order that they stand in.
 */
export function duplicateScores(
  examples: readonly Example[],
  options: { similarity: number; shingleTokens: number; permutations: number },
): Float64Array {
  const { similarity, shingleTokens, permutations } = options;
  const bands = chooseBands(permutations, similarity);
  const hasher = new MinHasher(permutations);
  const signature = new Int32Array(permutations);
  const keys = new Float64Array(bands.bands);
  const buckets = new Map<number, number[]>();
  const shingles = examples.map(({ tokens }) => shinglesOf(tokens, shingleTokens));
  const first = new Map<string, number>();
  const scores = new Float64Array(examples.length);
  for (const place of canonicalOrder(examples)) {
    const own = shingles[place] as Uint32Array;
    if (own.length === 0) continue;
    const text = (examples[place] as Example).tokens.join(' ');
    if (first.has(text)) {
      scores[place] = 1;
      continue;
    }
    first.set(text, place);
    hasher.sign(own, signature);
    bandKeys(signature, bands, keys);
    const proposed = new Set<number>();
    for (const key of keys) {
      const bucket = buckets.get(key);
      if (bucket === undefined) buckets.set(key, [place]);
      else {
        for (const other of bucket) proposed.add(other);
        bucket.push(place);
      }
    }
    for (const other of proposed)
      scores[place] = Math.max(scores[place] as number, jaccard(own, shingles[other] as Uint32Array));
  }
  return scores;
}

/** Of documents that are alike, the first in an order by their content stays. */
export const nearDuplicates: Defence = {
  kind: 'near-duplicates',
  summary: 'Removes documents that are nearly there already, by MinHash and Jaccard similarity.',
  options,
  bind(settings) {
    const { similarity, ...sizes } = settingsSchema.parse(settings);
    if (similarity === null) return {};
    return {
      filter: {
        name: 'near-duplicates',
        judge: (examples) => {
          const scores = duplicateScores(examples, { similarity, ...sizes });
          return { kept: Array.from(scores, (own) => own < similarity), scores };
        },
      },
    };
  },
};
