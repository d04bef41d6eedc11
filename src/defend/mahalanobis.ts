// Mahalanobis distance of a document's hidden state from those of trusted text (Lee et al. 2018, arXiv:1807.03888).
// Deviation: one Gaussian for all documents, since there are no classes; its covariance is shrunk towards a sphere, so that
// directions in which trusted text hardly varies do not decide alone.
import type { Defence } from './defence.ts';
import { principalAxes, project } from './states/principal-axes.ts';
import {
  bindStateFilter,
  type ReadStates,
  type StateScorer,
  stateDemand,
  stateOptions,
  stateTrusted,
} from './states/state-filter.ts';

/** Share of the covariance that is a sphere of the mean variance. */
const SHRINKAGE = 0.01;

/** (x - m)' S^-1 (x - m), with m and S of trusted text: S = 0.99 covariance + 0.01 (mean variance) I. */
export function mahalanobisScorer({
  reference,
  width,
}: Pick<ReadStates, 'reference' | 'width'>): StateScorer {
  const axes = principalAxes(reference, width);
  const mean = axes.variances.reduce((sum, value) => sum + value, 0) / Math.max(1, width);
  // Where trusted text does not vary at all, every deviation counts the same.
  const spread = axes.variances.map((value) => (1 - SHRINKAGE) * value + SHRINKAGE * (mean === 0 ? 1 : mean));
  return {
    score: (state) =>
      project(state, axes).reduce((sum, value, i) => sum + (value * value) / (spread[i] as number), 0),
  };
}

/** Removes documents that lie farther from trusted text than other trusted text does. */
export const mahalanobis: Defence = {
  kind: 'mahalanobis',
  summary:
    'Removes documents whose hidden states are far from those of trusted text, in a model trained on the phase first.',
  options: stateOptions,
  trusted: stateTrusted,
  judgesBy: stateDemand,
  bind: (settings, context) =>
    bindStateFilter('mahalanobis', settings, { context, learn: mahalanobisScorer }),
};
