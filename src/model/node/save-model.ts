// A model as a folder on disk.
import { join } from 'node:path';
import { InputError } from '../../core/errors.ts';
import { writeFileAtomic } from '../../core/node/atomic-file.ts';
import { readBytes } from '../../core/node/read-file.ts';
import { decodeModel, describeModel, encodeModel, type StoredModel } from '../stored-model.ts';

/** Writes model.safetensors and config.json into a folder, making it if need be. */
export function saveModel(folder: string, model: StoredModel): void {
  const description = describeModel(model.config, model.vocabularySize);
  writeFileAtomic(join(folder, 'config.json'), `${JSON.stringify(description, null, 2)}\n`);
  writeFileAtomic(join(folder, 'model.safetensors'), encodeModel(model));
}

function readFile(path: string): Buffer {
  try {
    return readBytes(path);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(
      `${path} cannot be read (${(error as NodeJS.ErrnoException).code}); name a model's folder`,
    );
  }
}

/**
 * Reads a folder that `saveModel` wrote.
 * @param options.weightsHash SHA-256 that the weights' file must have, where it is known
 * @throws InputError if a file is missing, damaged, or not of this program.
 */
export function loadModel(folder: string, options: { weightsHash?: string } = {}): StoredModel {
  const files = { description: join(folder, 'config.json'), weights: join(folder, 'model.safetensors') };
  return decodeModel({
    description: readFile(files.description).toString('utf8'),
    bytes: readFile(files.weights),
    files,
    ...options,
  });
}
