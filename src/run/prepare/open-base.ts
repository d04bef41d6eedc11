// Opens the weights that runs start from: those of a stored run, or of a model's folder. A copy goes into the store's
// cache, named by its hash, so that a run can be repeated whatever becomes of the original.
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import type { BaseConfig } from '../../config/schema/schema.ts';
import { ArtefactError, InputError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/hash.ts';
import { writeFileAtomic } from '../../core/node/atomic-file.ts';
import { readBytes, readText } from '../../core/node/read-file.ts';
import { parseJson } from '../../core/read-json.ts';
import { loadModel } from '../../model/node/save-model.ts';
import { decodeSafetensors } from '../../model/safetensors.ts';
import type { RunArtefacts } from '../../recipe/artefacts.ts';
import type { OpenedBase } from '../../recipe/base.ts';
import type { RunInputs } from '../../recipe/run-inputs.ts';
import { vocabularySchema } from '../schemas/cached-schemas.ts';
import { findRunId, readResult, runFile } from '../store/store.ts';

interface Found {
  readonly name: string;
  readonly folder: string;
  readonly weightsHash?: string;
}

function storedRun(store: string, run: string): Found {
  const id = findRunId(store, run);
  const stored = readResult(store, id);
  const name = `run ${id.slice(0, 12)}`;
  if (stored.kind !== 'found' || stored.record.weightsHash === null)
    throw new InputError(`base: ${name} is not finished: a run starts from one that is`);
  const folder = runFile(store, id, 'weights');
  if (!existsSync(join(folder, 'model.safetensors')))
    throw new InputError(`base: the weights of ${name} were not kept: run it with --keep-weights final`);
  return { name, folder, weightsHash: stored.record.weightsHash };
}

/** The vocabulary beside a model, or one folder up, where runs keep theirs. */
function vocabularyFile({ name, folder }: Found): string {
  const paths = [folder, dirname(folder)].map((place) => join(place, 'vocabulary.json'));
  const found = paths.find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new InputError(
    `base: ${name} has no vocabulary.json beside its weights or one folder up: copy that of the run that trained it`,
  );
}

/**
 * Opens a base, and keeps a copy of its weights in the store.
 * @param options.baseFolder folder to which a relative path refers
 * @param options.keep false: no copy is made
 * @throws InputError where there is none, or one that is damaged
 */
export function openBase(
  { run, path = '' }: BaseConfig,
  { store, baseFolder, keep = true }: { store: string; baseFolder: string; keep?: boolean },
): OpenedBase {
  if (run === undefined && path === '')
    throw new InputError(
      'base: where the weights lie is not known here (a record holds their hash alone): give the experiment, and the folder of the ' +
        'weights with --set base.path; for `run`, --set base.run names a stored run',
    );
  const folder = isAbsolute(path) ? path : join(baseFolder, path);
  const found: Found = run === undefined ? { name: path, folder } : storedRun(store, run);
  const { weightsHash: expected } = found;
  const { config } = loadModel(found.folder, expected === undefined ? {} : { weightsHash: expected });
  const bytes = readBytes(join(found.folder, 'model.safetensors'));
  const weightsHash = sha256Hex(bytes);
  const file = vocabularyFile(found);
  const vocabulary = parseJson(readText(file), vocabularySchema, {
    file,
    what: 'vocabulary of a run',
    remedy: 'copy that of the run that trained the model',
  });
  const ref = join(store, 'cache', 'starts', `${weightsHash}.safetensors`);
  if (keep && !existsSync(ref)) writeFileAtomic(ref, bytes);
  return { name: found.name, weightsHash, model: config, vocabulary, ref };
}

/** What of a run's inputs its base is. @throws ArtefactError, when it is read, where the copy is missing or damaged */
export function startOf({
  base,
  contracts,
}: Pick<RunArtefacts, 'base' | 'contracts'>): Pick<RunInputs, 'base'> {
  if (base === undefined) {
    if (contracts.baseHash === undefined) return {};
    throw new ArtefactError(
      'the weights that the run starts from were not handed on with it: run the command again',
    );
  }
  return {
    base: () => {
      const bytes = existsSync(base) ? readBytes(base) : null;
      if (bytes === null || sha256Hex(bytes) !== contracts.baseHash)
        throw new ArtefactError(`${base} is missing or damaged: run the command again, it is recreated`);
      const { tensors } = decodeSafetensors(bytes);
      return new Map([...tensors].map(([name, { values }]) => [name, values]));
    },
  };
}
