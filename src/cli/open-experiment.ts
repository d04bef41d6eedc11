// From the command line's experiment file to its plan, and where its results go.
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Experiment, loadExperiment } from '../config/node/load-experiment.ts';
import { expandPlan, type Plan } from '../config/sweep/expand-plan.ts';
import { shippedName } from '../config/yaml/shipped-name.ts';
import { InputError } from '../core/errors.ts';
import { registered } from '../recipe/registered.ts';
import { absolutePath, type CommandContext } from './command-context.ts';

/** Options of every command that takes an experiment. */
export interface ExperimentFileOptions {
  readonly set?: readonly string[];
  readonly sweep?: readonly string[];
}

/** A checked experiment and its plan. */
export interface OpenedExperiment {
  readonly experiment: Experiment;
  readonly plan: Plan;
  /** Folder of its file: relative paths of the config refer to it. */
  readonly baseFolder: string;
  /** What it was called, where it is one that ships with the program: `tinypoison:experiments/quickstart`. */
  readonly source: string | undefined;
}

/** The folder of this program: beside src/ and beside dist/. */
const PROGRAM_FOLDER = fileURLToPath(new URL('../../', import.meta.url));

/** The file of an experiment that ships with the program. @throws InputError where there is none of that name */
function shippedExperiment(name: string): string {
  const path = join(PROGRAM_FOLDER, name, 'experiment.yaml');
  if (/^experiments\/[a-z0-9-]+$/.test(name) && existsSync(path)) return path;
  throw new InputError(
    `tinypoison:${name} does not ship with tinypoison: tinypoison:experiments/quickstart does, or name a file`,
  );
}

/** The file of an experiment: itself, or `experiment.yaml` in the folder that is named. */
function experimentFile(path: string, context: CommandContext): string {
  const shipped = shippedName(path);
  if (shipped !== undefined) return shippedExperiment(shipped);
  const inside = join(path, 'experiment.yaml');
  return existsSync(absolutePath(inside, context)) ? inside : path;
}

/** Loads an experiment and expands its plan. @throws InputError with all problems */
export function openExperiment(
  file: string,
  options: ExperimentFileOptions,
  context: CommandContext,
): OpenedExperiment {
  const path = absolutePath(experimentFile(file, context), context);
  const experiment = loadExperiment(path, {
    ...registered,
    set: options.set ?? [],
    sweep: options.sweep ?? [],
    corporaExist: true,
  });
  const source = shippedName(file) === undefined ? undefined : file;
  return { experiment, plan: expandPlan(experiment), baseFolder: dirname(path), source };
}

/**
 * Where results go if nothing is said: `results/<name>` beside a folder `experiments` that holds the experiment's
 * own folder, else (also for one that ships with the program) below the current folder.
 */
export function defaultResults(
  { experiment, plan, source }: Pick<OpenedExperiment, 'experiment' | 'plan' | 'source'>,
  context: Pick<CommandContext, 'folder'>,
): string {
  const own = dirname(resolve(context.folder, experiment.file));
  const isHome = basename(dirname(own)) === 'experiments' && source === undefined;
  const home = isHome ? dirname(dirname(own)) : context.folder;
  return join(home, 'results', plan.name);
}
