// JSON Schema (draft-7) of an experiment, from which editors complete and check the YAML.
import { z } from 'zod';
import type { AttackSchemas, DefenceSchemas } from './schema.ts';
import { corpusSchema, createExperimentSchema, modelSchema, tokenizerSchema } from './schema.ts';

interface JsonObject {
  [key: string]: unknown;
}

const extendsField = {
  type: 'string',
  description:
    'A file with a mapping that is laid under this one; relative to this file, or shipped: tinypoison:models/d32.',
};
const fileField = {
  type: 'string',
  description: 'A file that holds this mapping; relative to this file, or shipped: tinypoison:models/d32.',
};

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isDiscriminated(value: unknown): boolean {
  return Array.isArray(value) && value.some((option) => isObject(option) && isObject(option.properties));
}

/** Every mapping may extend a file, which may then hold what the mapping requires. */
function allowExtends(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(allowExtends);
  if (!isObject(value)) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, field]) => [key, allowExtends(field)]));
  // With `extends`, a mapping need not name its kind, and so may be any of the alternatives.
  if (isDiscriminated(copy.oneOf)) {
    copy.anyOf = copy.oneOf;
    delete copy.oneOf;
  }
  const { properties, required } = copy;
  if (!isObject(properties) || copy.type !== 'object') return copy;
  copy.properties = { ...properties, extends: extendsField };
  delete copy.required;
  if (Array.isArray(required)) {
    // The kind of a corpus is told by its path, and is stories without one.
    const isCorpus = isObject(properties.splits);
    const needed = isCorpus ? required.filter((name) => name !== 'kind') : required;
    if (needed.length > 0) copy.anyOf = [{ required: needed }, { required: ['extends'] }];
  }
  return copy;
}

function toJson(schema: z.ZodType): JsonObject {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-7', io: 'input' }) as JsonObject;
  return allowExtends(rest) as JsonObject;
}

function fileOr(schema: unknown): JsonObject {
  return { anyOf: [fileField, schema] };
}

/** One poison, a list of them, or a file of one, also as an item; what one is stands once. */
function poisonOr(schema: unknown): JsonObject {
  const { anyOf, ...rest } = schema as JsonObject & { readonly anyOf: readonly [unknown, JsonObject] };
  const [one, list] = anyOf;
  const items = fileOr({ $ref: '#/properties/phases/items/properties/poison/anyOf/1' });
  return { ...rest, anyOf: [fileField, one, { ...list, items }] };
}

/** The grid: any field path, with known mappings completed. */
function gridProperties(): JsonObject {
  const fields = { model: modelSchema, corpus: corpusSchema, tokenizer: tokenizerSchema };
  return Object.fromEntries(
    Object.entries(fields).map(([name, schema]) => [
      name,
      { type: 'array', minItems: 1, items: fileOr(toJson(schema)) },
    ]),
  );
}

/** The properties of the mapping at a path of property names. */
function propertiesAt(schema: JsonObject, path: readonly string[]): JsonObject {
  const properties = schema.properties as JsonObject;
  const [key, ...rest] = path;
  return key === undefined ? properties : propertiesAt(properties[key] as JsonObject, rest);
}

/**
 * JSON Schema of an experiment: what the zod schema accepts, and also `extends` in every mapping and a file
 * where a model, corpus, tokenizer or poison is expected. Rules between fields are not in it.
 */
export function generateJsonSchema(attacks: AttackSchemas, defences: DefenceSchemas = {}): JsonObject {
  const schema = toJson(createExperimentSchema(attacks, defences));
  const top = propertiesAt(schema, []);
  for (const name of ['model', 'corpus', 'tokenizer']) top[name] = fileOr(top[name]);
  const phase = propertiesAt((top.phases as JsonObject).items as JsonObject, []);
  phase.corpus = fileOr(phase.corpus);
  const mixed = propertiesAt((phase.mix as JsonObject).items as JsonObject, []);
  const { description } = mixed.corpus as JsonObject;
  mixed.corpus = { description, $ref: '#/properties/phases/items/properties/corpus' };
  phase.poison = poisonOr(phase.poison);
  const grid = propertiesAt(top.sweep as JsonObject, []).grid as JsonObject;
  grid.properties = gridProperties();
  return { $schema: 'http://json-schema.org/draft-07/schema#', title: 'tinypoison experiment', ...schema };
}
