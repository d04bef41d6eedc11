// Values that know where they were written: what YAML becomes before it is merged, overridden and checked.
import type { Problem } from '../../core/errors.ts';

/** Where a value was written. */
export interface Place {
  /** As problems name it: a path, or `--set phases.pretrain.tokens=5000`. */
  readonly file: string;
  /** Folder that relative paths written there start from. */
  readonly folder: string;
  /** From 1; absent on the command line. */
  readonly line?: number;
  readonly column?: number;
}

export interface LocatedScalar {
  readonly kind: 'scalar';
  readonly place: Place;
  readonly value: string | number | boolean | null;
}

export interface LocatedList {
  readonly kind: 'list';
  readonly place: Place;
  readonly items: readonly Located[];
}

export interface LocatedEntry {
  readonly keyPlace: Place;
  readonly value: Located;
}

export interface LocatedMap {
  readonly kind: 'map';
  readonly place: Place;
  readonly entries: ReadonlyMap<string, LocatedEntry>;
  /** Stem of the file the whole mapping came from: `d32` for configs/models/d32.yaml. */
  readonly name?: string;
  /** True where a file it extends could not be used: what is missing here may be no fault of this mapping. */
  readonly incomplete?: boolean;
}

export type Located = LocatedMap | LocatedList | LocatedScalar;

/** Names of mappings (`phases`) and indices of lists. */
export type FieldPath = readonly (string | number)[];

/** The plain value, as a schema takes it. */
export function toPlain(node: Located): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(toPlain);
  return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, toPlain(value)]));
}

/** The child of a node, or undefined where there is none. */
export function childOf(node: Located | undefined, key: string | number): Located | undefined {
  if (node?.kind === 'map') return node.entries.get(String(key))?.value;
  return node?.kind === 'list' ? node.items[Number(key)] : undefined;
}

/** The node at a path, or undefined where there is none. */
export function nodeAt(root: Located | undefined, path: FieldPath): Located | undefined {
  return path.reduce<Located | undefined>(childOf, root);
}

/** The place of the value at a path, or of the nearest mapping or list around it. */
export function placeAt(root: Located, path: FieldPath): Place {
  let node = root;
  let place = root.place;
  for (const key of path) {
    const entry = node.kind === 'map' ? node.entries.get(String(key)) : undefined;
    const child = entry?.value ?? childOf(node, key);
    if (child === undefined) return place;
    // A mapping that lacks something is best shown by its own key.
    place = child.kind === 'map' && entry !== undefined ? entry.keyPlace : child.place;
    node = child;
  }
  return node.kind === 'map' ? place : node.place;
}

/** A problem at a place. */
export function problemAt(place: Place, message: string): Problem {
  return {
    message,
    file: place.file,
    ...(place.line === undefined ? {} : { line: place.line }),
    ...(place.column === undefined ? {} : { column: place.column }),
  };
}

/** A value as a message shows it: short, on one line. */
export function showValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'a mapping';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…"` : text;
}

/** Fields of which a mapping holds one: writing one over a mapping that has the other replaces it. */
const rivals: Readonly<Record<string, string>> = {
  tokens: 'tokensPerParameter',
  tokensPerParameter: 'tokens',
  documents: 'share',
  share: 'documents',
};

/** Entries with one added or replaced; its rival (tokens for tokensPerParameter, documents for share) leaves. */
export function withEntry(
  entries: ReadonlyMap<string, LocatedEntry>,
  key: string,
  entry: LocatedEntry,
): Map<string, LocatedEntry> {
  const result = new Map(entries);
  const rival = rivals[key];
  if (rival !== undefined) result.delete(rival);
  return result.set(key, entry);
}
