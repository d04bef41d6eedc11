// Experiments from files of this machine.
import { InputError } from '../../core/errors.ts';
import { composeExperiment, type Experiment, type LoadOptions } from '../compose-experiment.ts';
import { diskFiles } from './disk-files.ts';

export type { Experiment, LoadOptions };

/**
 * Checks an experiment given as YAML text, which may extend files.
 * @param options.file what problems call the text, and where relative paths in it start from
 * @throws InputError with every problem of the text, the files it extends and the options
 */
export function parseExperiment(text: string, options: LoadOptions & { readonly file: string }): Experiment {
  return composeExperiment(text, { ...options, files: diskFiles });
}

/**
 * Loads and checks an experiment.
 * @throws InputError with every problem of the file, the files it extends and the options
 */
export function loadExperiment(file: string, options: LoadOptions): Experiment {
  const read = diskFiles.read(file);
  if ('reason' in read) throw new InputError({ file, message: `cannot be read: ${read.reason}` });
  return parseExperiment(read.text, { ...options, file });
}
