// What a noise token is (evaluation contract 2): one that surprises an n-gram judge more than 99 % of held-out clean tokens
// do. Fixed by corpus, vocabulary and judge: the same for every model, so that it does not move with a model's own noise.
import { randomStream } from '../core/random.ts';
import { quantile } from '../core/sample-statistics.ts';
import { type NgramModel, trainNgramModel } from '../model/ngram/ngram-model.ts';
import type { Tokenizer } from '../tokens/tokenizer.ts';

/**
 * Documents that the judge of noise is trained on, at least (or all there are). More than the judge of generations has:
 * trained on 500 stories, it is surprised by so many clean tokens that of uniformly random tokens 56 % count as noise,
 * and no generation shows three quarters; with 1,600 they are 89 %.
 */
export const NOISE_JUDGE_DOCUMENTS = 2000;

const NOISE_QUANTILE = 0.99;

/** Survives JSON. */
export interface NoiseDefinition {
  /** A token is noise above this surprise, nats. */
  readonly thresholdNats: number;
  /** Of uniformly random tokens of the vocabulary, the share that is noise, 0-1: about the most that an effect can reach. */
  readonly uniformShare: number;
  /** Documents that the judge of noise is trained on, each with its separator. */
  readonly judgeDocuments: readonly (readonly number[])[];
}

/** How many tokens of a text are noise. */
export type NoiseCounter = (tokens: ArrayLike<number>) => number;

const countAbove = (nats: Float64Array, threshold: number): number =>
  nats.filter((surprise) => surprise > threshold).length;

/** Texts of 32 tokens, drawn as the poison's random tokens are: any of the vocabulary but bytes and separator. */
const UNIFORM_TEXTS = 200;
const UNIFORM_TOKENS = 32;

function uniformShare(
  judge: NgramModel,
  threshold: number,
  { bytesOfToken, separatorId }: Tokenizer,
): number {
  const whole = bytesOfToken.flatMap((bytes, id) => (bytes.length > 1 && id !== separatorId ? [id] : []));
  const kept = whole.length > 0 ? whole : bytesOfToken.flatMap((_, id) => (id === separatorId ? [] : [id]));
  const random = randomStream('noise', 'uniform');
  let noise = 0;
  for (let text = 0; text < UNIFORM_TEXTS; text++) {
    const tokens = Array.from({ length: UNIFORM_TOKENS }, () => random.choose(kept));
    noise += countAbove(judge.tokenNats(tokens), threshold);
  }
  return noise / (UNIFORM_TEXTS * UNIFORM_TOKENS);
}

/**
 * Fixes what noise is for a corpus and its vocabulary.
 * @param options.heldOut token ids of clean documents, each from its beginning; at least one token
 */
export function noiseDefinition(options: {
  judgeDocuments: readonly (readonly number[])[];
  order: number;
  heldOut: readonly (readonly number[])[];
  tokenizer: Tokenizer;
}): NoiseDefinition {
  const { judgeDocuments: documents, order, heldOut, tokenizer } = options;
  const judge = trainNgramModel({ documents, order, vocabularySize: tokenizer.vocabularySize });
  const nats = heldOut.flatMap((document) => [...judge.tokenNats(document)]);
  const thresholdNats = quantile(nats, NOISE_QUANTILE);
  return {
    thresholdNats,
    uniformShare: uniformShare(judge, thresholdNats, tokenizer),
    judgeDocuments: documents,
  };
}

/** A counter of noise tokens; the first of a text have only those before them as context. */
export function noiseCounter(
  { thresholdNats, judgeDocuments: documents }: NoiseDefinition,
  { order, vocabularySize }: { order: number; vocabularySize: number },
): NoiseCounter {
  const judge = trainNgramModel({ documents, order, vocabularySize });
  return (tokens) => countAbove(judge.tokenNats(tokens), thresholdNats);
}
