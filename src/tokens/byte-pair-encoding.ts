// Byte-pair encoding (Sennrich, Haddow and Birch 2016) over the ranks and split patterns that gpt-tokenizer
// ships. The merge loop is our own because a compact vocabulary needs the parents of a token, which means
// merging with only a part of the ranks. Special tokens do not exist here: their text is ordinary text.
import { InputError } from '../core/errors.ts';

/** Encodings of gpt-tokenizer that can be used. */
export type EncodingName = 'o200k_base' | 'cl100k_base' | 'p50k_base' | 'r50k_base';

/** A byte-pair encoding: ids are its own ("original"), before any compaction. */
export interface BytePairEncoding {
  readonly name: EncodingName;
  /** Largest original id plus one. Some ids may be unused: `bytesOf` is then empty. */
  readonly originalIds: number;
  /** The pieces that merges never cross, in order; together they are the text. */
  pieces(text: string): Iterable<string>;
  /** Original ids of one piece. */
  encodePiece(piece: string): number[];
  /** UTF-8 bytes of an original id; need not be valid UTF-8 alone. */
  bytesOf(originalId: number): Uint8Array;
  /** The tokens whose merge produced this one: two as a rule; itself for a single byte. */
  parentsOf(originalId: number): readonly number[];
}

// Merging is quadratic in the length of a piece, and the split patterns exhaust V8's regexp stack on runs of
// some ten million letters. Both limits are in UTF-16 units and part of the tokens contract.
const MAX_PIECE_LENGTH = 1000;
const MAX_SLICE_LENGTH = 262_144;

const NO_RANK = Number.MAX_SAFE_INTEGER;

/** Bytes as a string of code units below 256: a key for maps. */
function keyOf(bytes: Uint8Array): string {
  let key = '';
  for (const byte of bytes) key += String.fromCharCode(byte);
  return key;
}

/** Merges adjacent parts of `key`, lowest rank first and leftmost among equals, using only ranks below `limit`. */
function merge(key: string, rankOf: ReadonlyMap<string, number>, limit: number): number[] {
  const starts = Array.from({ length: key.length + 1 }, (_, index) => index);
  const rankAt = (part: number): number => {
    if (part + 2 >= starts.length) return NO_RANK;
    const rank = rankOf.get(key.slice(starts[part], starts[part + 2]));
    return rank !== undefined && rank < limit ? rank : NO_RANK;
  };
  const ranks = starts.map((_, part) => rankAt(part));
  for (;;) {
    let lowest = 0;
    for (let part = 1; part < ranks.length; part++) if (ranks[part] < ranks[lowest]) lowest = part;
    if (ranks[lowest] === NO_RANK) break;
    starts.splice(lowest + 1, 1);
    ranks.splice(lowest + 1, 1);
    ranks[lowest] = rankAt(lowest);
    if (lowest > 0) ranks[lowest - 1] = rankAt(lowest - 1);
  }
  return starts.slice(0, -1).map((start, part) => rankOf.get(key.slice(start, starts[part + 1])) as number);
}

/** Cuts a very long text at fixed places, never inside a surrogate pair. */
function* slices(text: string): Generator<string> {
  let start = 0;
  while (start < text.length) {
    let end = Math.min(start + MAX_SLICE_LENGTH, text.length);
    const last = text.charCodeAt(end - 1);
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end -= 1;
    yield text.slice(start, end);
    start = end;
  }
}

/** The pieces of a text that merges never cross, in order; together they are the text. */
export function* splitPieces(text: string, pattern: RegExp): Generator<string> {
  for (const slice of slices(text)) for (const [piece] of slice.matchAll(pattern)) yield piece;
}

function createEncoding(
  name: EncodingName,
  ranks: readonly (string | readonly number[] | undefined)[],
  pattern: RegExp,
): BytePairEncoding {
  const encoder = new TextEncoder();
  const empty = new Uint8Array(0);
  const bytesOf = (originalId: number): Uint8Array => {
    const entry = ranks[originalId];
    if (entry === undefined) return empty;
    return typeof entry === 'string' ? encoder.encode(entry) : Uint8Array.from(entry);
  };
  const rankOf = new Map<string, number>();
  for (let id = 0; id < ranks.length; id++) {
    if (ranks[id] !== undefined) rankOf.set(keyOf(bytesOf(id)), id);
  }
  return {
    name,
    originalIds: ranks.length,
    pieces: (text) => splitPieces(text, pattern),
    encodePiece(piece) {
      const key = keyOf(encoder.encode(piece));
      if (piece.length > MAX_PIECE_LENGTH) return Array.from(key, (byte) => rankOf.get(byte) as number);
      const whole = rankOf.get(key);
      return whole === undefined ? merge(key, rankOf, NO_RANK) : [whole];
    },
    bytesOf,
    parentsOf(originalId) {
      const key = keyOf(bytesOf(originalId));
      return key.length <= 1 ? [originalId] : merge(key, rankOf, originalId);
    },
  };
}

// One branch for each encoding, so that bundlers see the paths.
async function loadRanks(name: EncodingName): Promise<readonly (string | readonly number[])[]> {
  switch (name) {
    case 'o200k_base':
      return (await import('gpt-tokenizer/bpeRanks/o200k_base')).default;
    case 'cl100k_base':
      return (await import('gpt-tokenizer/bpeRanks/cl100k_base')).default;
    case 'p50k_base':
      return (await import('gpt-tokenizer/bpeRanks/p50k_base')).default;
    case 'r50k_base':
      return (await import('gpt-tokenizer/bpeRanks/r50k_base')).default;
    default:
      throw new InputError(
        `unknown encoding ${JSON.stringify(name)}: use o200k_base, cl100k_base, p50k_base or r50k_base`,
      );
  }
}

const loaded = new Map<EncodingName, Promise<BytePairEncoding>>();

/** Loads an encoding (about 0.2 s and 100 MB for o200k_base), once a process. @throws InputError for an unknown name. */
export function loadEncoding(name: EncodingName): Promise<BytePairEncoding> {
  let encoding = loaded.get(name);
  if (encoding === undefined) {
    encoding = Promise.all([loadRanks(name), import('gpt-tokenizer/encodingParams/constants')]).then(
      ([ranks, patterns]) => {
        if (name === 'o200k_base') return createEncoding(name, ranks, patterns.O200K_TOKEN_SPLIT_REGEX);
        if (name === 'cl100k_base') return createEncoding(name, ranks, patterns.CL100K_TOKEN_SPLIT_REGEX);
        return createEncoding(name, ranks, patterns.R50K_TOKEN_SPLIT_REGEX);
      },
    );
    loaded.set(name, encoding);
    // what could not be loaded, as without a network, is tried again
    encoding.catch(() => loaded.delete(name));
  }
  return encoding;
}
