// One field set to one value: from `--set`, or one setting of a sweep.
import type { z } from 'zod';
import { extensionOf } from '../../core/paths.ts';
import { acceptsNull, fieldsOf, schemaAt } from '../schema/schema-walk.ts';
import type { FieldPath, Located, LocatedEntry, Place } from '../yaml/located.ts';
import { withEntry } from '../yaml/located.ts';

export interface Assignment {
  readonly path: FieldPath;
  /** The path in full, phases by name: equal for equal fields. */
  readonly text: string;
  readonly value: Located;
  /** The field goes away: null was given, and it does not accept null. */
  readonly removes: boolean;
  /** Fields beside it that the new value's kind (an attack) does not have: they leave with the old kind. */
  readonly drops: readonly string[];
  /** Where the path was written. */
  readonly place: Place;
}

const corpusKinds: Readonly<Record<string, string>> = {
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  // Refused with what to do instead, see rules.ts.
  '.json': 'jsonl',
  '.gz': 'jsonl',
  '.parquet': 'parquet',
  '.csv': 'csv',
  '.tsv': 'csv',
  '.txt': 'text',
  '': 'text',
};

/** The kind of corpus that a path's ending tells (a folder: text), or undefined. */
export function corpusKindOf(path: string): string | undefined {
  return corpusKinds[extensionOf(path).toLowerCase()];
}

/** A new path brings its own kind, unless its ending tells none: fields that only the old kind has leave with it. */
function adoptKind(corpus: Map<string, LocatedEntry>, path: string): void {
  const kind = corpusKindOf(path);
  const old = corpus.get('kind')?.value;
  const isHub = old?.kind === 'scalar' && old.value === 'hub';
  // The path of a data set of the Hub is its cache.
  if (kind === undefined || isHub) return;
  corpus.delete('kind');
  for (const field of ['language', 'promptSentences']) corpus.delete(field);
  if (kind !== 'jsonl') corpus.delete('promptField');
  if (kind === 'text') for (const field of ['textField', 'skipEmpty']) corpus.delete(field);
}

function assignInMap(node: Located | undefined, path: FieldPath, assignment: Assignment): Located {
  const { value, place } = assignment;
  const [key, ...rest] = path;
  const entries = node?.kind === 'map' ? node.entries : new Map<string, LocatedEntry>();
  const old = entries.get(String(key));
  const next = assign(old?.value, rest, assignment);
  const owner = node?.kind === 'map' ? node : { kind: 'map' as const, place };
  if (next === undefined)
    return { ...owner, entries: new Map([...entries].filter(([name]) => name !== String(key))) };
  const keyPlace = rest.length === 0 || old === undefined ? place : old.keyPlace;
  const changed = withEntry(entries, String(key), { keyPlace, value: next });
  const isCorpusPath = rest.length === 0 && key === 'path' && assignment.path.at(-2) === 'corpus';
  if (isCorpusPath && value.kind === 'scalar') adoptKind(changed, String(value.value));
  if (rest.length === 0) for (const field of assignment.drops) changed.delete(field);
  return { ...owner, entries: changed };
}

/** A copy with the assignment made; undefined where it takes the field away. */
function assign(node: Located | undefined, path: FieldPath, assignment: Assignment): Located | undefined {
  if (path.length === 0) return assignment.removes ? undefined : assignment.value;
  const [key, ...rest] = path;
  if (node?.kind !== 'list' || typeof key !== 'number') return assignInMap(node, path, assignment);
  return {
    ...node,
    items: node.items.map((item, index) => (index === key ? (assign(item, rest, assignment) ?? item) : item)),
  };
}

/** A copy of the experiment with assignments made in their order; what they pass through is made where it is missing. */
export function assignAll(root: Located, assignments: readonly Assignment[]): Located {
  return assignments.reduce((tree, assignment) => assign(tree, assignment.path, assignment) ?? tree, root);
}

/** The whole before its parts, so that a swept `model` does not undo a swept `model.width`; otherwise in order. */
export function outermostFirst(assignments: readonly Assignment[]): Assignment[] {
  return [...assignments].sort((a, b) => a.path.length - b.path.length);
}

/** Whether a value takes an optional field away: null, where the field does not accept null. */
export function isRemoval(value: Located, path: FieldPath, schema: z.core.$ZodType): boolean {
  const field = schemaAt(schema, path, undefined);
  return value.kind === 'scalar' && value.value === null && field !== undefined && !acceptsNull(field);
}

/** The fields of an attack's mapping that another attack does not have; none for a value that is no attack's name. */
export function foreignFields(value: Located, path: FieldPath, schema: z.core.$ZodType): string[] {
  const [key, owner] = [path.at(-1), schemaAt(schema, path.slice(0, -1), undefined)];
  if (key !== 'attack' || owner === undefined || value.kind !== 'scalar') return [];
  const own = fieldsOf(owner, { [key]: value.value });
  return [...fieldsOf(owner, undefined).keys()].filter((field) => !own.has(field));
}
