// What a run reads, kept in memory from run to run: a worker's next run mostly reads the same files.
import { statSync } from 'node:fs';
import type { EvaluationSet } from '../../evaluate/evaluation-set.ts';
import type { TokenizedDocuments } from '../../tokens/tokenized-documents.ts';
import type { Tokenizer } from '../../tokens/tokenizer.ts';
import type { Vocabulary } from '../../tokens/vocabulary.ts';
import { readCachedJson } from '../prepare/cached-json.ts';
import { readCachedTokens } from '../prepare/token-cache.ts';
import { decodingTokenizer } from '../prepare/vocabulary-artefact.ts';
import { evaluationSetSchema, vocabularySchema } from '../schemas/cached-schemas.ts';

const KEPT_SETS = 8;

const evaluationSets = new Map<string, EvaluationSet>();
let lastTokens: { readonly key: string; readonly documents: TokenizedDocuments } | undefined;
let lastVocabulary:
  | { readonly path: string; readonly vocabulary: Vocabulary; readonly tokenizer: Tokenizer }
  | undefined;

/** The evaluation set at a path: the same object each time, so that its judge is trained once. */
export function readEvaluationSet(path: string): EvaluationSet {
  let set = evaluationSets.get(path);
  if (set === undefined) {
    set = readCachedJson(path, evaluationSetSchema);
    if (evaluationSets.size >= KEPT_SETS) evaluationSets.clear();
    evaluationSets.set(path, set);
  }
  return set;
}

/** All tokenised documents of a file of the token cache. */
export function readAllTokens(path: string): TokenizedDocuments {
  const { mtimeMs, size } = statSync(path);
  const key = `${path} ${mtimeMs} ${size}`;
  if (lastTokens?.key !== key) {
    lastTokens = { key, documents: readCachedTokens(path, { tokens: Number.POSITIVE_INFINITY }) };
  }
  return lastTokens.documents;
}

/** A vocabulary, and a tokenizer that decodes with it. */
export function readVocabulary(path: string): { vocabulary: Vocabulary; tokenizer: Tokenizer } {
  if (lastVocabulary?.path !== path) {
    const vocabulary = readCachedJson(path, vocabularySchema);
    lastVocabulary = { path, vocabulary, tokenizer: decodingTokenizer(vocabulary) };
  }
  return lastVocabulary;
}
