// The identity of a run: what its result is a function of, and nothing else.
import { identityConfig } from '../config/identity.ts';
import type { CorpusConfig, RunConfig } from '../config/schema.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { hashValue } from '../core/hash.ts';
import { CORPUS_CONTRACT } from '../corpus/stories.ts';
import { EVALUATION_CONTRACT } from '../evaluate/evaluate-checkpoint.ts';
import { TOKENS_CONTRACT } from '../tokens/vocabulary.ts';
import type { RunRecord } from './record.ts';

/** Raised whenever poisoned documents, their places, or the order of documents come out differently. */
export const POISON_CONTRACT = 1;

/** Raised whenever the same data and settings train other weights. */
export const TRAIN_CONTRACT = 1;

/** Raised whenever TensorFlow.js is asked to compute something else. */
const TENSORFLOW_CONTRACT = 1;

/** What a run is known by. */
export interface RunIdentity {
  /** SHA-256 of the config without paths, the contents of its corpora, and all contract versions. */
  readonly id: string;
  /** Contract versions, content hashes, and the hashes of the two halves of the identity. */
  readonly contracts: Readonly<Record<string, string | number>>;
}

/** All corpora of a run: the experiment's, then those that phases have of their own. */
export function corporaOf(config: RunConfig): CorpusConfig[] {
  const all = [config.corpus, ...config.phases.map(({ corpus }) => corpus)];
  return [...new Map(all.map((corpus) => [canonicalJson(corpus), corpus])).values()];
}

/**
 * The identity of a run. Weights depend on its `training` half alone, so runs that differ in how they are
 * evaluated have equal weights.
 * @param contentHashOf hash of a corpus's content
 * @param arithmetic all kernels give the same bits and share one identity; TensorFlow.js has its own
 */
export function identifyRun(
  config: RunConfig,
  contentHashOf: (corpus: CorpusConfig) => string,
  arithmetic: RunRecord['arithmetic'] = 'exact',
): RunIdentity {
  const { evaluation, ...training } = identityConfig(config);
  const corpora = corporaOf(config).map(contentHashOf);
  const versions = {
    corpus: CORPUS_CONTRACT,
    poison: POISON_CONTRACT,
    tokens: TOKENS_CONTRACT,
    train: TRAIN_CONTRACT,
    ...(arithmetic === 'tfjs' ? { tensorflow: TENSORFLOW_CONTRACT } : {}),
  };
  const trainingHash = hashValue({ config: training, corpora, contracts: versions });
  const evaluationHash = hashValue({ config: evaluation, contract: EVALUATION_CONTRACT });
  return {
    id: hashValue({ training: trainingHash, evaluation: evaluationHash }),
    contracts: {
      ...versions,
      evaluation: EVALUATION_CONTRACT,
      ...Object.fromEntries(
        corpora.map((hash, index) => [index === 0 ? 'corpusHash' : `corpusHash${index}`, hash]),
      ),
      trainingHash,
      evaluationHash,
    },
  };
}
