// What the runs of an experiment read, from their configs: vocabulary, tokens, poisoned documents, evaluation sets.
// Each value is made once and shared by all runs that need it; a memo keeps them.
import { cleanParts, corporaOfPhase } from '../config/clean-parts.ts';
import { measuredPoisons } from '../config/measured-poisons.ts';
import type { BaseConfig, CorpusConfig, PhaseConfig, RunConfig } from '../config/schema/schema.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { EVALUATION_CONTRACT, TOKENS_CONTRACT } from '../core/contracts.ts';
import type { Corpus } from '../corpus/document.ts';
import { rememberCorpus } from '../corpus/remembered-corpus.ts';
import { takeSplits } from '../corpus/splits.ts';
import { type EvaluationSet, evaluationDocuments, prepareEvaluation } from '../evaluate/evaluation-set.ts';
import { MATERIAL_DOCUMENTS } from '../poison/material.ts';
import type { Example } from '../tokens/example.ts';
import type { MixArtefacts, PhaseArtefacts, RunArtefacts } from './artefacts.ts';
import { checkBase, type OpenedBase, refuseBase } from './base.ts';
import { type Arithmetic, corporaOf, identifyRun, type RunIdentity } from './identity.ts';
import type { Kept, Memo } from './memo.ts';
import { Once } from './once.ts';
import {
  type CleanRange,
  type CleanUse,
  cleanDemand,
  cleanRanges,
  reserveRanges,
} from './phase/clean-range.ts';
import { largestCounts } from './phase/poison-lists.ts';
import { type CleanText, PhasePreparation } from './phase/prepare-phase.ts';
import { trustedExamples } from './phase/prepare-trusted.ts';
import { TrainingTexts } from './phase/training-texts.ts';
import { type OpenEncoder, openVocabulary, prepareVocabulary, type RunVocabulary } from './vocabulary.ts';

type RunToPrepare = { readonly config: RunConfig };

/** Opens the corpus of a config. */
export type OpenCorpus = (config: CorpusConfig) => Promise<Corpus>;

/** Opens the base of a config. */
export type OpenBase = (config: BaseConfig) => Promise<OpenedBase>;

/** Prepares runs. Opens each corpus once, makes each value once. */
export class RunPreparation {
  readonly #memo: Memo;
  readonly #openCorpus: OpenCorpus;
  readonly #openEncoder: OpenEncoder | undefined;
  readonly #openBase: OpenBase;
  readonly #bases = new Once<OpenedBase>();
  readonly #corpora = new Once<Corpus & { close(): Promise<void> }>();
  readonly #vocabularies = new Once<RunVocabulary & { readonly ref: string }>();
  readonly #texts = new Once<TrainingTexts>();
  readonly #evaluations = new Once<Kept<EvaluationSet>>();
  readonly #phases = new PhasePreparation();

  /**
   * @param options.openEncoder another way to the tokenizer of a vocabulary, which encodes alike
   * @param options.openBase opens the weights that a run starts from; left out: such runs are refused
   */
  constructor(options: {
    memo: Memo;
    openCorpus: OpenCorpus;
    openEncoder?: OpenEncoder;
    openBase?: OpenBase;
  }) {
    this.#memo = options.memo;
    this.#openBase = options.openBase ?? refuseBase;
    this.#openCorpus = options.openCorpus;
    this.#openEncoder = options.openEncoder;
  }

