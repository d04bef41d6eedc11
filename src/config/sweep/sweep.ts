// The settings of a sweep: every combination of the grid, as it is and under each variant, then the list.
import type { Problem } from '../../core/errors.ts';
import type { ConfigFiles } from '../config-files.ts';
import { nameMappings } from '../labels.ts';
import type { ExperimentSchema } from '../schema/schema.ts';
import { resolveFieldPath } from '../yaml/field-path.ts';
import type { Located, Place } from '../yaml/located.ts';
import { childOf, nodeAt, problemAt, showValue } from '../yaml/located.ts';
import { parseYaml } from '../yaml/parse-yaml.ts';
import { resolveFiles } from '../yaml/resolve-files.ts';
import type { Assignment } from './assignment.ts';
import { foreignFields, isRemoval } from './assignment.ts';

const maximumSettings = 10_000;
/** Top-level fields that are the same for all runs of an experiment. */
const notSwept: ReadonlySet<string> = new Set([
  'schema',
  'name',
  'description',
  'reference',
  'predictions',
  'sweep',
]);

export interface SweepContext {
  readonly files: ConfigFiles;
  readonly root: Located;
  readonly schema: ExperimentSchema;
  readonly problems: Problem[];
}

/** A field of the grid and the values it takes. */
export interface GridAxis {
  readonly text: string;
  readonly values: readonly Assignment[];
}

/** The assignment that a path and value stand for; undefined, with a problem, for an unknown path. */
function createAssignment(
  written: { path: string; value: Located; place: Place },
  { root, schema, problems }: SweepContext,
): Assignment | undefined {
  const resolved = resolveFieldPath(written.path, { root, schema });
  if ('problem' in resolved) {
    problems.push(problemAt(written.place, resolved.problem));
    return undefined;
  }
  const { path, text } = resolved;
  const { value, place } = written;
  return {
    path,
    text,
    value,
    place,
    removes: isRemoval(value, path, schema),
    drops: foreignFields(value, path, schema),
  };
}

/** The path and value of `path=value`, where the value is YAML and text may name a file. */
function readOption(
  written: string,
  flag: '--set' | '--sweep',
  { files, problems }: Pick<SweepContext, 'files' | 'problems'>,
) {
  const place: Place = { file: `${flag} ${written}`, folder: '.' };
  const equals = written.indexOf('=');
  if (equals < 1) {
    problems.push(
      problemAt(
        place,
        `give path=value, as in ${flag} ${flag === '--set' ? 'tokens=5000' : "'poison.documents=[0, 50]'"}`,
      ),
    );
    return undefined;
  }
  const path = written.slice(0, equals).trim();
  const parsed = parseYaml(written.slice(equals + 1), { ...place, lines: false });
  problems.push(...parsed.problems);
  if (parsed.root === undefined) return undefined;
  return { path, place, value: resolveFiles(parsed.root, { files, key: path, problems }) };
}

/** The assignment of `--set path=value`. */
export function readSet(written: string, context: SweepContext): Assignment | undefined {
  const option = readOption(written, '--set', context);
  return option === undefined ? undefined : createAssignment(option, context);
}

/** @param written.values at least one */
export function createAxis(
  written: { path: string; values: readonly Located[]; place: Place },
  context: SweepContext,
): GridAxis | undefined {
  const { path, values, place } = written;
  const first = createAssignment({ path, value: values[0] as Located, place }, context);
  if (first === undefined) return undefined;
  if (notSwept.has(String(first.path[0]))) {
    const remedy = first.path[0] === 'sweep' ? '; set it with --set' : '';
    context.problems.push(problemAt(place, `${first.text} cannot be swept: it is one for all runs${remedy}`));
    return undefined;
  }
  const { schema } = context;
  const assigned = nameMappings(first.text, values).map((value) => ({
    ...first,
    value,
    removes: isRemoval(value, first.path, schema),
    drops: foreignFields(value, first.path, schema),
  }));
  return { text: first.text, values: assigned };
}

/** The axis of `--sweep path=[values]`. */
export function readSweep(written: string, context: SweepContext): GridAxis | undefined {
  const option = readOption(written, '--sweep', context);
  if (option === undefined) return undefined;
  const { value, path, place } = option;
  if (value.kind === 'list' && value.items.length > 0)
    return createAxis({ path, values: value.items, place }, context);
  const seen =
    value.kind === 'list' ? 'an empty list' : showValue(value.kind === 'scalar' ? value.value : {});
  context.problems.push(problemAt(place, `needs a list of values, as in '${path}=[0, 50]', not ${seen}`));
  return undefined;
}

/** The axes of `sweep.grid`. What has the wrong type there is left to the schema. */
export function readGrid(context: SweepContext): GridAxis[] {
  const grid = nodeAt(context.root, ['sweep', 'grid']);
  const axes = new Map<string, GridAxis>();
  if (grid?.kind !== 'map') return [];
  for (const [path, { keyPlace, value }] of grid.entries) {
    if (value.kind !== 'list' || value.items.length === 0) continue;
    const axis = createAxis({ path, values: value.items, place: keyPlace }, context);
    if (axis === undefined) continue;
    if (axes.has(axis.text))
      context.problems.push(problemAt(keyPlace, `${path}: the grid has ${axis.text} twice`));
    axes.set(axis.text, axis);
  }
  return [...axes.values()];
}

/** The settings of `sweep.variants` or `sweep.list`. */
export function readSettings(field: 'variants' | 'list', context: SweepContext): Assignment[][] {
  const list = nodeAt(context.root, ['sweep', field]);
  if (list?.kind !== 'list') return [];
  return list.items.map((_, index) => {
    const setting = childOf(list, index);
    if (setting?.kind !== 'map') return [];
    const assignments = [...setting.entries].map(([path, { keyPlace, value }]) =>
      createAxis({ path, values: [value], place: keyPlace }, context),
    );
    return assignments.flatMap((axis) => axis?.values ?? []);
  });
}

/**
 * Every combination of the axes, the first axis slowest (one empty combination for no axes): as it is, then under
 * each variant.
 */
export function combine(
  axes: readonly GridAxis[],
  variants: readonly Assignment[][],
  { problems, root }: SweepContext,
): Assignment[][] {
  const count = axes.reduce((product, { values }) => product * values.length, 1 + variants.length);
  if (count > maximumSettings) {
    const place = nodeAt(root, ['sweep'])?.place ?? root.place;
    problems.push(
      problemAt(
        place,
        `the grid has ${count} settings${variants.length > 0 ? ' with its variants' : ''}; at most ${maximumSettings}`,
      ),
    );
    return [];
  }
  const grid = axes.reduce<Assignment[][]>(
    (settings, { values }) => settings.flatMap((setting) => values.map((value) => [...setting, value])),
    [[]],
  );
  return [[], ...variants].flatMap((variant) => grid.map((setting) => [...setting, ...variant]));
}
