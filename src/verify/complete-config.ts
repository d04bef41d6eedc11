// From a record back to a config that can be run: fields that are newer than the record at their defaults, and the
// paths of corpora, which records leave out.

import { identityConfig } from '../config/identity.ts';
import { diskFiles } from '../config/node/disk-files.ts';
import { loadExperiment, parseExperiment } from '../config/node/load-experiment.ts';
import { planRun } from '../config/plan-run.ts';
import type { CorpusConfig, MixedCorpus, RunConfig } from '../config/schema/schema.ts';
import type { PlannedRun } from '../config/sweep/expand-plan.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { InputError } from '../core/errors.ts';
import { hubCache } from '../corpus/node/hub-dataset.ts';
import { openCorpus } from '../corpus/node/open-corpus.ts';
import { corpusHashName } from '../recipe/identity.ts';
import { registered } from '../recipe/registered.ts';
import type { RunRecord } from '../run/record.ts';
import type { BaseFinder } from './base-finder.ts';

/** A data set of the Hub may lie in the cache of this machine, which needs no path. */
type FileCorpus = CorpusConfig & { readonly path?: string | undefined };

const isFile = (corpus: CorpusConfig): corpus is FileCorpus => corpus.kind !== 'stories';

/**
 * Paths of the corpora that an experiment names, absolute; none where it cannot be read.
 * @param text what the file holds, where it is a copy that lies elsewhere
 */
export function corpusPaths(file: string, text?: string): string[] {
  try {
    const options = { ...registered };
    const { settings } =
      text === undefined ? loadExperiment(file, options) : parseExperiment(text, { ...options, file });
    const corpora = settings.flatMap(({ config }) => [
      config.corpus,
      ...config.phases.flatMap(({ corpus, mix = [] }) => [
        ...(corpus === undefined ? [] : [corpus]),
        ...mix.map((own) => own.corpus),
      ]),
    ]);
    return [...new Set(corpora.flatMap((corpus) => (isFile(corpus) ? (corpus.path ?? []) : [])))];
  } catch {
    return [];
  }
}

/** Finds corpora by what is in them. Reads each candidate once. */
export class CorpusFinder {
  readonly #candidates: readonly string[];
  readonly #hashes = new Map<string, Promise<string | null>>();

  constructor(candidates: readonly string[]) {
    this.#candidates = candidates;
  }

  #hash(corpus: FileCorpus): Promise<string | null> {
    const key = canonicalJson(corpus);
    let hash = this.#hashes.get(key);
    if (hash === undefined) {
      hash = openCorpus(corpus, { baseFolder: '/' }).then(
        ({ contentHash }) => contentHash,
        () => null,
      );
      this.#hashes.set(key, hash);
    }
    return hash;
  }

  #missing(corpus: FileCorpus, content: string): string {
    if (corpus.kind === 'hub') {
      const tried = [hubCache(), ...this.#candidates].join(', ');
      const { repo, revision, split } = corpus;
      return (
        `these results were made from the Hub data set ${repo} (revision ${revision}, split ${split}) with content ${content}…: ` +
        `no such text in ${tried}. Download that revision (hf download ${repo} --repo-type dataset --revision ${revision}), ` +
        'or name the folder of the cache that has it with --corpus'
      );
    }
    const tried = this.#candidates.length === 0 ? 'none was named' : `not in ${this.#candidates.join(', ')}`;
    return `these results were made from a ${corpus.kind} corpus with content ${content}…: ${tried}. Name its file with --corpus`;
  }

  /** The corpus with the path of the candidate that holds this content. @throws InputError where none does */
  async find(corpus: CorpusConfig, contentHash: string): Promise<CorpusConfig> {
    if (!isFile(corpus)) return corpus;
    const places = this.#candidates.map((path) => ({ ...corpus, path }));
    for (const found of corpus.kind === 'hub' ? [corpus, ...places] : places)
      if ((await this.#hash(found)) === contentHash) return found;
    throw new InputError(this.#missing(corpus, contentHash.slice(0, 16)));
  }
}

/** A run's config with the paths of its corpora. */
async function withPaths(record: RunRecord, finder: CorpusFinder): Promise<RunConfig> {
  const { config, contracts } = record;
  const names: string[] = [];
  const locate = (corpus: CorpusConfig) => {
    const name = canonicalJson(corpus);
    if (!names.includes(name)) names.push(name);
    return finder.find(corpus, String(contracts[corpusHashName(names.indexOf(name))]));
  };
  const corpus = await locate(config.corpus);
  const phases: RunConfig['phases'][number][] = [];
  for (const { mix, ...phase } of config.phases) {
    const located = { ...phase, corpus: await locate(phase.corpus) };
    const mixed: MixedCorpus[] = [];
    for (const own of mix ?? []) mixed.push({ ...own, corpus: await locate(own.corpus) });
    phases.push(mix === undefined ? located : { ...located, mix: mixed });
  }
  return { ...config, corpus, phases };
}

/** A planned run from a config as a record has it. @throws InputError where this version does not accept it */
function planRecord(config: RunConfig, id: string): PlannedRun {
  const file = `the config of run ${id.slice(0, 12)}`;
  return planRun(config, { file, files: diskFiles, ...registered });
}

/**
 * The plan's run that a record belongs to, or one made from its config.
 * @param planned runs of the experiment as it is now, whose paths are known
 * @throws InputError where a corpus or the weights that it starts from are not to be found, or this version does not
 * accept the config
 */
export async function completeRun(
  record: RunRecord,
  options: { planned: readonly PlannedRun[]; finder: CorpusFinder; bases: BaseFinder },
): Promise<PlannedRun> {
  const identity = canonicalJson(identityConfig(record.config));
  const match = options.planned.find(({ config }) => canonicalJson(identityConfig(config)) === identity);
  const base =
    record.config.base === undefined
      ? {}
      : { base: { path: options.bases.find(String(record.contracts.baseHash)) } };
  if (match !== undefined) return { ...match, config: { ...match.config, ...base } };
  return planRecord({ ...(await withPaths(record, options.finder)), ...base }, record.id);
}
