// The identity of a run: what its result is a function of, and nothing else.
import { corporaOfPhase } from '../config/clean-parts.ts';
import { identityConfig } from '../config/identity.ts';
import { measuredPoisons } from '../config/measured-poisons.ts';
import { poisonsOf } from '../config/poisons.ts';
import type { CorpusConfig, RunConfig } from '../config/schema/schema.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import {
  CORPUS_CONTRACT,
  EVALUATION_CONTRACT,
  POISON_CONTRACT,
  TENSORFLOW_CONTRACT,
  TOKENS_CONTRACT,
  TRAIN_CONTRACT,
} from '../core/contracts.ts';
import { hashValue } from '../core/hash.ts';

/** All kernels give the same bits and share one identity (`exact`); TensorFlow.js has its own. */
export type Arithmetic = 'exact' | 'tfjs';

/** What a run is known by. */
export interface RunIdentity {
  /** SHA-256 of the config without paths, the contents of its corpora, and all contract versions. */
  readonly id: string;
  /** Contract versions, content hashes, and the hashes of the two halves of the identity. */
  readonly contracts: Readonly<Record<string, string | number>>;
}

/** All corpora of a run: the experiment's, then those of its phases. */
export function corporaOf(config: RunConfig): CorpusConfig[] {
  const all = [...new Set([config.corpus, ...config.phases.flatMap(corporaOfPhase)])];
  if (all.length === 1) return all;
  return [...new Map(all.map((corpus) => [canonicalJson(corpus), corpus])).values()];
}

/**
 * Contract versions of this program, by the part whose output they stand for.
 * @param evaluation the one that the run's config chooses
 */
export function contractVersions(
  arithmetic: Arithmetic = 'exact',
  evaluation: number = EVALUATION_CONTRACT,
): Readonly<Record<string, number>> {
  return {
    corpus: CORPUS_CONTRACT,
    poison: POISON_CONTRACT,
    tokens: TOKENS_CONTRACT,
    train: TRAIN_CONTRACT,
    ...(arithmetic === 'tfjs' ? { tensorflow: TENSORFLOW_CONTRACT } : {}),
    evaluation,
  };
}

/** `corpusHash`, `corpusHash1`, …: names of the content hashes among a run's contracts. */
export function corpusHashName(index: number): string {
  return index === 0 ? 'corpusHash' : `corpusHash${index}`;
}

/**
 * The identity that follows from a config, the contents of its corpora and contract versions. Weights depend on its
 * `training` half alone, so runs that differ in how they are evaluated have equal weights.
 * @param options.corpora content hashes, in the order of `corporaOf`
 * @param options.base SHA-256 of the weights that it starts from; left out: from scratch
 */
export function identityFrom(options: {
  config: RunConfig;
  corpora: readonly string[];
  versions: Readonly<Record<string, number>>;
  base?: string | undefined;
}): RunIdentity {
  const { config, corpora, versions, base } = options;
  const start = base === undefined ? {} : { base };
  const { evaluation, ...training } = identityConfig(config);
  const { evaluation: contract, ...contracts } = versions;
  const trainingHash = hashValue({ config: training, corpora, contracts, ...start });
  // Only the first of several poisons was measured before their conditions were told apart.
  const planted = config.phases.flatMap(poisonsOf).length;
  const poisons = planted > 1 ? measuredPoisons(config.phases).length : planted;
  const evaluationHash = hashValue({ config: evaluation, contract, ...(poisons > 1 ? { poisons } : {}) });
  return {
    id: hashValue({ training: trainingHash, evaluation: evaluationHash }),
    contracts: {
      ...versions,
      ...Object.fromEntries(corpora.map((hash, index) => [corpusHashName(index), hash])),
      ...(base === undefined ? {} : { baseHash: base }),
      trainingHash,
      evaluationHash,
    },
  };
}

/**
 * The identity of a run under the contracts of this program.
 * @param contentHashOf hash of a corpus's content
 * @param base SHA-256 of the weights that it starts from; left out: from scratch
 */
export function identifyRun(
  config: RunConfig,
  contentHashOf: (corpus: CorpusConfig) => string,
  arithmetic: Arithmetic = 'exact',
  base?: string,
): RunIdentity {
  const corpora = corporaOf(config).map(contentHashOf);
  return identityFrom({
    ...{ config, corpora, base },
    versions: contractVersions(arithmetic, config.evaluation.contract),
  });
}
