// Divides a corpus by hash of the text, so that duplicates fall together and a document's split does not depend
// on what else there is.
import type { CorpusConfig } from '../config/schema/schema.ts';
import { InputError } from '../core/errors.ts';
import { sha256Hex } from '../core/hash.ts';
import type { Corpus, Document, Split } from './document.ts';

/** What decides about splits: a corpus config, or these fields of one. */
export type SplitConfig = Pick<CorpusConfig, 'seed' | 'splits'>;

/** In the order of their edges: a new one comes last, so that the others keep their documents. */
const HELD_BACK: readonly Exclude<Split, 'train'>[] = [
  'heldOut',
  'prompts',
  'calibration',
  'judge',
  'trusted',
];

function heldBackShare(split: Exclude<Split, 'train'>, { splits }: SplitConfig): number {
  return splits[split] ?? 0;
}

/** Share of the documents that a split gets, 0-1. @throws InputError if the shares add up to more than 1. */
export function shareOfSplit(split: Split, config: SplitConfig): number {
  const heldBack = HELD_BACK.reduce((sum, name) => sum + heldBackShare(name, config), 0);
  // decimal shares may add up to a little more than 1
  if (heldBack > 1 + 1e-9) {
    throw new InputError(
      `the shares of the splits add up to ${heldBack}: they may take at most 1, the rest is trained on`,
    );
  }
  return split === 'train' ? Math.max(0, 1 - heldBack) : heldBackShare(split, config);
}

/**
 * The split of a text: SHA-256 of (seed, text) as a number in [0, 1), compared with the running sum of the shares.
 * @throws InputError if the shares add up to more than 1
 */
export function splitOf(text: string, config: SplitConfig): Split {
  shareOfSplit('train', config);
  // 48 bits are exact in a double
  const u = Number.parseInt(sha256Hex(`${config.seed}\0${text}`).slice(0, 12), 16) / 0x1000000000000;
  let edge = 0;
  for (const split of HELD_BACK) {
    edge += heldBackShare(split, config);
    if (u < edge) return split;
  }
  return 'train';
}

/** The documents of one split in corpus order; endless for an unlimited corpus unless the split is empty. */
export async function* documentsOfSplit(
  corpus: Corpus,
  split: Split,
  config: SplitConfig,
): AsyncGenerator<Document> {
  if (shareOfSplit(split, config) === 0) return;
  for await (const document of corpus.documents())
    if (splitOf(document.text, config) === split) yield document;
}

/** How many documents of each split are needed; default: none. */
export type SplitCounts = Readonly<Partial<Record<Split, number>>>;

/**
 * The first documents of several splits in corpus order, in one pass. A finite corpus may hold fewer than requested:
 * then there are fewer, and the caller decides.
 * @throws InputError if the shares add up to more than 1
 */
export async function takeSplits(
  corpus: Corpus,
  config: SplitConfig,
  counts: SplitCounts,
): Promise<Record<Split, Document[]>> {
  const taken: Record<Split, Document[]> = {
    train: [],
    heldOut: [],
    prompts: [],
    calibration: [],
    judge: [],
    trusted: [],
  };
  const wanted = (split: Split): number => (shareOfSplit(split, config) === 0 ? 0 : (counts[split] ?? 0));
  const open = new Set((Object.keys(taken) as Split[]).filter((split) => wanted(split) > 0));
  if (open.size === 0) return taken;
  for await (const document of corpus.documents()) {
    const split = splitOf(document.text, config);
    if (!open.has(split)) continue;
    taken[split].push(document);
    if (taken[split].length === wanted(split)) open.delete(split);
    if (open.size === 0) break;
  }
  return taken;
}

/** The first `documents` documents of one split in corpus order, or as many as there are. */
export async function takeSplit(
  corpus: Corpus,
  split: Split,
  options: SplitConfig & { readonly documents: number },
): Promise<Document[]> {
  return (await takeSplits(corpus, options, { [split]: options.documents }))[split];
}
