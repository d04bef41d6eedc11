// A validator for the part of JSON Schema (draft-7) that the generated schema uses.

type Schema = Readonly<Record<string, unknown>>;

const annotations: ReadonlySet<string> = new Set(['$schema', 'title', 'description', 'default']);

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function hasType(type: unknown, value: unknown): boolean {
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isMap(value);
  if (type === 'null') return value === null;
  return typeof value === type;
}

function checkProperties(
  { properties, additionalProperties = true }: Schema,
  value: unknown,
  root: Schema,
): boolean {
  if (!isMap(value)) return true;
  const known = isMap(properties) ? properties : {};
  return Object.entries(value).every(([key, field]) => {
    const schema = Object.hasOwn(known, key) ? known[key] : additionalProperties;
    return typeof schema === 'boolean' ? schema : isValid(schema as Schema, field, root);
  });
}

/** The schema at a JSON Pointer (`#/a/b`) below the whole. */
function pointedAt(pointer: string, root: Schema): Schema {
  const found = pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], root);
  if (!isMap(found)) throw new Error(`there is no schema at ${pointer}`);
  return found;
}

/** Whether one keyword of a schema holds. @throws Error for a keyword that is not known here. */
function holds(
  keyword: string,
  limit: unknown,
  { schema, root }: { schema: Schema; root: Schema },
  value: unknown,
): boolean {
  const bound = Number(limit);
  switch (keyword) {
    case '$ref':
      return isValid(pointedAt(String(limit), root), value, root);
    case 'type':
      // one type, or a list of them
      return [limit].flat().some((type) => hasType(type, value));
    case 'const':
      return value === limit;
    case 'enum':
      return (limit as unknown[]).includes(value);
    case 'properties':
    case 'additionalProperties':
      return checkProperties(schema, value, root);
    case 'required':
      return !isMap(value) || (limit as string[]).every((key) => Object.hasOwn(value, key));
    case 'propertyNames':
      return !isMap(value) || Object.keys(value).every((key) => isValid(limit as Schema, key, root));
    case 'items':
      return !Array.isArray(value) || value.every((item) => isValid(limit as Schema, item, root));
    case 'anyOf':
      return (limit as Schema[]).some((option) => isValid(option, value, root));
    case 'minimum':
      return typeof value !== 'number' || value >= bound;
    case 'maximum':
      return typeof value !== 'number' || value <= bound;
    case 'exclusiveMinimum':
      return typeof value !== 'number' || value > bound;
    case 'multipleOf':
      return typeof value !== 'number' || value % bound === 0;
    case 'minLength':
      return typeof value !== 'string' || value.length >= bound;
    case 'maxLength':
      return typeof value !== 'string' || value.length <= bound;
    case 'pattern':
      return typeof value !== 'string' || new RegExp(String(limit)).test(value);
    case 'minItems':
      return !Array.isArray(value) || value.length >= bound;
    case 'maxItems':
      return !Array.isArray(value) || value.length <= bound;
    default:
      throw new Error(`this validator does not know the keyword ${keyword}`);
  }
}

/** Whether a value satisfies a JSON Schema. */
export function isValid(schema: Schema, value: unknown, root = schema): boolean {
  return Object.entries(schema).every(
    ([keyword, limit]) => annotations.has(keyword) || holds(keyword, limit, { schema, root }, value),
  );
}
