// Anti-backdoor learning (Li et al. 2021, arXiv:2110.11571): documents that a model learns early and well are isolated, and left
// out of training or unlearnt after it by gradient ascent.
// Deviation: trusted text sets the threshold, not a share of the data; no flooding or local ascent while the model that judges is
// trained. A language model has learnt common text first, whatever the poison: so a document may also be judged by how far the
// loss of one passage fell between two points of the training.
import { z } from 'zod';
import type { ScoringDemand } from '../config/schema/schema.ts';
import type { Example } from '../tokens/example.ts';
import type { BoundDefence, Defence, DefenceContext } from './defence.ts';
import { conformalThreshold, halveTrusted, trustedDemand, trustedOptions } from './trusted-text.ts';
import { type Passage, unlearn } from './unlearn.ts';

const options = {
  ...trustedOptions,
  untilShare: z
    .number()
    .gt(0)
    .max(1)
    .default(0.2)
    .describe("Share of the phase's steps after which losses are read, above 0 to 1."),
  fromShare: z
    .number()
    .gt(0)
    .lt(1)
    .nullable()
    .default(null)
    .describe(
      'Documents are judged by how far their loss fell since this share of the steps, below untilShare; null: by how low it is.',
    ),
  windowTokens: z
    .int()
    .min(1)
    .max(10_000)
    .nullable()
    .default(null)
    .describe(
      'Tokens of a window, 1 to 1e4: a document is judged by the one learnt best; null: by all of it.',
    ),
  unlearnSteps: z
    .int()
    .min(0)
    .max(100_000)
    .default(0)
    .describe(
      'Steps of gradient ascent on what was isolated, after the phase, which is then trained on all documents, 0 to 1e5. 0: isolated documents are left out instead.',
    ),
  unlearnRate: z
    .number()
    .positive()
    .max(1)
    .default(0.001)
    .describe('Learning rate of these steps (AdamW without decay, gradients clipped to 1), above 0 to 1.'),
};
const settingsSchema = z.object(options);
type Settings = z.infer<typeof settingsSchema>;

/** Score of a document without a token that is learnt, nats/token: no loss is so high. */
const NOTHING_LEARNT = -1000;

/**
 * The window of `size` values from a place on with the largest mean; all of them where there are fewer.
 * @returns mean and place, `to` exclusive; null where no values are left
 */
export function bestWindow(
  values: ArrayLike<number>,
  { size, from }: { readonly size: number | null; readonly from: number },
): { readonly mean: number; readonly from: number; readonly to: number } | null {
  const count = values.length - from;
  if (count <= 0) return null;
  const length = Math.min(size ?? count, count);
  // Sums of whole micro-nats are exact, so that a window's mean does not depend on what stands before it.
  const micro = Array.from(values, (value) => Math.round(value * 1e6));
  let sum = 0;
  let best = Number.NEGATIVE_INFINITY;
  let end = 0;
  for (let place = from; place < micro.length; place++) {
    sum += (micro[place] as number) - (place - length >= from ? (micro[place - length] as number) : 0);
    if (place - from < length - 1 || sum <= best) continue;
    best = sum;
    end = place + 1;
  }
  return { mean: best / length / 1e6, from: end - length, to: end };
}

/** What was learnt best of each document. */
function learntBest(
  documents: readonly Example[],
  { settings, losses }: { settings: Settings; losses: DefenceContext['losses'] },
): ReturnType<typeof bestWindow>[] {
  const { fromShare, untilShare, windowTokens } = settings;
  const until = losses(documents, untilShare);
  const before = fromShare === null ? null : losses(documents, fromShare);
  return documents.map(({ tokens, lossFrom }, document) => {
    const fell = Float64Array.from(
      tokens,
      (_, place) => (before?.[document]?.[place] ?? 0) - (until[document]?.[place] ?? 0),
    );
    return bestWindow(fell, { size: windowTokens, from: lossFrom });
  });
}

function isolation(settings: Settings, { trusted, losses, seed, separatorId }: DefenceContext): BoundDefence {
  const { falsePositiveShare: share, trustedDocuments, unlearnSteps, unlearnRate } = settings;
  const filter = 'loss-isolation';
  let isolated: Passage[] = [];
  let rest: readonly Example[] = [];
  const judge = (examples: readonly Example[]) => {
    const { calibration } = halveTrusted(trusted(trustedDocuments));
    const learnt = learntBest([...examples, ...calibration], { settings, losses });
    const scores = Float64Array.from(learnt, (own) => own?.mean ?? NOTHING_LEARNT);
    const threshold = conformalThreshold(scores.subarray(examples.length), { share, filter });
    const own = scores.slice(0, examples.length);
    const stays = Array.from(own, (score) => score <= threshold);
    if (unlearnSteps === 0) return { kept: stays, scores: own };
    rest = examples.filter((_, place) => stays[place]);
    isolated = examples.flatMap(({ tokens }, place) => {
      const window = learnt[place];
      return stays[place] === true || window == null ? [] : [{ tokens, from: window.from, to: window.to }];
    });
    return { kept: stays.map(() => true), scores: own };
  };
  if (unlearnSteps === 0) return { filter: { name: filter, judge } };
  const apply: NonNullable<BoundDefence['repair']>['apply'] = (model) =>
    unlearn(model, { isolated, rest, steps: unlearnSteps, learningRate: unlearnRate, seed, separatorId });
  return { filter: { name: filter, judge }, repair: { name: filter, needs: [], apply } };
}

/** Isolates documents that are learnt early and well, and leaves them out or unlearns them. */
export const lossIsolation: Defence = {
  kind: 'loss-isolation',
  summary:
    'Isolates documents that a model trained on them first learns early and well, and leaves them out or unlearns them after the phase.',
  options,
  trusted(settings) {
    return trustedDemand(settings);
  },
  judgesBy(settings): ScoringDemand | null {
    const { falsePositiveShare, fromShare, untilShare } = settingsSchema.parse(settings);
    if (falsePositiveShare === 0) return null;
    return { layer: 0, trainedShares: fromShare === null ? [untilShare] : [fromShare, untilShare] };
  },
  repairSteps(settings) {
    const { falsePositiveShare, unlearnSteps } = settingsSchema.parse(settings);
    return falsePositiveShare === 0 ? 0 : unlearnSteps;
  },
  bind(settings, context) {
    const parsed = settingsSchema.parse(settings);
    return parsed.falsePositiveShare === 0 ? {} : isolation(parsed, context);
  },
};
