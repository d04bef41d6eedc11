// Paths to fields, as the command line and a sweep write them: `phases.pretrain.poison.documents`.
import type { z } from 'zod';
import { fieldPaths, isOptional, schemaAt } from '../schema/schema-walk.ts';
import type { FieldPath, Located } from './located.ts';
import { childOf, nodeAt, toPlain } from './located.ts';
import { calledHere } from './remedies.ts';
import { editDistance, nearest, suggestion } from './suggest.ts';

export type ResolvedPath =
  | { readonly path: FieldPath /** Written in full, phases by name. */; readonly text: string }
  | { readonly problem: string };

interface Fields {
  readonly root: Located;
  readonly schema: z.core.$ZodType;
}

interface Phase {
  readonly name: string;
  readonly node: Located;
}

function phasesOf(root: Located): Phase[] {
  const phases = childOf(root, 'phases');
  if (phases?.kind !== 'list') return [];
  return phases.items.map((node, index) => {
    const name = childOf(node, 'name');
    return {
      node,
      name: name?.kind === 'scalar' && typeof name.value === 'string' ? name.value : String(index),
    };
  });
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

function unknownPath(text: string, { root, schema }: Fields): ResolvedPath {
  const called = calledHere(lastPart(text));
  if (called !== undefined) return { problem: `there is no field ${text}; ${called}` };
  const full = fieldPaths(schema, toPlain(root)).filter((path) => path !== 'schema');
  const shortened = full.map((path) => path.replace(/^phases\.[^.]+\./, ''));
  // A right last part in the wrong place is likelier than a misspelt one.
  const sameEnding = shortened.filter((path) => lastPart(path) === lastPart(text));
  const closest = sameEnding.sort((a, b) => editDistance(text, a) - editDistance(text, b))[0];
  const hint =
    closest === undefined
      ? (nearest(text, full) ?? nearest(text, shortened))
      : full[shortened.indexOf(closest)];
  return { problem: `there is no field ${text}${hint === undefined ? '' : `; did you mean ${hint}?`}` };
}

/** A path in full. @param index of a phase that is there */
function fullText(segments: readonly string[], index: number, root: Located): string {
  const { name } = phasesOf(root)[index] as Phase;
  return ['phases', name, ...segments].join('.');
}

/** A path with the places of items as numbers. A list's item has to be named, and to be there. */
function withPlaces(path: FieldPath, text: string, { root }: Fields): ResolvedPath {
  let node: Located | undefined = root;
  const placed: (string | number)[] = [];
  for (const key of path) {
    if (node?.kind === 'list') {
      const most: number = node.items.length - 1;
      if (!/^\d+$/.test(String(key)) || Number(key) > most) {
        const list = placed.at(-1);
        return {
          problem: `${text}: ${list} is a list of ${most + 1}; say which of them: ${list}.0${most > 0 ? ` to ${list}.${most}` : ''}`,
        };
      }
      placed.push(Number(key));
    } else placed.push(key);
    node = childOf(node, key);
  }
  return { path: placed, text };
}

/**
 * Whether a path leads to a field: of the alternative that the config names (a corpus kind, an attack, a trigger family),
 * or of those that it could name, since another option may change that.
 */
function isField(path: FieldPath, { root, schema }: Fields): boolean {
  return (
    schemaAt(schema, path, undefined) !== undefined || schemaAt(schema, path, toPlain(root)) !== undefined
  );
}

function resolveInPhase(segments: readonly string[], index: number, fields: Fields): ResolvedPath {
  const path: FieldPath = ['phases', index, ...segments];
  const full = fullText(segments, index, fields.root);
  if (!isField(path, fields)) return unknownPath(full, fields);
  const item = path.findIndex((key, depth) => depth > 1 && /^\d+$/.test(String(key)));
  if (item > 0 && nodeAt(fields.root, path.slice(0, item))?.kind !== 'list')
    return { problem: `${full}: ${path[item - 1]} is no list here; leave out .${path[item]}` };
  return withPlaces(path, full, fields);
}

/** The phases that a path without `phases.<name>` can mean. */
function candidatePhases(segments: readonly string[], { root, schema }: Fields): number[] {
  const phases = phasesOf(root);
  const all = phases.map((_, index) => index);
  const [field = ''] = segments;
  const first = schemaAt(schema, ['phases', 0, field], undefined);
  if (first === undefined || !isOptional(first)) return all;
  const having = all.filter((index) => childOf((phases[index] as Phase).node, field) !== undefined);
  return having.length > 0 ? having : all;
}

function resolveShort(text: string, fields: Fields): ResolvedPath {
  const segments = text.split('.');
  const candidates = candidatePhases(segments, fields);
  if (![0, ...candidates].some((index) => isField(['phases', index, ...segments], fields)))
    return unknownPath(text, fields);
  const [candidate, ...others] = candidates;
  if (candidate !== undefined && others.length === 0) return resolveInPhase(segments, candidate, fields);
  const full = candidates.map((index) => fullText(segments, index, fields.root));
  return {
    problem: `${text} could be ${full.length === 0 ? 'in any phase' : full.join(' or ')}; write the whole path`,
  };
}

/**
 * The field that a path means. Phases go by name or index (from 0); `phases.<name>` may be left out where one
 * phase alone has the field, or could have it. An unknown path suggests the nearest.
 */
export function resolveFieldPath(text: string, fields: Fields): ResolvedPath {
  const segments = text.split('.');
  const [first = '', phase] = segments;
  if (first === 'phases' && phase !== undefined) {
    const phases = phasesOf(fields.root);
    const index = phases.findIndex(({ name }, position) => name === phase || String(position) === phase);
    if (index >= 0) return resolveInPhase(segments.slice(2), index, fields);
    return {
      problem: `${text}: no phase is called ${phase}${suggestion(
        phase,
        phases.map(({ name }) => name),
      )}`,
    };
  }
  const isTop = schemaAt(fields.schema, [first], undefined) !== undefined;
  if (!isTop) return resolveShort(text, fields);
  return schemaAt(fields.schema, segments, undefined) === undefined
    ? unknownPath(text, fields)
    : { path: segments, text };
}
