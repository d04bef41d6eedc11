// Questions about a zod schema: which fields exist at a path, and what a field accepts.
import type { z } from 'zod';

interface Definition {
  readonly type: string;
  readonly innerType?: z.core.$ZodType;
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly options?: readonly z.core.$ZodType[];
  readonly discriminator?: string;
  readonly element?: z.core.$ZodType;
  readonly values?: readonly unknown[];
}

type Schema = z.core.$ZodType;

function definitionOf(schema: Schema): Definition {
  return schema._zod.def as unknown as Definition;
}

/** The schema inside default, prefault, optional and nullable. */
function unwrap(schema: Schema): Schema {
  const { innerType } = definitionOf(schema);
  return innerType === undefined ? schema : unwrap(innerType);
}

function fieldAt(value: unknown, key: string | number): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string | number, unknown>)[key]
    : undefined;
}

/**
 * The fields of a mapping by name. Of a union (corpus kinds, attacks) those of the alternative that the value
 * names, or of the one that is meant where it names none, or all of them. Empty for anything else.
 */
export function fieldsOf(schema: Schema, value: unknown): ReadonlyMap<string, Schema> {
  const definition = definitionOf(unwrap(schema));
  if (definition.shape !== undefined) return new Map(Object.entries(definition.shape));
  const { options = [], discriminator } = definition;
  const named = discriminator === undefined ? undefined : fieldAt(value, discriminator);
  const chosen = options.filter((option) => {
    const literal = discriminator === undefined ? undefined : definitionOf(option).shape?.[discriminator];
    if (literal === undefined) return false;
    return named === undefined ? isOptional(literal) : definitionOf(unwrap(literal)).values?.includes(named);
  });
  const fields = new Map<string, Schema>();
  for (const option of chosen.length > 0 ? chosen : options)
    for (const [name, field] of fieldsOf(option, value)) if (!fields.has(name)) fields.set(name, field);
  return fields;
}

/** The schema of the items of a list; also where a list is one of several alternatives. */
function elementOf(schema: Schema): Schema | undefined {
  const { element, options = [] } = definitionOf(unwrap(schema));
  return element ?? options.map(elementOf).find((own) => own !== undefined);
}

const isIndex = (key: string | number) => typeof key === 'number' || /^\d+$/.test(key);

/** The schema at a path, or undefined where the path leads to no field. */
export function schemaAt(
  schema: Schema,
  path: readonly (string | number)[],
  value: unknown,
): Schema | undefined {
  let current: Schema | undefined = schema;
  let at = value;
  for (const key of path) {
    if (current === undefined) return undefined;
    const element: Schema | undefined = isIndex(key) ? elementOf(current) : undefined;
    current = element ?? fieldsOf(current, at).get(String(key));
    at = fieldAt(at, key);
  }
  return current;
}

/** Whether a field may be null. */
export function acceptsNull(schema: Schema): boolean {
  const { type, innerType } = definitionOf(schema);
  return type === 'nullable' || (innerType !== undefined && acceptsNull(innerType));
}

/** Whether a field may be left out and then does not exist: neither required nor given a default. */
export function isOptional(schema: Schema): boolean {
  return definitionOf(schema).type === 'optional';
}

/**
 * Every field path below a schema, to suggest from: `model.width`, `phases.pretrain.poison.documents`. Of a
 * mapping that may be left out and is, only its own name.
 */
export function fieldPaths(schema: Schema, value: unknown, prefix = ''): string[] {
  const element = elementOf(schema);
  if (element !== undefined && Array.isArray(value)) {
    return value.flatMap((item, index) => {
      const name = fieldAt(item, 'name');
      return fieldPaths(element, item, `${prefix}${typeof name === 'string' ? name : index}.`);
    });
  }
  return [...fieldsOf(schema, value)].flatMap(([name, field]) => {
    const at = fieldAt(value, name);
    const isAbsent = at === undefined && isOptional(field);
    return [`${prefix}${name}`, ...(isAbsent ? [] : fieldPaths(field, at, `${prefix}${name}.`))];
  });
}
