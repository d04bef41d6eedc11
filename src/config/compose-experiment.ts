// From YAML to a checked experiment. Nothing is run, and no problem is kept for later. Files are given by the caller.
import type { Problem } from '../core/errors.ts';
import { InputError } from '../core/errors.ts';
import type { PathSyntax } from '../core/paths.ts';
import type { ConfigFiles } from './config-files.ts';
import { labelsOf } from './labels.ts';
import { predictionProblems } from './prediction-rules.ts';
import { checkRules } from './rules.ts';
import type { AttackSchemas, DefenceSchemas, ExperimentConfig, ExperimentSchema } from './schema/schema.ts';
import { createExperimentSchema, evaluationSchema } from './schema/schema.ts';
import type { Setting } from './setting.ts';
import type { Assignment } from './sweep/assignment.ts';
import { assignAll, corpusKindOf, outermostFirst } from './sweep/assignment.ts';
import { layOptions } from './sweep/lay-options.ts';
import { readStimuli } from './sweep/stimuli.ts';
import { withStimuli } from './sweep/stimulus-settings.ts';
import type { GridAxis, SweepContext } from './sweep/sweep.ts';
import { combine, readGrid, readSet, readSettings, readSweep } from './sweep/sweep.ts';
import { describeIssue } from './yaml/describe-issue.ts';
import type { Located, LocatedMap } from './yaml/located.ts';
import { problemAt, toPlain } from './yaml/located.ts';
import { meantIssues } from './yaml/meant-issues.ts';
import { parseYaml } from './yaml/parse-yaml.ts';
import { resolveFiles } from './yaml/resolve-files.ts';

export type { Setting } from './setting.ts';

const maximumProblems = 100;

/** A valid experiment. Paths in it are absolute. */
export interface Experiment {
  /** As it was named by the caller. */
  readonly file: string;
  /** The YAML as typed. */
  readonly text: string;
  /** The `--set` and `--sweep` options as typed. */
  readonly options: { readonly set: readonly string[]; readonly sweep: readonly string[] };
  /** As written, with the files that it extends and `--set` and `--sweep` laid over it. */
  readonly tree: Located;
  /** Defaults filled in, `--set` applied, the sweep not. */
  readonly config: ExperimentConfig;
  /** Grid order with the first field slowest, then the list. At least one. */
  readonly settings: readonly Setting[];
  /** Fields that runs of other seeds take other values of, by their paths in full; none: all have the same. */
  readonly stimuli: readonly string[];
  readonly attacks: AttackSchemas;
  readonly defences: DefenceSchemas;
}

export interface LoadOptions {
  readonly attacks: AttackSchemas;
  /** Those that `defend` may name; default: none. */
  readonly defences?: DefenceSchemas;
  /** `path=value`, value in YAML: laid over the file and over its sweep. Null takes an optional field away. */
  readonly set?: readonly string[];
  /** `path=[values]`: an axis of the grid, replacing one that the file has. */
  readonly sweep?: readonly string[];
  /** Whether the files of corpora must be there. */
  readonly corporaExist?: boolean;
}

/** A corpus with its kind, where none is given told by the ending of its path (no path: stories), and its path made absolute. */
function completeCorpus(corpus: Located, { resolve }: PathSyntax): Located {
  if (corpus.kind !== 'map' || corpus.incomplete === true) return corpus;
  const entries = new Map(corpus.entries);
  const entry = corpus.entries.get('path');
  const path =
    entry?.value.kind === 'scalar' && typeof entry.value.value === 'string' ? entry.value.value : undefined;
  const kind = entry === undefined ? 'stories' : corpusKindOf(path ?? '');
  const place = entry?.keyPlace ?? corpus.place;
  if (!entries.has('kind') && kind !== undefined)
    entries.set('kind', { keyPlace: place, value: { kind: 'scalar', place, value: kind } });
  if (entry !== undefined && path !== undefined && path !== '')
    entries.set('path', {
      ...entry,
      value: { kind: 'scalar', place: entry.value.place, value: resolve(entry.value.place.folder, path) },
    });
  return { ...corpus, entries };
}

