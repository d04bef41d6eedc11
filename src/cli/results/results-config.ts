// config.yaml of results: the experiment as it was run, whole, so that it can be run again from there.
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { loadExperiment } from '../../config/node/load-experiment.ts';
import { selfContainedText } from '../../config/self-contained.ts';
import { InputError } from '../../core/errors.ts';
import { registered } from '../../recipe/registered.ts';
import type { OpenedExperiment } from '../open-experiment.ts';

/** A path as seen from a folder, with slashes that every system reads. */
function seenFrom(folder: string, path: string): string {
  const short = relative(folder, path);
  return isAbsolute(short) ? short : short.split(sep).join('/') || '.';
}

const relocateTo = (results: string) => (path: string, folder: string) =>
  seenFrom(results, resolve(folder, path));

/** An argument as a shell takes it. */
export function quoted(argument: string): string {
  return /^[\w./:=@%+-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}

/**
 * The config that goes beside results: it stands by itself, its paths start from the results folder.
 * @param results absolute
 */
export function resultsConfig(
  { experiment, source }: Pick<OpenedExperiment, 'experiment' | 'source'>,
  results: string,
): string {
  const { set, sweep } = experiment.options;
  const options = [
    ...set.map((option) => `--set ${quoted(option)}`),
    ...sweep.map((option) => `--sweep ${quoted(option)}`),
  ];
  const from = source ?? seenFrom(results, experiment.file);
  return selfContainedText(experiment, {
    relocate: relocateTo(results),
    origin: [
      'The experiment as it was run, whole: files that it extends and options of the command line are written out.',
      `From ${from}${options.length === 0 ? '' : ` with ${options.join(' ')}`}.`,
    ],
  });
}

/**
 * The config of results that are written again elsewhere, its paths as seen from there. One that does not load with
 * this version, or from where it lies, stays as it is.
 */
export function movedConfig(text: string, file: string, results: string): string {
  try {
    const experiment = loadExperiment(file, { ...registered });
    // What it says of where it comes from still holds, but for the way there.
    const comment = /^(#.*\n)*/.exec(text)?.[0] ?? '';
    const origin = comment.split('\n').filter(Boolean);
    return selfContainedText(experiment, {
      relocate: relocateTo(results),
      origin: origin.map((line) => line.replace(/^# ?/, '')),
    });
  } catch (error) {
    if (error instanceof InputError) return text;
    throw error;
  }
}
