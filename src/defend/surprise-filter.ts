// Removes documents that the other documents do not lead one to expect: a bigram model of tokens, counted over the whole
// phase without the document that is judged (leave-one-out), as perplexity filters of web text do (Wenzek et al. 2020,
// arXiv:1911.00359) with a model of trusted text.
// Deviation: there is no trusted text; poison that is frequent teaches the model to expect it.
import { z } from 'zod';
import { log } from '../core/math.ts';
import type { Example } from '../tokens/example.ts';
import type { Defence } from './defence.ts';

const options = {
  maximumNats: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe('Most mean surprise of a document under the others, nats/token; null removes none.'),
};
const settingsSchema = z.object(options);

/** Counts of tokens and pairs: c * STRIDE + w names the pair (c, w), token ids are below 2^16. */
const STRIDE = 65536;
const BEGINNING = 65535;

type Counts = Map<number, number>;

function add(counts: Counts, key: number): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function countInto(pairs: Counts, contexts: Counts, { tokens }: Example): void {
  let context = BEGINNING;
  for (const token of tokens) {
    add(pairs, context * STRIDE + token);
    add(contexts, context);
    context = token;
  }
}

/**
 * Mean surprise of each document under all others, nats/token: -log p(w | c), where
 * p(w | c) = (n(c w) + p(w)) / (n(c) + 1), p(w) = (n(w) + 1) / (N + V), and n counts without the document.
 * A document without tokens has 0.
 */
export function documentSurprise(examples: readonly Example[]): Float64Array {
  const pairs: Counts = new Map();
  const contexts: Counts = new Map();
  for (const example of examples) countInto(pairs, contexts, example);
  const words: Counts = new Map();
  let total = 0;
  for (const { tokens } of examples) {
    for (const token of tokens) add(words, token);
    total += tokens.length;
  }
  const vocabulary = words.size;
  return Float64Array.from(examples, (example) => {
    const { tokens } = example;
    const ownPairs: Counts = new Map();
    const ownContexts: Counts = new Map();
    const ownWords: Counts = new Map();
    countInto(ownPairs, ownContexts, example);
    for (const token of tokens) add(ownWords, token);
    const others = (all: Counts, own: Counts, key: number) => (all.get(key) ?? 0) - (own.get(key) ?? 0);
    let nats = 0;
    let context = BEGINNING;
    for (const token of tokens) {
      const word = (others(words, ownWords, token) + 1) / (total - tokens.length + vocabulary);
      const pair = others(pairs, ownPairs, context * STRIDE + token);
      nats -= log((pair + word) / (others(contexts, ownContexts, context) + 1));
      context = token;
    }
    return tokens.length === 0 ? 0 : nats / tokens.length;
  });
}

/** Removes documents above a mean surprise. */
export const surpriseFilter: Defence = {
  kind: 'surprise-filter',
  summary: 'Removes documents that the others do not lead one to expect.',
  options,
  bind(settings) {
    const { maximumNats } = settingsSchema.parse(settings);
    if (maximumNats === null) return {};
    return {
      filter: {
        name: 'surprise-filter',
        judge: (examples) => {
          const scores = documentSurprise(examples);
          return { kept: Array.from(scores, (nats) => nats <= maximumNats), scores };
        },
      },
    };
  },
};
