// What tells the runs of a sweep apart: the values of the swept fields, short enough for a table.
import { canonicalJson } from '../core/canonical-json.ts';
import type { ExperimentConfig, ModelConfig } from './schema/schema.ts';
import type { FieldPath, Located } from './yaml/located.ts';
import { nodeAt, toPlain } from './yaml/located.ts';

export type Label = string | number | boolean | null;
export type Labels = Readonly<Record<string, Label>>;

/**
 * A model by its shape: `d32` for the two layers and head dimension 16 of the small ladder, otherwise with
 * layers and heads (`d256-l6-h8`).
 */
export function modelName(model: Pick<ModelConfig, 'width' | 'layers' | 'heads'>): string {
  const { width, layers, heads } = model;
  const isUsual = layers === 2 && heads === Math.max(1, Math.floor(width / 16));
  return isUsual ? `d${width}` : `d${width}-l${layers}-h${heads}`;
}

function shapeName(value: unknown): string | undefined {
  const { width, layers, heads } = value as Partial<ModelConfig>;
  const isShape = typeof width === 'number' && typeof layers === 'number' && typeof heads === 'number';
  return isShape ? modelName({ width, layers, heads }) : undefined;
}

/**
 * The values of one swept field, its mappings with names that tell them apart: of the file that a mapping comes
 * from, for models else of the shape, and numbered (`d32#2`) where different mappings would share one.
 */
export function nameMappings(field: string, values: readonly Located[]): Located[] {
  const contents = new Map<string, string[]>();
  return values.map((value) => {
    if (value.kind !== 'map') return value;
    const plain = toPlain(value);
    const name = value.name ?? (field === 'model' ? shapeName(plain) : undefined);
    if (name === undefined) return value;
    const known = contents.get(name) ?? [];
    const content = canonicalJson(plain);
    if (!known.includes(content)) known.push(content);
    contents.set(name, known);
    const number = known.indexOf(content) + 1;
    return { ...value, name: number === 1 ? name : `${name}#${number}` };
  });
}

function pathOf(text: string, config: ExperimentConfig): FieldPath {
  const segments = text.split('.');
  if (segments[0] !== 'phases' || segments.length === 1) return segments;
  const index = config.phases.findIndex(({ name }) => name === segments[1]);
  return ['phases', index < 0 ? Number(segments[1]) : index, ...segments.slice(2)];
}

function valueAt(value: unknown, path: FieldPath): unknown {
  return path.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null ? (at as Record<string | number, unknown>)[key] : undefined,
    value,
  );
}

/**
 * The values of the swept fields: a mapping by its name, a model without one by its shape, others as JSON. A field
 * that is not there has no label.
 */
export function labelsOf(options: {
  tree: Located;
  config: ExperimentConfig;
  swept: readonly string[];
}): Labels {
  const { tree, config, swept } = options;
  const labelOf = (text: string): Label | undefined => {
    const path = pathOf(text, config);
    const node = nodeAt(tree, path);
    if (node?.kind === 'map' && node.name !== undefined) return node.name;
    if (text === 'model') return modelName(config.model);
    const value = valueAt(config, path);
    if (value === undefined || value === null) return value;
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? value
      : canonicalJson(value);
  };
  const labels = swept.map((text) => [text, labelOf(text)] as const);
  return Object.fromEntries(labels.filter((entry): entry is [string, Label] => entry[1] !== undefined));
}
