// What the runs of an experiment read, made once in the process that starts them: vocabulary, tokens, poisoned
// documents, evaluation sets. Files of the store's cache, named by what they depend on, shared by all runs.
import { join } from 'node:path';
import type { CorpusConfig, PhaseConfig, RunConfig } from '../../config/schema/schema.ts';
import type { PlannedRun } from '../../config/sweep/expand-plan.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { hashValue } from '../../core/hash.ts';
import type { Corpus } from '../../corpus/document.ts';
import { openCorpus } from '../../corpus/node/open-corpus.ts';
import { takeSplits } from '../../corpus/splits.ts';
import { EVALUATION_CONTRACT } from '../../evaluate/evaluate-checkpoint.ts';
import { evaluationDocuments, evaluationPoison, prepareEvaluation } from '../../evaluate/evaluation-set.ts';
import { planInsertion } from '../../poison/insertion.ts';
import { phaseSeed } from '../execute/phase-data.ts';
import type { RunRecord } from '../record.ts';
import type { PhaseArtefacts, RunArtefacts } from '../run-event.ts';
import { encodedPoisonSchema } from '../schemas/cached-schemas.ts';
import { relativeArtefacts } from '../store/artefact-paths.ts';
import { corporaOf, identifyRun, type RunIdentity } from '../store/identity.ts';
import { withLock } from '../store/lock.ts';
import { hasCachedJson, readCachedJson, writeCachedJson } from './cached-json.ts';
import { type CleanRange, cleanDemand, cleanRanges, epochTokens } from './clean-range.ts';
import { rememberCorpus } from './remembered-corpus.ts';
import { MATERIAL_DOCUMENTS, measuredRecipe, poisonRecipe, TrainingTexts } from './training-texts.ts';
import { prepareVocabulary, type VocabularyArtefact } from './vocabulary-artefact.ts';

type RunToPrepare = Pick<PlannedRun, 'config'>;

/** Values made once for each key. */
class Once<T> {
  readonly #made = new Map<string, Promise<T>>();

  get(key: string, make: () => Promise<T>): Promise<T> {
    let value = this.#made.get(key);
    if (value === undefined) {
      value = make();
      this.#made.set(key, value);
    }
    return value;
  }

  values(): Promise<T[]> {
    return Promise.all(this.#made.values());
  }
}

/** Prepares runs. Opens each corpus once, makes each artefact once. */
export class ExperimentPreparation {
  readonly #store: string;
  readonly #cache: string;
  readonly #baseFolder: string;
  readonly #corpora = new Once<Corpus & { close(): Promise<void> }>();
  readonly #vocabularies = new Once<VocabularyArtefact>();
  readonly #texts = new Once<TrainingTexts>();
  /** Tokens of poisoned documents with their separators, by path. */
  readonly #lengths = new Map<string, number[]>();

  /**
   * @param options.store root folder of the run store
   * @param options.baseFolder folder to which relative paths of corpora refer
   */
  constructor(options: { store: string; baseFolder: string }) {
    this.#store = options.store;
    this.#cache = join(options.store, 'cache');
    this.#baseFolder = options.baseFolder;
  }

