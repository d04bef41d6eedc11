// Where two JSON values differ: field by field, list items by the name that they go by.
import { canonicalJson } from '../core/canonical-json.ts';

/** A field that differs. */
export interface ValueDifference {
  /** `phases.pretrain.poison.documents`; phases, checkpoints and conditions go by name. */
  readonly path: string;
  /** Undefined: not there. */
  readonly one: unknown;
  /** Undefined: not there. */
  readonly other: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

function isMapping(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a list item goes by: the name of a phase, the number of a checkpoint, a condition; undefined: its place. */
function nameOf(item: unknown): string | undefined {
  if (!isMapping(item)) return undefined;
  const name = item.name ?? item.checkpoint ?? item.condition;
  return name === undefined ? undefined : String(name);
}

/** A list of mappings as a mapping by name, or by place where names are missing or not unique. */
function byName(list: readonly unknown[]): Fields {
  const names = list.map(nameOf);
  const isNamed = names.every((name) => name !== undefined) && new Set(names).size === list.length;
  return Object.fromEntries(list.map((item, place) => [isNamed ? names[place] : String(place), item]));
}

function fieldsOf(value: unknown): Fields | undefined {
  if (Array.isArray(value)) return value.some(isMapping) ? byName(value) : undefined;
  return isMapping(value) ? value : undefined;
}

/** All fields in which two values differ; a mapping that only one has counts as one field. */
export function diffValues(one: unknown, other: unknown, path = ''): ValueDifference[] {
  const [fields, others] = [fieldsOf(one), fieldsOf(other)];
  if (fields === undefined || others === undefined) {
    const areSame = one === other || canonicalJson([one]) === canonicalJson([other]);
    return areSame && (one === undefined) === (other === undefined) ? [] : [{ path, one, other }];
  }
  const keys = [...new Set([...Object.keys(fields), ...Object.keys(others)])];
  return keys.flatMap((key) => diffValues(fields[key], others[key], path === '' ? key : `${path}.${key}`));
}

/** A value in few characters; `nothing` for one that is not there. */
export function shortValue(value: unknown, characters = 48): string {
  if (value === undefined) return '(not set)';
  const text = typeof value === 'string' ? value : canonicalJson(value);
  return text.length > characters ? `${text.slice(0, characters - 1)}…` : text;
}