  #corpus(config: CorpusConfig) {
    return this.#corpora.get(canonicalJson(config), async () =>
      rememberCorpus(await this.#openCorpus(config)),
    );
  }

  #base(config: BaseConfig): Promise<OpenedBase> {
    return this.#bases.get(canonicalJson(config), () => this.#openBase(config));
  }

  /** The identities of runs. Reads their corpora, and what they start from. */
  async identify(runs: readonly RunToPrepare[], arithmetic: Arithmetic = 'exact'): Promise<RunIdentity[]> {
    const bases: (OpenedBase | undefined)[] = [];
    for (const { config } of runs)
      bases.push(config.base === undefined ? undefined : await this.#base(config.base));
    const hashes = new Map<string, string>();
    // Runs of a plan share the objects of their corpora: each is looked up once.
    const ofObjects = new Map<CorpusConfig, string>();
    for (const { config } of runs) {
      for (const corpus of corporaOf(config)) {
        if (ofObjects.has(corpus)) continue;
        const key = canonicalJson(corpus);
        const hash = hashes.get(key) ?? (await this.#corpus(corpus)).contentHash;
        hashes.set(key, hash);
        ofObjects.set(corpus, hash);
      }
    }
    return runs.map(({ config }, place) =>
      identifyRun(config, (corpus) => ofObjects.get(corpus) as string, arithmetic, bases[place]?.weightsHash),
    );
  }

  /**
   * Makes what the runs read.
   * @param options.ofExperiment all its runs, done or not, so that what is made does not depend on what is done
   * @throws InputError for a corpus, trigger or prompt that does not fit
   */
  async prepare(
    runs: readonly (RunToPrepare & { readonly identity: RunIdentity })[],
    options: { ofExperiment: readonly RunToPrepare[] },
  ): Promise<RunArtefacts[]> {
    await this.#encodeAll(runs);
    const counts = largestCounts(options.ofExperiment);
    const artefacts: RunArtefacts[] = [];
    for (const { config, identity } of runs) artefacts.push(await this.#prepareRun(config, identity, counts));
    return artefacts;
  }

  /** The first trusted documents of a run's corpus, for who defends its model; fewer only where the corpus ends. */
  async trusted(config: RunConfig, documents: number): Promise<Example[]> {
    return trustedExamples(config, await this.#trainingTexts(config, config.corpus), documents);
  }

  /** Closes the corpora. */
  async close(): Promise<void> {
    for (const corpus of await this.#corpora.values()) await corpus.close();
  }

  async #vocabulary({ corpus, tokenizer }: Pick<RunConfig, 'corpus' | 'tokenizer'>) {
    const opened = await this.#corpus(corpus);
    return this.#vocabularies.get(canonicalJson([corpus, tokenizer]), async () => {
      const { seed, splits } = corpus;
      const key = { contract: TOKENS_CONTRACT, corpus: opened.contentHash, seed, splits, tokenizer };
      const kept = await this.#memo.keep('vocabularies', key, () =>
        prepareVocabulary({ corpus: opened, splits: corpus, tokenizer }),
      );
      return { ...openVocabulary(kept.value(), this.#openEncoder), ref: kept.ref };
    });
  }

  async #trainingTexts(config: RunConfig, corpus: CorpusConfig): Promise<TrainingTexts> {
    const vocabulary = await this.#vocabulary(config);
    const opened = await this.#corpus(corpus);
    return this.#texts.get(
      canonicalJson([config.corpus, config.tokenizer, corpus]),
      async () => new TrainingTexts({ memo: this.#memo, corpus: opened, splits: corpus, vocabulary }),
    );
  }

  /** Encodes each corpus once, as far as the most demanding run goes. */
  async #encodeAll(runs: readonly RunToPrepare[]): Promise<void> {
    const demands = new Map<TrainingTexts, { tokens: number; documents: number }>();
    for (const { config } of runs) {
      for (const [corpus, uses] of usesByCorpus(config)) {
        const texts = await this.#trainingTexts(config, corpus);
        const { tokens = 0, documents = 0 } = cleanDemand(uses);
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
    const cleanTexts = new Map<PhaseConfig, CleanText[]>(config.phases.map((phase) => [phase, []]));
    for (const [corpus, uses] of usesByCorpus(config)) {
      const texts = await this.#trainingTexts(config, corpus);
      const ranges = await cleanRanges(uses, (demand) => texts.ask(demand));
      const reserves = await reserveRanges(uses, ranges, (demand) => texts.ask(demand));
      for (const [place, { phase }] of uses.entries())
        cleanTexts
          .get(phase)
          ?.push({ corpus, texts, range: ranges[place] as CleanRange, reserve: reserves[place] });
    }
    const base = await this.#startOf(config);
    const phases: PhaseArtefacts[] = [];
    for (const phase of config.phases) {
      const found = cleanTexts.get(phase) ?? [];
      // In the order of the phase, not in that in which corpora were opened.
      const [own, ...mixed] = corporaOfPhase(phase).map((corpus) => {
        const key = canonicalJson(corpus);
        return found.find((text) => canonicalJson(text.corpus) === key) as CleanText;
      });
      if (own === undefined) throw new Error('a phase has a corpus');
      const prepared = await this.#phases.prepare(own, { config, phase, counts });
      const mix: MixArtefacts[] = [];
      for (const text of mixed) mix.push(await this.#phases.prepareMixed(text, phase));
      phases.push(mix.length === 0 ? prepared : { ...prepared, mix });
    }
    return {
      vocabulary: (await this.#vocabulary(config)).ref,
      evaluation: (await this.evaluation(config)).ref,
      ...(base === null ? {} : { base: base.ref }),
      phases,
      contracts,
    };
  }

  /** The base of a run, which fits it; null: it starts from scratch. */
  async #startOf(config: RunConfig): Promise<OpenedBase | null> {
    if (config.base === undefined) return null;
    const base = await this.#base(config.base);
    const { vocabulary } = await this.#vocabulary(config);
    checkBase(base, { model: config.model, vocabulary });
    return base;
  }

  /** What a run is measured with. Runs that differ in count, size or seed share it. */
  async evaluation(config: RunConfig): Promise<Kept<EvaluationSet>> {
    const poisons = measuredPoisons(config.phases);
    const vocabulary = await this.#vocabulary(config);
    const corpus = await this.#corpus(config.corpus);
    const { evaluation, model } = config;
    const { contextTokens } = model;
    const packing = config.phases[0]?.batch.packing ?? 'stream';
    const { seed, splits } = config.corpus;
    const key = {
      contract: evaluation.contract ?? EVALUATION_CONTRACT,
      corpus: corpus.contentHash,
      vocabulary: vocabulary.hash,
      ...{ seed, splits, evaluation, poisons, contextTokens, packing },
    };
    return this.#evaluations.get(canonicalJson(key), () =>
      this.#memo.keep('evaluation', key, async () =>
        prepareEvaluation({
          ...{ config: evaluation, poisons, seed, contextTokens, packing },
          tokenizer: await vocabulary.encoder(),
          documents: await takeSplits(corpus, config.corpus, evaluationDocuments(evaluation)),
          cleanTexts: await (await this.#trainingTexts(config, config.corpus)).material(),
        }),
      ),
    );
  }
}

/** The corpora that phases are trained on, each with what it gives to them in order. */
function usesByCorpus(config: RunConfig): [CorpusConfig, CleanUse[]][] {
  const groups = new Map<string, [CorpusConfig, CleanUse[]]>();
  for (const phase of config.phases) {
    for (const part of cleanParts(phase, config.model.contextTokens)) {
      const key = canonicalJson(part.corpus);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [part.corpus, [{ phase, part }]]);
      else group[1].push({ phase, part });
    }
  }
  return [...groups.values()];
}
