// What the command line says of an experiment, written into its tree.
import { type Located, type LocatedEntry, type LocatedMap, nodeAt } from '../yaml/located.ts';
import { type Assignment, assignAll, outermostFirst } from './assignment.ts';
import type { GridAxis } from './sweep.ts';

/** What the command line lays over an experiment's file. */
interface Options {
  readonly sets: readonly Assignment[];
  readonly axes: readonly GridAxis[];
  readonly variants: readonly (readonly Assignment[])[];
  readonly list: readonly (readonly Assignment[])[];
}

function mapOf(entries: readonly (readonly [string, Located])[], { place }: Located): LocatedMap {
  const located = entries.map(([key, value]): [string, LocatedEntry] => [key, { keyPlace: place, value }]);
  return { kind: 'map', place, entries: new Map(located) };
}

/**
 * The experiment with `--set` and `--sweep` written into its tree.
 * @param written with the files that it extends
 */
export function layOptions(written: Located, { sets, axes, variants, list }: Options): Located {
  const base = assignAll(written, outermostFirst(sets));
  if (base.kind !== 'map') return base;
  // A value of the sweep replaces its field whole, and with it what `--set` has put inside.
  const withSets = (assignment: Assignment): Located => {
    if (assignment.removes || !sets.some(({ text }) => text.startsWith(`${assignment.text}.`)))
      return assignment.value;
    const tree = assignAll(written, outermostFirst([assignment, ...sets]));
    return nodeAt(tree, assignment.path) ?? assignment.value;
  };
  const setting = (assignments: readonly Assignment[]): Located =>
    mapOf(
      assignments.map((assignment) => [assignment.text, withSets(assignment)]),
      base,
    );
  const { place } = base;
  const settings = (all: readonly (readonly Assignment[])[]): Located => ({
    kind: 'list',
    place,
    items: all.map(setting),
  });
  const grid = mapOf(
    axes.map(({ text, values }) => [text, { kind: 'list', place, items: values.map(withSets) }]),
    base,
  );
  const old = nodeAt(base, ['sweep']);
  const entries = new Map(old?.kind === 'map' ? old.entries : []);
  const parts: readonly [string, Located, number][] = [
    ['grid', grid, axes.length],
    ['variants', settings(variants), variants.length],
    ['list', settings(list), list.length],
  ];
  for (const [key, value, length] of parts) {
    if (length === 0) entries.delete(key);
    else entries.set(key, { keyPlace: place, value });
  }
  const sweep: LocatedMap = { kind: 'map', place, entries };
  const all = new Map(base.entries);
  if (entries.size === 0) all.delete('sweep');
  else all.set('sweep', { keyPlace: place, value: sweep });
  return { ...base, entries: all };
}
