// What the runs of an experiment read, made once in the process that starts them, as files of the store's cache.
import { join } from 'node:path';
import type { RunConfig } from '../../config/schema/schema.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { openCorpus } from '../../corpus/node/open-corpus.ts';
import type { RunArtefacts } from '../../recipe/artefacts.ts';
import type { Arithmetic, RunIdentity } from '../../recipe/identity.ts';
import { RunPreparation } from '../../recipe/prepare-runs.ts';
import type { Example } from '../../tokens/example.ts';
import { relativeArtefacts } from '../store/artefact-paths.ts';
import { withLock } from '../store/lock.ts';
import { createDiskMemo } from './disk-memo.ts';
import { openBase } from './open-base.ts';

type RunToPrepare = { readonly config: RunConfig };

/** Prepares runs on a store. */
export class ExperimentPreparation {
  readonly #store: string;
  readonly #baseFolder: string;
  readonly #preparation: RunPreparation;

  /**
   * @param options.store root folder of the run store
   * @param options.baseFolder folder to which relative paths of corpora refer
   */
  constructor({ store, baseFolder }: { store: string; baseFolder: string }) {
    this.#store = store;
    this.#baseFolder = baseFolder;
    this.#preparation = new RunPreparation({
      memo: createDiskMemo(join(store, 'cache')),
      openCorpus: (config) => openCorpus(config, { baseFolder }),
      openBase: async (config) => openBase(config, { store, baseFolder, keep: false }),
    });
  }

  /** The identities of runs. Reads their corpora. */
  identify(runs: readonly RunToPrepare[], arithmetic: Arithmetic = 'exact'): Promise<RunIdentity[]> {
    return this.#preparation.identify(runs, arithmetic);
  }

  /**
   * Makes what the runs read, while no other process makes it; paths are relative to the store.
   * @param options.ofExperiment all its runs, done or not, so that what is made does not depend on what is done
   * @param options.onWait told, in a sentence, if another process is preparing on this store
   * @throws InputError for a corpus, trigger or prompt that does not fit
   */
  prepare(
    runs: readonly (RunToPrepare & { readonly identity: RunIdentity })[],
    options: { ofExperiment: readonly RunToPrepare[]; onWait?: (sentence: string) => void },
  ): Promise<RunArtefacts[]> {
    const { ofExperiment, onWait } = options;
    return this.#locked(async () => {
      this.#keepBases(runs);
      const artefacts = await this.#preparation.prepare(runs, { ofExperiment });
      return artefacts.map((own) => relativeArtefacts(this.#store, own));
    }, onWait);
  }

  /** Copies the weights that runs start from into the store: only where runs are to be done, and not to look at them. */
  #keepBases(runs: readonly RunToPrepare[]): void {
    const bases = runs.flatMap(({ config }) => config.base ?? []);
    for (const base of new Map(bases.map((own) => [canonicalJson(own), own])).values())
      openBase(base, { store: this.#store, baseFolder: this.#baseFolder });
  }

  /** Makes what runs are measured with; by run, the path. Runs that differ in count, size or seed share it. */
  prepareEvaluations(runs: readonly RunToPrepare[]): Promise<string[]> {
    return this.#locked(async () => {
      const paths: string[] = [];
      for (const { config } of runs) paths.push((await this.#preparation.evaluation(config)).ref);
      return paths;
    });
  }

  /** The first trusted documents of a run's corpus; fewer only where the corpus ends. */
  trusted(config: RunConfig, documents: number): Promise<Example[]> {
    return this.#locked(() => this.#preparation.trusted(config, documents));
  }

  #locked<T>(work: () => Promise<T>, onWait?: (sentence: string) => void): Promise<T> {
    const doing = 'is preparing on this store';
    return withLock(join(this.#store, 'cache', 'prepare.lock'), work, { doing, onWait });
  }

  /** Closes the corpora. */
  close(): Promise<void> {
    return this.#preparation.close();
  }
}
