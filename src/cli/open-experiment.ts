// From the command line's experiment file to its plan, and where its results go.
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { type Experiment, loadExperiment } from '../config/node/load-experiment.ts';
import { expandPlan, type Plan } from '../config/sweep/expand-plan.ts';
import { attackSchemas } from '../poison/registry.ts';
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
}

/** The file of an experiment: itself, or `experiment.yaml` in the folder that is named. */
function experimentFile(path: string, context: CommandContext): string {
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
    attacks: attackSchemas,
    set: options.set ?? [],
    sweep: options.sweep ?? [],
    corporaExist: true,
  });
  return { experiment, plan: expandPlan(experiment), baseFolder: dirname(path) };
}

/**
 * Where results go if nothing is said: `results/<name>` beside a folder `experiments` that holds the experiment's
 * own folder, else below the current folder.
 */
export function defaultResults(
  { experiment, plan }: Pick<OpenedExperiment, 'experiment' | 'plan'>,
  context: Pick<CommandContext, 'folder'>,
): string {
  const own = dirname(resolve(context.folder, experiment.file));
  const home = basename(dirname(own)) === 'experiments' ? dirname(dirname(own)) : context.folder;
  return join(home, 'results', plan.name);
}
