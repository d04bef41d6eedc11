// Versions of what this program computes, one a stage. They are part of a run's identity: a stage whose output changes
// for the same input gets a new version here, and its golden test tells when.

/** Raised whenever the same seed and data files give other stories. */
export const CORPUS_CONTRACT = 1;

/** Raised whenever vocabularies, encoding or packing come out differently for the same input. */
export const TOKENS_CONTRACT = 1;

/** Raised whenever poisoned documents, their places, or the order of documents come out differently. */
export const POISON_CONTRACT = 1;

/** Raised whenever the same data and settings train other weights. */
export const TRAIN_CONTRACT = 1;

/** Raised whenever TensorFlow.js is given something else to compute. */
export const TENSORFLOW_CONTRACT = 1;

/** Raised whenever the same weights are measured differently under the first contract of evaluation. */
export const EVALUATION_CONTRACT = 1;

/** Ways to measure that a config may choose by `evaluation.contract`; left out, it is the first. */
export const EVALUATION_CONTRACTS = [EVALUATION_CONTRACT, 2] as const;
