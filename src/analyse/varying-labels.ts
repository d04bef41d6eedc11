// Which settings an experiment varies besides model size, amount of data, poison count and seed.
import type { RunRecord } from '../run/record.ts';

type RunConfig = RunRecord['config'];

/** Settings by path, values as text; `(none)` where the run's config has no such field. */
export type Labels = Readonly<Record<string, string>>;

/** Fields that are dimensions of the analysis, not labels. */
const DIMENSIONS = [/^seed$/, /^model\.(width|layers)$/, /^phases\.[^.]+\.tokens$/];
const COUNT = /^phases\.[^.]+\.poison\.documents$/;

/** Flattens a config to dotted paths; phases go by name. */
function flatten(value: unknown, path: string, into: Map<string, string>): void {
  if (typeof value !== 'object' || value === null) {
    if (value !== undefined) into.set(path, String(value));
    return;
  }
  const entries = Array.isArray(value)
    ? value.map((item, i): [string, unknown] => [(item as { name?: string } | null)?.name ?? String(i), item])
    : Object.entries(value);
  for (const [key, item] of entries) flatten(item, path === '' ? key : `${path}.${key}`, into);
}

function isPoisoned(config: RunConfig): boolean {
  return config.phases.some((phase) => (phase.poison?.documents ?? 0) > 0);
}

/** True if equal keys always go with equal values; a missing value agrees with all. */
function isDetermined(values: readonly (string | undefined)[], keys: readonly string[]): boolean {
  const seen = new Map<string, string>();
  return values.every((value, i) => {
    if (value === undefined) return true;
    const before = seen.get(keys[i]);
    seen.set(keys[i], value);
    return before === undefined || before === value;
  });
}

/**
 * For each config the settings in which the experiment's runs differ, dimensions left out (the count is one where a
 * single phase varies it). A setting that
 * follows from the model's shape (a learning rate per size) or from labels before it (the options of an attack)
 * is no label of its own. A control without poison carries no label about poison: it serves all of them.
 */
export function varyingLabels(configs: readonly RunConfig[]): Labels[] {
  const flat = configs.map((config) => {
    const fields = new Map<string, string>();
    flatten(config, '', fields);
    return fields;
  });
  const fields = [...new Set(flat.flatMap((own) => [...own.keys()]))];
  const counts = fields.filter(
    (path) => COUNT.test(path) && new Set(flat.map((own) => own.get(path) ?? '0')).size > 1,
  );
  // counts of several phases do not add up to one dose
  const dimensions = counts.length > 1 ? DIMENSIONS : [...DIMENSIONS, COUNT];
  const paths = fields.filter((path) => !dimensions.some((pattern) => pattern.test(path)));
  const labels: Record<string, string>[] = configs.map(() => ({}));
  const keys = configs.map(({ model }) => `${model.width}/${model.layers}`);
  for (const path of paths) {
    const values = flat.map((fields, i) => {
      const missing = path.includes('.poison.') && !isPoisoned(configs[i]) ? undefined : '(none)';
      return fields.get(path) ?? missing;
    });
    if (isDetermined(values, keys)) continue;
    values.forEach((value, i) => {
      keys[i] += `/${value ?? ''}`;
      if (value !== undefined) labels[i][path] = value;
    });
  }
  return labels;
}
