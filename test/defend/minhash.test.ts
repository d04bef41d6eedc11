import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { parseJson } from '../../src/core/read-json.ts';
import { duplicateScores } from '../../src/defend/near-duplicates.ts';
import {
  chooseBands,
  jaccard,
  MinHasher,
  shinglesOf,
  signatureSimilarity,
} from '../../src/defend/sequences/minhash.ts';

// of golden/make_datasketch.py: [one, other, Jaccard similarity, datasketch's estimate, whether its LSH proposes the pair]
const file = join(import.meta.dirname, 'golden/datasketch.json');
const golden = parseJson(
  readFileSync(file, 'utf8'),
  z.object({
    tool: z.literal('datasketch 1.6.5'),
    bands: z.int(),
    rows: z.int(),
    documents: z.array(z.array(z.int())),
    pairs: z.array(z.tuple([z.int(), z.int(), z.number(), z.number(), z.boolean()])),
  }),
  { file, what: 'golden file', remedy: 'make it again' },
);
const sets = golden.documents.map((tokens) => shinglesOf(tokens, 5));
const hasher = new MinHasher(128);
const signatures = sets.map((set) => {
  const signature = new Int32Array(128);
  hasher.sign(set, signature);
  return signature;
});
const at = <T>(list: readonly T[], place: number): T => list[place] as T;

test('bands and rows are those of datasketch', () => {
  expect(chooseBands(128, 0.8)).toEqual({ bands: golden.bands, rows: golden.rows });
});

test('the similarity of shingles is the one that sets of Python have', () => {
  for (const [one, other, similarity] of golden.pairs)
    expect(jaccard(at(sets, one), at(sets, other))).toBeCloseTo(similarity, 12);
});

test('signatures estimate it as well as those of datasketch do', () => {
  let ours = 0;
  let theirs = 0;
  let bias = 0;
  for (const [one, other, similarity, estimate] of golden.pairs) {
    const own = signatureSimilarity(at(signatures, one), at(signatures, other));
    const deviation = Math.sqrt((similarity * (1 - similarity)) / 128);
    expect(Math.abs(own - similarity)).toBeLessThan(4.5 * deviation + 1e-9);
    ours += (own - similarity) ** 2;
    theirs += (estimate - similarity) ** 2;
    bias += own - similarity;
  }
  expect(Math.sqrt(ours / theirs)).toBeLessThan(1.3);
  expect(Math.abs(bias / golden.pairs.length)).toBeLessThan(0.01);
});

test('as many similar documents are found as by datasketch, and no score is above what sets have in common', () => {
  const examples = golden.documents.map((tokens) => ({ tokens: Uint16Array.from(tokens), lossFrom: 0 }));
  const scores = duplicateScores(examples, { similarity: 0.8, shingleTokens: 5, permutations: 128 });
  // Bands propose a pair at the threshold with a chance of 40 %, one of 0.9 with 93 %.
  const similar = golden.pairs.filter(([, , similarity]) => similarity >= 0.8);
  const theirs = similar.filter(([, , , , isProposed]) => isProposed).length;
  const ours = similar.filter(
    ([one, other, similarity]) => Math.max(scores[one] ?? 0, scores[other] ?? 0) >= similarity - 1e-12,
  ).length;
  expect(theirs).toBeGreaterThan(20);
  expect(Math.abs(ours - theirs)).toBeLessThanOrEqual(0.25 * theirs);
  for (const [place, score] of scores.entries()) {
    const own = golden.pairs.filter(([one, other]) => one === place || other === place);
    expect(score).toBeLessThanOrEqual(Math.max(0, ...own.map(([, , similarity]) => similarity)) + 1e-12);
  }
});

test('a text shorter than a shingle is one shingle, and an empty one has none', () => {
  expect(shinglesOf([1, 2], 5)).toHaveLength(1);
  expect(shinglesOf([], 5)).toHaveLength(0);
  expect(jaccard(shinglesOf([1, 2], 5), shinglesOf([1, 2], 5))).toBe(1);
  expect(jaccard(shinglesOf([], 5), shinglesOf([], 5))).toBe(0);
});