  #corpus(config: CorpusConfig) {
    return this.#corpora.get(canonicalJson(config), async () =>
      rememberCorpus(await openCorpus(config, { baseFolder: this.#baseFolder })),
    );
  }

  /** The identities of runs. Reads their corpora. */
  async identify(
    runs: readonly RunToPrepare[],
    arithmetic: RunRecord['arithmetic'] = 'exact',
  ): Promise<RunIdentity[]> {
    const hashes = new Map<string, string>();
    for (const { config } of runs) {
      for (const corpus of corporaOf(config)) {
        const key = canonicalJson(corpus);
        if (!hashes.has(key)) hashes.set(key, (await this.#corpus(corpus)).contentHash);
      }
    }
    return runs.map(({ config }) =>
      identifyRun(config, (corpus) => hashes.get(canonicalJson(corpus)) as string, arithmetic),
    );
  }

  /**
   * Makes what the runs read, while no other process makes it; paths are relative to the store.
   * @param options.ofExperiment all its runs, done or not, so that what is made does not depend on what is done
   * @param options.onWait told if another process is preparing on this store
   * @throws InputError for a corpus, trigger or prompt that does not fit
   */
  async prepare(
    runs: readonly (RunToPrepare & { readonly identity: RunIdentity })[],
    options: { ofExperiment: readonly RunToPrepare[]; onWait?: () => void },
  ): Promise<RunArtefacts[]> {
    const work = async () => {
      await this.#tokenizeAll(runs);
      const counts = largestCounts(options.ofExperiment);
      const artefacts: RunArtefacts[] = [];
      for (const { config, identity } of runs)
        artefacts.push(relativeArtefacts(this.#store, await this.#prepareRun(config, identity, counts)));
      return artefacts;
    };
    return this.#locked(work, options.onWait);
  }

  /** Makes what runs are measured with; by run, the path. Runs that differ in count, size or seed share it. */
  async prepareEvaluations(runs: readonly RunToPrepare[]): Promise<string[]> {
    return this.#locked(async () => {
      const paths: string[] = [];
      for (const { config } of runs) paths.push(await this.#evaluation(config));
      return paths;
    });
  }

  #locked<T>(work: () => Promise<T>, onWait?: () => void): Promise<T> {
    return withLock(join(this.#cache, 'prepare.lock'), work, onWait);
  }

  /** Closes the corpora. */
  async close(): Promise<void> {
    for (const corpus of await this.#corpora.values()) await corpus.close();
  }

  async #vocabulary({
    corpus,
    tokenizer,
  }: Pick<RunConfig, 'corpus' | 'tokenizer'>): Promise<VocabularyArtefact> {
    const opened = await this.#corpus(corpus);
    return this.#vocabularies.get(canonicalJson([corpus, tokenizer]), () =>
      prepareVocabulary({ folder: this.#cache, corpus: opened, splits: corpus, tokenizer }),
    );
  }

  async #trainingTexts(config: RunConfig, corpus: CorpusConfig): Promise<TrainingTexts> {
    const vocabulary = await this.#vocabulary(config);
    const opened = await this.#corpus(corpus);
    return this.#texts.get(canonicalJson([config.corpus, config.tokenizer, corpus]), async () => {
      return new TrainingTexts({ folder: this.#cache, corpus: opened, splits: corpus, vocabulary });
    });
  }

  /** Tokenises each corpus once, as far as the most demanding run goes. */
  async #tokenizeAll(runs: readonly RunToPrepare[]): Promise<void> {
    const demands = new Map<TrainingTexts, { tokens: number; documents: number }>();
    for (const { config } of runs) {
      for (const [corpus, phases] of phasesByCorpus(config)) {
        const texts = await this.#trainingTexts(config, corpus);
        const { tokens = 0, documents = 0 } = cleanDemand(phases, config.model.contextTokens);
        const most = demands.get(texts) ?? { tokens: 0, documents: MATERIAL_DOCUMENTS };
        demands.set(texts, {
          tokens: Math.max(most.tokens, tokens),
          documents: Math.max(most.documents, documents),
        });
      }
    }
    for (const [texts, demand] of demands) await texts.ask(demand);
  }

  async #prepareRun(
    config: RunConfig,
    { contracts }: RunIdentity,
    counts: ReadonlyMap<string, number>,
  ): Promise<RunArtefacts> {
    const phases = new Map<PhaseConfig, PhaseArtefacts>();
    for (const [corpus, ofCorpus] of phasesByCorpus(config)) {
      const texts = await this.#trainingTexts(config, corpus);
      const ranges = await cleanRanges(ofCorpus, config.model.contextTokens, (demand) => texts.ask(demand));
      for (const [place, phase] of ofCorpus.entries()) {
        phases.set(
          phase,
          await this.#preparePhase(config, phase, ranges[place] as CleanRange, texts, counts),
        );
      }
    }
    return {
      vocabulary: (await this.#vocabulary(config)).path,
      evaluation: await this.#evaluation(config),
      phases: config.phases.map((phase) => phases.get(phase) as PhaseArtefacts),
      contracts,
    };
  }

  async #preparePhase(
    config: RunConfig,
    phase: PhaseConfig,
    range: CleanRange,
    texts: TrainingTexts,
    counts: ReadonlyMap<string, number>,
  ): Promise<PhaseArtefacts> {
    const { poison } = phase;
    const files = { tokens: texts.path, ...range };
    if (poison === undefined) return { ...files, poison: null, trigger: null, cleanTrigger: null };
    const place = config.phases.indexOf(phase);
    const trigger = await texts.trigger(poison, range);
    const count = counts.get(poisonKey(config, place)) ?? poison.documents;
    const seed = phaseSeed(config, place);
    const path = await texts.poison({ poison, seed, count });
    this.#checkFit(config, phase, path);
    const rowTokens = phase.batch.packing === 'rows' ? config.model.contextTokens : null;
    const cleanTrigger = await texts.cleanTrigger({ poison, seed, range, rowTokens });
    return { ...files, poison: path, trigger, cleanTrigger };
  }

  /** Refuses poison that does not fit its phase before anything runs. */
  #checkFit({ model, seed }: RunConfig, phase: PhaseConfig, path: string): void {
    let lengths = this.#lengths.get(path);
    if (lengths === undefined) {
      lengths = readCachedJson(path, encodedPoisonSchema).map(({ tokens }) => tokens.length + 1);
      this.#lengths.set(path, lengths);
    }
    planInsertion({
      cleanLengths: [],
      poisonedLengths: lengths.slice(0, phase.poison?.documents ?? 0),
      budgetTokens: epochTokens(phase),
      placement: 'start',
      seed,
      unit: phase.batch.packing === 'rows' ? 'rows' : 'tokens',
      contextTokens: model.contextTokens,
    });
  }

  async #evaluation(config: RunConfig): Promise<string> {
    const poison = evaluationPoison(config.phases);
    const recipe = poison === null ? null : measuredRecipe(poison);
    const vocabulary = await this.#vocabulary(config);
    const corpus = await this.#corpus(config.corpus);
    const { evaluation, model } = config;
    const packing = config.phases[0]?.batch.packing ?? 'stream';
    const { seed, splits } = config.corpus;
    const key = hashValue({
      contract: EVALUATION_CONTRACT,
      corpus: corpus.contentHash,
      seed,
      splits,
      vocabulary: vocabulary.decoder.hash,
      evaluation,
      recipe,
      contextTokens: model.contextTokens,
      packing,
    });
    const path = join(this.#cache, 'evaluation', `${key}.json`);
    if (hasCachedJson(path)) return path;
    const set = prepareEvaluation({
      config: evaluation,
      poison: recipe,
      seed,
      contextTokens: model.contextTokens,
      packing,
      tokenizer: await vocabulary.encoder(),
      documents: await takeSplits(corpus, config.corpus, evaluationDocuments(evaluation)),
      cleanTexts: await (await this.#trainingTexts(config, config.corpus)).material(),
    });
    writeCachedJson(path, set);
    return path;
  }
}

/** The corpora that phases are trained on, each with its phases in order. */
function phasesByCorpus(config: RunConfig): [CorpusConfig, PhaseConfig[]][] {
  const groups = new Map<string, [CorpusConfig, PhaseConfig[]]>();
  for (const phase of config.phases) {
    const key = canonicalJson(phase.corpus);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [phase.corpus, [phase]]);
    else group[1].push(phase);
  }
  return [...groups.values()];
}

/** Phases with one key plant beginnings of one list of documents. */
function poisonKey(config: RunConfig, phase: number): string {
  const { poison, corpus } = config.phases[phase] as PhaseConfig;
  const recipe = poison === undefined ? null : poisonRecipe(poison);
  return canonicalJson([config.corpus, config.tokenizer, corpus, recipe, phaseSeed(config, phase)]);
}

/** The largest count of poisoned documents of each list: smaller counts take its beginning. */
function largestCounts(runs: readonly RunToPrepare[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { config } of runs) {
    for (const [place, { poison }] of config.phases.entries()) {
      if (poison === undefined) continue;
      const key = poisonKey(config, place);
      counts.set(key, Math.max(counts.get(key) ?? 0, poison.documents));
    }
  }
  return counts;
}
