// The weights that runs start from, found by their hash: a record holds nothing else of them.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadExperiment, parseExperiment } from '../config/node/load-experiment.ts';
import { InputError } from '../core/errors.ts';
import { sha256Hex } from '../core/hash.ts';
import { readBytes } from '../core/node/read-file.ts';
import { registered } from '../recipe/registered.ts';
import { ifReadable } from '../run/store/read-run-file.ts';
import { readResult, runFile, storedRunIds } from '../run/store/store.ts';

const WEIGHTS_FILE = 'model.safetensors';

/**
 * Folders of weights that an experiment starts from, absolute; none where it cannot be read.
 * @param text what the file holds, where it is a copy that lies elsewhere
 */
export function baseFolders(file: string, text?: string): string[] {
  try {
    const { settings } =
      text === undefined ? loadExperiment(file, registered) : parseExperiment(text, { ...registered, file });
    return [...new Set(settings.flatMap(({ config }) => config.base?.path ?? []))];
  } catch {
    return [];
  }
}

/** Finds weights: in folders that were named, then among the runs of a store. */
export class BaseFinder {
  readonly #folders: readonly string[];
  readonly #store: string | undefined;
  readonly #found = new Map<string, string>();

  /** @param options.folders of a model, or of a run that kept its weights */
  constructor({ folders, store }: { folders: readonly string[]; store?: string }) {
    this.#folders = folders;
    this.#store = store;
  }

  /** The folder with the weights of this SHA-256. @throws InputError where none has them */
  find(weightsHash: string): string {
    const found = this.#found.get(weightsHash) ?? this.#search(weightsHash);
    this.#found.set(weightsHash, found);
    return found;
  }

  #search(weightsHash: string): string {
    const holds = (folder: string) => {
      const file = join(folder, WEIGHTS_FILE);
      return existsSync(file) && ifReadable(() => sha256Hex(readBytes(file))) === weightsHash;
    };
    const places = this.#folders.flatMap((folder) => [folder, join(folder, 'weights')]);
    const folder = places.find(holds) ?? this.#storedRuns(weightsHash).find(holds);
    if (folder !== undefined) return folder;
    const tried = [...this.#folders, ...(this.#store === undefined ? [] : [`the runs of ${this.#store}`])];
    throw new InputError(
      `these runs start from stored weights, ${WEIGHTS_FILE} with SHA-256 ${weightsHash.slice(0, 16)}…, which are not in ${tried.join(', ')}. ` +
        'Name their folder (vocabulary.json beside them), or a run of the store that kept them, with --base',
    );
  }

  /** Where runs of the store that say that they came to these weights keep them. */
  #storedRuns(weightsHash: string): string[] {
    const store = this.#store;
    if (store === undefined) return [];
    return storedRunIds(store).flatMap((id) => {
      const stored = ifReadable(() => readResult(store, id));
      const isThis = stored?.kind === 'found' && stored.record.weightsHash === weightsHash;
      return isThis ? [runFile(store, id, 'weights')] : [];
    });
  }
}