function completeEntry(owner: LocatedMap, key: string, complete: (value: Located) => Located): LocatedMap {
  const entry = owner.entries.get(key);
  if (entry === undefined) return owner;
  return { ...owner, entries: new Map(owner.entries).set(key, { ...entry, value: complete(entry.value) }) };
}

/** The corpora of a mix, each completed. */
function completeMix(mix: Located, complete: (corpus: Located) => Located): Located {
  if (mix.kind !== 'list') return mix;
  const items = mix.items.map((item) =>
    item.kind === 'map' ? completeEntry(item, 'corpus', complete) : item,
  );
  return { ...mix, items };
}

/** A path made absolute; anything else as it is, for the schema to refuse. */
function completePath(path: Located, { resolve }: PathSyntax): Located {
  if (path.kind !== 'scalar' || typeof path.value !== 'string' || path.value === '') return path;
  return { ...path, value: resolve(path.place.folder, path.value) };
}

/** An evaluation of fewer prompts than a light one has by default uses that number at all checkpoints. */
function completeEvaluation(evaluation: Located): Located {
  if (evaluation.kind !== 'map' || evaluation.entries.has('lightPrompts')) return evaluation;
  const prompts = evaluation.entries.get('prompts');
  if (prompts?.value.kind !== 'scalar' || typeof prompts.value.value !== 'number') return evaluation;
  const { shape } = evaluationSchema;
  const isFewer = prompts.value.value < shape.lightPrompts.parse(undefined);
  return isFewer && shape.prompts.safeParse(prompts.value.value).success
    ? { ...evaluation, entries: new Map(evaluation.entries).set('lightPrompts', prompts) }
    : evaluation;
}

function completePaths(root: Located, paths: PathSyntax): Located {
  if (root.kind !== 'map') return root;
  const evaluated = completeEntry(root, 'evaluation', completeEvaluation);
  const ofCorpus = (corpus: Located) => completeCorpus(corpus, paths);
  const named = completeEntry(completeEntry(evaluated, 'corpus', ofCorpus), 'reference', (path) =>
    completePath(path, paths),
  );
  const based = completeEntry(named, 'base', (base) =>
    base.kind === 'map' ? completeEntry(base, 'path', (path) => completePath(path, paths)) : base,
  );
  return completeEntry(based, 'phases', (phases) => {
    if (phases.kind !== 'list') return phases;
    const items = phases.items.map((phase) =>
      phase.kind === 'map'
        ? completeEntry(completeEntry(phase, 'corpus', ofCorpus), 'mix', (mix) => completeMix(mix, ofCorpus))
        : phase,
    );
    return { ...phases, items };
  });
}

interface Checks {
  readonly schema: ExperimentSchema;
  readonly attacks: AttackSchemas;
  readonly defences: DefenceSchemas;
  readonly exists: ((path: string) => boolean) | null;
  readonly problems: Problem[];
}

/** The config that a tree holds; undefined, with problems, if it is not valid. */
function validate(
  root: Located,
  { schema, attacks, defences, exists, problems }: Checks,
): ExperimentConfig | undefined {
  const result = schema.safeParse(toPlain(root));
  const issues = meantIssues(result.error?.issues ?? []);
  const found = [
    ...issues.flatMap((issue) => describeIssue(issue, root, schema)),
    ...checkRules(root, { attacks, defences, schema, exists }),
  ];
  problems.push(...found);
  return found.length === 0 ? result.data : undefined;
}

/** Each problem once, by file in order of appearance, then by line and column. */
function orderProblems(problems: readonly Problem[]): Problem[] {
  const unique = new Map(problems.map((problem) => [JSON.stringify(problem), problem]));
  const files = [...new Set(problems.map(({ file }) => file))];
  const sorted = [...unique.values()].sort(
    (a, b) =>
      files.indexOf(a.file) - files.indexOf(b.file) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0),
  );
  if (sorted.length <= maximumProblems) return sorted;
  return [
    ...sorted.slice(0, maximumProblems),
    { message: `and ${sorted.length - maximumProblems} more problems` },
  ];
}

