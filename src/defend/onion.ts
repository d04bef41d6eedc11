// ONION (Qi et al. 2021, arXiv:2011.10369): a word is suspicious if the text is much more likely without it.
// Deviations: an n-gram model of trusted text instead of GPT-2; differences of the whole text's nats instead of its perplexity,
// so that a word counts the same in a long text; and the document is removed, not the word.
import { z } from 'zod';
import { log } from '../core/math.ts';
import { type NgramModel, trainNgramModel } from '../model/ngram/ngram-model.ts';
import type { Defence } from './defence.ts';
import { conformalThreshold, halveTrusted, trustedDemand, trustedOptions } from './trusted-text.ts';

const options = {
  ...trustedOptions,
  order: z.int().min(2).max(6).default(3).describe('Order of the n-gram model of trusted text, 2 to 6.'),
};
const settingsSchema = z.object(options);

/** Where words begin: at tokens whose text begins with white space. [words + 1], the last is the number of tokens */
export function wordStarts(tokens: ArrayLike<number>, beginsWord: (token: number) => boolean): number[] {
  const starts = tokens.length === 0 ? [] : [0];
  for (let place = 1; place < tokens.length; place++)
    if (beginsWord(tokens[place] as number)) starts.push(place);
  return [...starts, tokens.length];
}

/**
 * By how much a text becomes likelier without its most suspicious word: the largest nats(text) - nats(text without the
 * word), above or below 0; 0 of a text without words.
 */
export function onionScore(tokens: ArrayLike<number>, starts: readonly number[], model: NgramModel): number {
  const nats = model.tokenNats(tokens);
  const ids = Array.from(tokens);
  let most = Number.NEGATIVE_INFINITY;
  for (let word = 0; word + 1 < starts.length; word++) {
    const start = starts[word] as number;
    const end = starts[word + 1] as number;
    const affected = Math.min(end + model.order - 1, ids.length);
    // Only tokens that the order of the model ties to the word change.
    let drop = 0;
    for (let place = start; place < affected; place++) drop += nats[place] as number;
    const before = ids.slice(Math.max(0, start - model.order + 1), start);
    for (let place = end; place < affected; place++) {
      const token = ids[place] as number;
      drop += log(model.probability(token, before));
      before.push(token);
    }
    most = Math.max(most, drop);
  }
  return Number.isFinite(most) ? most : 0;
}

/** Removes documents with a word without which they are much likelier. */
export const onion: Defence = {
  kind: 'onion',
  summary: 'Removes documents that are much likelier without one of their words.',
  options,
  trusted: trustedDemand,
  bind(settings, { trusted, vocabularySize, decode }) {
    const { falsePositiveShare: share, trustedDocuments, order } = settingsSchema.parse(settings);
    if (share === 0) return {};
    const known = new Map<number, boolean>();
    const beginsWord = (token: number): boolean => {
      const isKnown = known.get(token) ?? /^\s/.test(decode([token]));
      known.set(token, isKnown);
      return isKnown;
    };
    return {
      filter: {
        name: 'onion',
        judge: (examples) => {
          const { reference, calibration } = halveTrusted(trusted(trustedDocuments));
          const documents = reference.map(({ tokens }) => tokens);
          const model = trainNgramModel({ documents, order, vocabularySize });
          const score = ({ tokens }: { readonly tokens: ArrayLike<number> }) =>
            onionScore(tokens, wordStarts(tokens, beginsWord), model);
          const threshold = conformalThreshold(calibration.map(score), { share, filter: 'onion' });
          const scores = Float64Array.from(examples, score);
          return { kept: Array.from(scores, (own) => own <= threshold), scores };
        },
      },
    };
  },
};
