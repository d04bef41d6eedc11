// What zod found, as text, at the place where it was written.
import type { z } from 'zod';
import type { Problem } from '../../core/errors.ts';
import { fieldsOf, schemaAt } from '../schema/schema-walk.ts';
import type { FieldPath, Located } from './located.ts';
import { nodeAt, placeAt, problemAt, showValue, toPlain } from './located.ts';
import { calledHere, remedyOf } from './remedies.ts';
import { nearest, suggestion } from './suggest.ts';

type Issue = z.core.$ZodIssue;

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
};

/** A path as a person writes it: phases by name where they have one. */
export function showPath(root: Located, path: FieldPath): string {
  const parts = path.map((key, depth) => {
    const name = typeof key === 'number' ? nodeAt(root, [...path.slice(0, depth + 1), 'name']) : undefined;
    return name?.kind === 'scalar' && typeof name.value === 'string' ? name.value : String(key);
  });
  return parts.length === 0 ? 'the experiment' : parts.join('.');
}

function choices(values: readonly unknown[], seen: unknown): string {
  const known = values.map(String);
  const near = typeof seen === 'string' ? nearest(seen, known) : undefined;
  return `${known.length === 1 ? '' : 'one of '}${known.join(', ')}${near === undefined ? '' : ` (did you mean ${near}?)`}`;
}

function unionChoices(issue: Issue): readonly unknown[] {
  return 'options' in issue && Array.isArray(issue.options) ? issue.options : [];
}

/** What a text must look like: as its schema says it, else as all names are written. */
function wantedPattern(issue: Issue & { code: 'invalid_format'; pattern?: string }): string {
  const isOwn = !issue.message.startsWith('Invalid string');
  return isOwn ? issue.message : `lower-case letters, digits and hyphens (pattern ${issue.pattern})`;
}

/** What the field must be, after "must be". */
function requirement(issue: Issue, seen: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeNames[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return choices(issue.values, seen);
    case 'invalid_union':
      return choices(unionChoices(issue), seen);
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    case 'too_small':
    case 'too_big': {
      const isMinimum = issue.code === 'too_small';
      const limit = String(isMinimum ? issue.minimum : issue.maximum);
      const noun = issue.origin === 'string' ? ' character' : issue.origin === 'array' ? ' item' : '';
      const unit = noun === '' || limit === '1' ? noun : `${noun}s`;
      if (issue.inclusive === false) return `${isMinimum ? 'above' : 'below'} ${limit}${unit}`;
      return `${isMinimum ? 'at least' : 'at most'} ${limit}${unit}`;
    }
    case 'invalid_format':
      return issue.format === 'regex' && 'pattern' in issue
        ? wantedPattern(issue)
        : `of the form ${issue.format}`;
    default:
      return issue.message;
  }
}

function unknownKeys(
  issue: Issue & { code: 'unrecognized_keys' },
  root: Located,
  schema: z.core.$ZodType,
): Problem[] {
  const path = issue.path as FieldPath;
  const owner = nodeAt(root, path);
  const value = owner === undefined ? undefined : toPlain(owner);
  const field = schemaAt(schema, path, toPlain(root));
  const fields = field === undefined ? new Map() : fieldsOf(field, value);
  const names = [...fields.keys()];
  const missing = names.filter((name) => owner?.kind !== 'map' || !owner.entries.has(name));
  return issue.keys.map((key) => {
    const entry = owner?.kind === 'map' ? owner.entries.get(key) : undefined;
    const where = path.length === 0 ? '' : ` in ${showPath(root, path)}`;
    const isNear = nearest(key, missing) === undefined && nearest(key, names) !== undefined;
    const called = calledHere(key);
    const remedy =
      key === '<<'
        ? '; merge keys are not read: use extends'
        : called === undefined
          ? suggestion(key, isNear ? names : missing)
          : `; ${called}`;
    return problemAt(entry?.keyPlace ?? placeAt(root, path), `unknown field ${key}${where}${remedy}`);
  });
}

/** The problems that one finding of zod stands for, each at its place. */
export function describeIssue(issue: Issue, root: Located, schema: z.core.$ZodType): Problem[] {
  if (issue.code === 'unrecognized_keys') return unknownKeys(issue, root, schema);
  const path = issue.path as FieldPath;
  const node = nodeAt(root, path);
  const field = showPath(root, path);
  if (issue.code === 'custom') return [problemAt(placeAt(root, path), `${field}: ${issue.message}`)];
  if (node === undefined) {
    const parent = nodeAt(root, path.slice(0, -1));
    if (parent?.kind === 'map' && parent.incomplete === true) return [];
    return [
      problemAt(placeAt(root, path), `${field} is missing: it must be ${requirement(issue, undefined)}`),
    ];
  }
  const seen = toPlain(node);
  const shown = seen === null ? 'nothing (null)' : showValue(seen);
  const remedy = issue.code === 'invalid_type' ? remedyOf(field, issue.expected, seen) : '';
  return [
    problemAt(placeAt(root, path), `${field} must be ${requirement(issue, seen)}, not ${shown}${remedy}`),
  ];
}