/** The YAML as a tree with `extends` resolved. @throws InputError where it is not a mapping. */
function readRoot(
  text: string,
  { file, files, problems }: { file: string; files: ConfigFiles; problems: Problem[] },
): Located {
  const folder = files.paths.dirname(file);
  const parsed = parseYaml(text, { file, folder, lines: true });
  problems.push(...parsed.problems);
  const { root } = parsed;
  if (root === undefined) throw new InputError(orderProblems(problems));
  if (root.kind === 'map') return resolveFiles(root, { files, file, problems });
  const isEmpty = root.kind === 'scalar' && root.value === null;
  const message = isEmpty
    ? 'the file is empty; `tinypoison init` writes an example'
    : 'the file must hold a mapping';
  throw new InputError([...problems, problemAt({ ...root.place, line: 1, column: 1 }, message)]);
}

function replaceAxes(grid: readonly GridAxis[], others: readonly GridAxis[]): GridAxis[] {
  const axes = new Map(grid.map((axis) => [axis.text, axis]));
  for (const axis of others) axes.set(axis.text, axis);
  return [...axes.values()];
}

/**
 * Checks an experiment given as YAML text.
 * @param options.file what problems call the text, and where relative paths in it start from
 * @param options.files that the text may extend
 * @throws InputError with every problem of the text, the files it extends and the options
 */
export function composeExperiment(
  text: string,
  options: LoadOptions & { readonly file: string; readonly files: ConfigFiles },
): Experiment {
  const { attacks, defences = {}, file, files, set = [], sweep = [], corporaExist = false } = options;
  const { paths } = files;
  const problems: Problem[] = [];
  const schema = createExperimentSchema(attacks, defences);
  const written = readRoot(text, { file, files, problems });

  const sets: Assignment[] = [];
  const contextOf = (root: Located): SweepContext => ({ root, schema, files, problems });
  for (const option of set) {
    const assignment = readSet(option, contextOf(assignAll(written, outermostFirst(sets))));
    if (assignment !== undefined) sets.push(assignment);
  }
  const root = completePaths(assignAll(written, outermostFirst(sets)), paths);
  const checks = { schema, attacks, defences, exists: corporaExist ? files.exists : null, problems };
  const config = validate(root, checks);

  const context = contextOf(root);
  const isFree = ({ text: field }: { text: string }) =>
    !sets.some((fixed) => `${field}.`.startsWith(`${fixed.text}.`));
  const inFile = readGrid(context).filter(isFree);
  const onCommandLine = sweep
    .map((option) => readSweep(option, context))
    .filter((axis) => axis !== undefined);
  const axes = replaceAxes(inFile, onCommandLine);
  const readFree = (field: 'variants' | 'list') =>
    readSettings(field, context).map((assignments) => assignments.filter(isFree));
  const variants = readFree('variants');
  const list = readFree('list');
  const swept = [...axes, ...list.flat()];
  const settle = (assignments: readonly Assignment[]): Setting | undefined => {
    const tree = completePaths(assignAll(written, outermostFirst([...assignments, ...sets])), paths);
    const settled = validate(tree, checks);
    if (settled === undefined) return undefined;
    const fields = [...new Set([...swept, ...assignments].map(({ text: field }) => field))];
    return { config: settled, labels: labelsOf({ tree, config: settled, swept: fields }) };
  };
  const combinations = [...combine(axes, variants, context), ...list];
  const plain = combinations.map(settle);
  const pools = readStimuli(context, {
    seeds: config?.sweep.seeds.length ?? 0,
    swept: combinations.flatMap((assignments) => assignments.map(({ text: field }) => field)),
  });
  const dealt = problems.length > 0 || config === undefined ? [] : pools;
  const settings = withStimuli(dealt, { combinations, plain, sweep: config?.sweep, settle });
  if (config !== undefined) problems.push(...predictionProblems(config, settings, root));
  if (problems.length > 0 || config === undefined) throw new InputError(orderProblems(problems));
  const hasOptions = set.length + sweep.length > 0;
  const tree = hasOptions ? layOptions(written, { sets, axes, variants, list }) : written;
  const stimuli = pools.map(({ text: field }) => field);
  return { file, text, options: { set, sweep }, tree, config, settings, stimuli, attacks, defences };
}
