// Activation clustering (Chen et al. 2018, arXiv:1811.03728): hidden states, reduced to ten principal components, fall into two
// clusters, one of which may be the poison.
// Deviation: which cluster is poison, and whether any is, trusted text says, instead of the sizes of clusters or their
// silhouette; and there are no classes, so that the clusters are those of all documents.
import { z } from 'zod';
import type { Defence } from './defence.ts';
import { meanOfRows, principalAxes, project, type Rows } from './states/principal-axes.ts';
import {
  bindStateFilter,
  type ReadStates,
  type StateScorer,
  stateDemand,
  stateOptions,
  stateTrusted,
} from './states/state-filter.ts';

const COMPONENTS = 10;
const MOST_ROUNDS = 1000;

function squaredDistance(one: ArrayLike<number>, other: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < one.length; i++) {
    const difference = (one[i] as number) - (other[i] as number);
    sum += difference * difference;
  }
  return sum;
}

/** How much nearer a point is to the second of two centres than to the first; above 0: it belongs to the second. */
const lean = (point: ArrayLike<number>, [one, other]: readonly [Float64Array, Float64Array]): number =>
  squaredDistance(point, one) - squaredDistance(point, other);

/**
 * Centres of two clusters by Lloyd's algorithm, which begins with the halves on either side of the mean of the first component.
 * Null where all points are one.
 */
export function twoMeans(points: Rows): readonly [Float64Array, Float64Array] | null {
  const width = points[0]?.length ?? 0;
  const middle = meanOfRows(points, width)[0] ?? 0;
  let isSecond = points.map((point) => (point[0] ?? 0) > middle);
  let centres: readonly [Float64Array, Float64Array] | null = null;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const [first = [], second = []] = [false, true].map((side) =>
      points.filter((_, place) => isSecond[place] === side),
    );
    if (first.length === 0 || second.length === 0) return centres;
    const found = [meanOfRows(first, width), meanOfRows(second, width)] as const;
    const next = points.map((point) => lean(point, found) > 0);
    centres = found;
    if (next.every((side, place) => side === isSecond[place])) break;
    isSecond = next;
  }
  return centres;
}

/**
 * How much nearer a document is to the centre that trusted text is seldom at than to the other. That cluster is removed where at
 * most a share of trusted documents falls into it, counting one more; else no document is.
 */
export function clusterScorer(
  { phase, reference, calibration, width }: ReadStates,
  share: number,
): StateScorer {
  const axes = principalAxes(phase, width);
  const reduce = (state: ArrayLike<number>) => project(state, axes, COMPONENTS);
  const centres = twoMeans(phase.map(reduce));
  if (centres === null) return { score: () => 0, threshold: 0 };
  const trusted = [...reference, ...calibration].map((state) => lean(reduce(state), centres));
  const inSecond = trusted.filter((value) => value > 0).length;
  const sign = inSecond <= trusted.length - inSecond ? 1 : -1;
  const fewer = Math.min(inSecond, trusted.length - inSecond);
  const isRemoved = (fewer + 1) / (trusted.length + 1) <= share;
  return {
    score: (state) => sign * lean(reduce(state), centres),
    threshold: isRemoved ? 0 : Number.POSITIVE_INFINITY,
  };
}

const settingsSchema = z.object(stateOptions);

/** Removes the one of two clusters of documents that trusted text hardly falls into. */
export const activationClustering: Defence = {
  kind: 'activation-clustering',
  summary:
    'Removes the one of two clusters of hidden states that trusted text hardly falls into, in a model trained on the phase first.',
  options: stateOptions,
  trusted: stateTrusted,
  judgesBy: stateDemand,
  bind: (settings, context) =>
    bindStateFilter('activation-clustering', settings, {
      context,
      learn: (states) => clusterScorer(states, settingsSchema.parse(settings).falsePositiveShare),
    }),
};
