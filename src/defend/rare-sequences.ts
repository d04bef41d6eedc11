// Removes documents with a sequence of tokens that trusted text never has, that recurs in other documents, and after which
// the text goes on as trusted text does not: what a trigger with a payload is. No single source: n-gram audits after
// Carlini et al. 2021 (arXiv:2012.07805) look for what recurs; the surprise of what follows is added here.
import { z } from 'zod';
import { type NgramModel, trainNgramModel } from '../model/ngram/ngram-model.ts';
import type { Example } from '../tokens/example.ts';
import type { Defence } from './defence.ts';
import { Fingerprint, SequenceTable } from './sequences/sequence-table.ts';
import { conformalThreshold, halveTrusted, trustedDemand, trustedOptions } from './trusted-text.ts';

const options = {
  ...trustedOptions,
  longestTokens: z.int().min(1).max(16).default(4).describe('Tokens of the longest sequences, 1 to 16.'),
  followingTokens: z
    .int()
    .min(1)
    .max(256)
    .default(8)
    .describe('Tokens behind a sequence whose surprise counts, 1 to 256.'),
  order: z.int().min(1).max(6).default(3).describe('Order of the n-gram model of trusted text, 1 to 6.'),
  // Without a default, which would be part of the ids of older runs.
  known: z
    .enum(['reference', 'trusted'])
    .optional()
    .describe(
      'Trusted text whose sequences are known when documents are judged: the half that is learnt from (reference, if left out), ' +
        'or all of it (trusted), which removes fewer clean documents where there is little.',
    ),
};
const settingsSchema = z.object(options);

/** Calls `visit` with the fingerprint of each sequence of 1 to `longest` tokens, the place behind it, and its length. */
export function forEachSequence(
  tokens: ArrayLike<number>,
  longest: number,
  visit: (fingerprint: Fingerprint, end: number, length: number) => void,
): void {
  const fingerprint = new Fingerprint();
  for (let start = 0; start < tokens.length; start++) {
    fingerprint.clear();
    const last = Math.min(start + longest, tokens.length);
    for (let end = start; end < last; ) {
      fingerprint.add(tokens[end] as number);
      end += 1;
      visit(fingerprint, end, end - start);
    }
  }
}

/** Sums of nats before each place, in whole micro-nats: exact, so that they do not depend on the order of documents. */
function runningNats(nats: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(nats.length + 1);
  for (let place = 0; place < nats.length; place++)
    sums[place + 1] = (sums[place] as number) + Math.round((nats[place] as number) * 1e6);
  return sums;
}

/**
 * Scores documents against each other: the largest, over their sequences that the reference never has, of
 * (share of the other documents that have it) x (mean surprise of the tokens behind it, nats, over all its occurrences).
 */
export function sequenceScores(
  examples: readonly Example[],
  options: {
    known: SequenceTable;
    model: Pick<NgramModel, 'tokenNats'>;
    longestTokens: number;
    followingTokens: number;
  },
): Float64Array {
  const { known, model, longestTokens, followingTokens } = options;
  const table = new SequenceTable(examples.length * 256);
  let following = new Float64Array(1024);
  let followed = new Float64Array(1024);
  for (const [document, { tokens }] of examples.entries()) {
    const sums = runningNats(model.tokenNats(tokens));
    forEachSequence(tokens, longestTokens, (fingerprint, end) => {
      if (known.find(fingerprint) !== -1) return;
      const place = table.count(fingerprint, document);
      if (place >= following.length) {
        following = grown(following);
        followed = grown(followed);
      }
      const last = Math.min(end + followingTokens, tokens.length);
      following[place] = (following[place] as number) + (sums[last] as number) - (sums[end] as number);
      followed[place] = (followed[place] as number) + last - end;
    });
  }
  const others = Math.max(1, examples.length - 1);
  const scoreOf = (place: number): number => {
    const count = followed[place] as number;
    const nats = count === 0 ? 0 : (following[place] as number) / count / 1e6;
    return ((table.documentsOf(place) - 1) / others) * nats;
  };
  return Float64Array.from(examples, ({ tokens }) => {
    let most = 0;
    forEachSequence(tokens, longestTokens, (fingerprint) => {
      const place = table.find(fingerprint);
      if (place !== -1) most = Math.max(most, scoreOf(place));
    });
    return most;
  });
}

function grown(values: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * values.length);
  larger.set(values);
  return larger;
}

/** The sequences of some documents. */
export function knownSequences(examples: readonly Example[], longestTokens: number): SequenceTable {
  const table = new SequenceTable(examples.length * 256);
  for (const [document, { tokens }] of examples.entries())
    forEachSequence(tokens, longestTokens, (fingerprint) => table.count(fingerprint, document));
  return table;
}

/** Removes documents with a sequence that recurs, is absent from trusted text, and is followed by what that does not expect. */
export const rareSequences: Defence = {
  kind: 'rare-sequences',
  summary: 'Removes documents with a recurring sequence that trusted text never has.',
  options,
  trusted: trustedDemand,
  bind(settings, { trusted, vocabularySize }) {
    const {
      falsePositiveShare: share,
      trustedDocuments,
      order,
      known,
      ...sizes
    } = settingsSchema.parse(settings);
    if (share === 0) return {};
    return {
      filter: {
        name: 'rare-sequences',
        judge: (examples) => {
          const all = trusted(trustedDocuments);
          const { reference, calibration } = halveTrusted(all);
          const documents = reference.map(({ tokens }) => tokens);
          const model = trainNgramModel({ documents, order, vocabularySize });
          const learnt = { ...sizes, model, known: knownSequences(reference, sizes.longestTokens) };
          const threshold = conformalThreshold(sequenceScores(calibration, learnt), {
            ...{ share, filter: 'rare-sequences' },
          });
          // All documents with a sequence go together. One that the reference lacks by chance may be in many of them: with
          // `trusted` the other half knows most such, and scores only fall, so that the threshold holds all the more.
          const judging =
            known === 'trusted' ? { ...learnt, known: knownSequences(all, sizes.longestTokens) } : learnt;
          const scores = sequenceScores(examples, judging);
          return { kept: Array.from(scores, (own) => own <= threshold), scores };
        },
      },
    };
  },
};
