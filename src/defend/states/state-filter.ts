// What filters over hidden states share: a model is trained on the phase as they find it, its states of each document are
// pooled to one vector, and documents are judged by these.
import { z } from 'zod';
import type { ScoringDemand } from '../../config/schema/schema.ts';
import type { Example } from '../../tokens/example.ts';
import type { BoundDefence, DefenceContext } from '../defence.ts';
import { conformalThreshold, halveTrusted, trustedDemand, trustedOptions } from '../trusted-text.ts';
import type { Rows } from './principal-axes.ts';

/** Options of every filter over hidden states. */
export const stateOptions = {
  ...trustedOptions,
  layer: z
    .int()
    .min(0)
    .max(1000)
    .nullable()
    .default(null)
    .describe(
      "Layer whose states are read: 0 the embeddings, l the output of block l, up to the model's number of layers; null: the last, normalised, as the head reads them.",
    ),
  pool: z
    .enum(['mean', 'last'])
    .default('mean')
    .describe('One vector a document: the mean over its tokens, or the state after its last token.'),
};

const stateSettings = z.object(stateOptions);

/** What such a filter wants to know of a model. Nothing at strength zero. */
export function stateDemand(settings: unknown): ScoringDemand | null {
  const { falsePositiveShare, layer } = stateSettings.parse(settings);
  return falsePositiveShare === 0 ? null : { layer, trainedShares: [1] };
}

export const stateTrusted = trustedDemand;

/** Places of examples in the order of their tokens: the same however they stand. */
export function contentOrder(examples: readonly Example[]): number[] {
  const compare = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
    for (let i = 0; i < a.length && i < b.length; i++)
      if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number);
    return a.length - b.length;
  };
  return examples
    .map((_, place) => place)
    .sort((a, b) => compare((examples[a] as Example).tokens, (examples[b] as Example).tokens) || a - b);
}

/** Pooled states. */
export interface ReadStates {
  /** Of the phase's documents, in the order of their tokens. */
  readonly phase: Rows;
  /** Of trusted documents to learn from, and of others to set a threshold on. */
  readonly reference: Rows;
  readonly calibration: Rows;
  /** Numbers of a state. */
  readonly width: number;
}

/** How a document is scored, and the score above which it is removed: by default that of the other trusted documents. */
export interface StateScorer {
  score(state: ArrayLike<number>): number;
  readonly threshold?: number;
}

/** A filter over hidden states. @param learn makes the scorer from all states, without knowing whose they are */
export function bindStateFilter(
  name: string,
  settings: unknown,
  { context, learn }: { context: DefenceContext; learn: (states: ReadStates) => StateScorer },
): BoundDefence {
  const { falsePositiveShare: share, trustedDocuments, layer, pool } = stateSettings.parse(settings);
  if (share === 0) return {};
  return {
    filter: {
      name,
      judge: (examples) => {
        const { reference, calibration } = halveTrusted(context.trusted(trustedDocuments));
        const all = context.states([...examples, ...reference, ...calibration], { layer, pool });
        const own = all.slice(0, examples.length);
        const trusted = all.slice(examples.length);
        const states = {
          phase: contentOrder(examples).map((place) => own[place] as ArrayLike<number>),
          reference: trusted.slice(0, reference.length),
          calibration: trusted.slice(reference.length),
          width: all[0]?.length ?? 0,
        };
        const { score, threshold } = learn(states);
        const most = threshold ?? conformalThreshold(states.calibration.map(score), { share, filter: name });
        const scores = Float64Array.from(own, score);
        return { kept: Array.from(scores, (value) => value <= most), scores };
      },
    },
  };
}
