// Which settings an experiment varies besides model size, amount of data, poison count and seed.
import { plantsOfFirst } from '../config/measured-poisons.ts';
import { plantedDocuments } from '../config/poisons.ts';
import { leftOutPoisonOption } from '../config/schema/poison-options.ts';
import type { RunRecord } from '../run/record.ts';

type RunConfig = RunRecord['config'];

/** Settings by path, values as text; `(none)` where the run's config has no such field. */
export type Labels = Readonly<Record<string, string>>;

/** Fields that are dimensions of the analysis, not labels. */
const DIMENSIONS = [/^seed$/, /^model\.width$/];
const TOKENS = /^phases\.([^.]+)\.tokens$/;
const LAYERS = 'model.layers';

/**
 * The value of a setting that a config leaves out. Undefined for poison's in a control, which serves all values of what it
 * cannot have: all of them where its phase has no poison, otherwise the options that mean nothing without documents.
 */
function leftOut(
  path: string,
  { config, fields }: { config: RunConfig; fields: ReadonlyMap<string, string> },
): string | undefined {
  const option = leftOutPoisonOption(path);
  const isControl = path.includes('.poison.') && !isPoisoned(config);
  if (isControl && option?.inControls !== true) {
    const poison = path.slice(0, path.indexOf('.poison.') + '.poison.'.length);
    const hasOwn = [...fields.keys()].some((field) => field.startsWith(poison));
    if (!hasOwn || option !== undefined) return undefined;
  }
  return option?.value ?? '(none)';
}

/** Flattens a config to dotted paths; phases go by name, a range of numbers is one value. */
function flatten(value: unknown, path: string, into: Map<string, string>): void {
  if (typeof value !== 'object' || value === null) {
    if (value !== undefined) into.set(path, String(value));
    return;
  }
  const { minimum, maximum, ...others } = value as Record<string, unknown>;
  if (typeof minimum === 'number' && typeof maximum === 'number' && Object.keys(others).length === 0) {
    into.set(path, `${minimum} to ${maximum}`);
    return;
  }
  const entries = Array.isArray(value)
    ? value.map((item, i): [string, unknown] => [(item as { name?: string } | null)?.name ?? String(i), item])
    : Object.entries(value);
  for (const [key, item] of entries) flatten(item, path === '' ? key : `${path}.${key}`, into);
}

/** Fields that hold the count of the first poison. */
function countFields({ phases }: RunConfig): string[] {
  return plantsOfFirst(phases).map(
    ({ phase, place }) => `phases.${phase}.poison${place === undefined ? '' : `.${place}`}.documents`,
  );
}

function isPoisoned(config: RunConfig): boolean {
  return plantedDocuments(config.phases) > 0;
}

/**
 * A config's settings by path. Tokens of phases that are never poisoned say how much clean training comes before or
 * after: they are kept as tokens per token of the poisoned phases, so that sizes with equal budgets agree.
 */
function settingsOf(config: RunConfig, poisonedPhases: ReadonlySet<string>): Map<string, string> {
  const fields = new Map<string, string>();
  flatten(config, '', fields);
  const poisoned = config.phases.filter(({ name }) => poisonedPhases.has(name));
  const tokens = poisoned.reduce((sum, phase) => sum + phase.tokens, 0);
  for (const [path, value] of [...fields]) {
    const phase = TOKENS.exec(path)?.[1];
    if (phase === undefined) continue;
    fields.delete(path);
    if (tokens === 0 || poisonedPhases.has(phase)) continue;
    fields.set(`${path} per poisoned phase's`, String(Number((Number(value) / tokens).toPrecision(2))));
  }
  return fields;
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

/** Labels by the paths given; what follows from the shape or from labels before it is left out. */
function labelsBy(
  paths: readonly string[],
  options: {
    configs: readonly RunConfig[];
    settings: readonly ReadonlyMap<string, string>[];
    shapes: readonly string[];
  },
): Labels[] {
  const { configs, settings, shapes } = options;
  const labels: Record<string, string>[] = configs.map(() => ({}));
  const keys = [...shapes];
  for (const path of paths) {
    const values = settings.map(
      (fields, i) => fields.get(path) ?? leftOut(path, { config: configs[i], fields }),
    );
    if (isDetermined(values, keys)) continue;
    values.forEach((value, i) => {
      keys[i] += `/${value ?? ''}`;
      if (value !== undefined) labels[i][path] = value;
    });
  }
  return labels;
}

/** What a run takes of each pool of stimuli: its fields at these paths, as text. */
export function stimuliOf(config: RunConfig, paths: readonly string[]): string[] {
  if (paths.length === 0) return [];
  const fields = new Map<string, string>();
  flatten(config, '', fields);
  return paths.map((path) => {
    const own = [...fields].filter(([field]) => field === path || field.startsWith(`${path}.`));
    return JSON.stringify(own.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value));
  });
}

/**
 * For each config the settings in which the experiment's runs differ, dimensions left out (the count is one where a
 * single phase varies it, the number of layers where it alone makes the sizes). A setting that
 * follows from the model's shape (a learning rate per size) or from labels before it (the options of an attack)
 * is no label of its own; neither is a stimulus. A control without poison carries no label about poison: it serves all of them.
 */
export function varyingLabels(configs: readonly RunConfig[], stimuli: readonly string[] = []): Labels[] {
  // What follows from a stimulus, itself included, is no label.
  const drawn = configs.map((config) =>
    stimuliOf(config, stimuli)
      .map((value) => `/${value}`)
      .join(''),
  );
  const poisonedPhases = new Set(
    configs.flatMap(({ phases }) => phases.filter(({ poison }) => poison).map(({ name }) => name)),
  );
  const settings = configs.map((config) => settingsOf(config, poisonedPhases));
  // Sorted, so that labels are the same for records from memory and from files, which sort their keys.
  const fields = [...new Set(settings.flatMap((own) => [...own.keys()]))].sort();
  const counts = new Set(configs.flatMap(countFields));
  const varied = fields.filter(
    (path) => counts.has(path) && new Set(settings.map((own) => own.get(path) ?? '0')).size > 1,
  );
  // Counts of several phases do not add up to one dose; those of further poisons are settings like others.
  const isDose = (path: string) => varied.length <= 1 && counts.has(path);
  const paths = fields.filter((path) => !isDose(path) && !DIMENSIONS.some((pattern) => pattern.test(path)));
  const byShape = labelsBy(
    paths.filter((path) => path !== LAYERS),
    { configs, settings, shapes: configs.map(({ model }, i) => `${model.width}/${model.layers}${drawn[i]}`) },
  );
  // several depths of one width are one setting among others, unless depth is all that makes the sizes
  const widths = configs.map(({ model }) => String(model.width));
  const depths = configs.map(({ model }) => String(model.layers));
  const isLadderOfDepth = new Set(widths).size === 1 && byShape.every((own) => Object.keys(own).length === 0);
  if (isDetermined(depths, widths) || isLadderOfDepth) return byShape;
  return labelsBy(paths, { configs, settings, shapes: widths.map((width, i) => `${width}${drawn[i]}`) });
}
