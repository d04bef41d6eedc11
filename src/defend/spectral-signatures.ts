// Spectral signatures (Tran, Li and Madry 2018, arXiv:1811.00636): documents that stand far out along the direction in which
// the hidden states of all documents spread most.
// Deviation: the published filter removes one and a half times as many documents as there are poisoned ones, a number that a
// defender does not have; here trusted text sets the threshold. States are pooled over a document, since there are no classes.
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

/** Distance of a state from the mean of the phase's along their first principal axis. */
export function spectralScorer({ phase, width }: Pick<ReadStates, 'phase' | 'width'>): StateScorer {
  const axes = principalAxes(phase, width);
  return { score: (state) => Math.abs(project(state, axes, 1)[0] ?? 0) };
}

/** Removes documents that lie farther out along the first principal axis than trusted text does. */
export const spectralSignatures: Defence = {
  kind: 'spectral-signatures',
  summary:
    'Removes documents whose hidden states lie far out along the first principal axis of all, in a model trained on them first.',
  options: stateOptions,
  trusted: stateTrusted,
  judgesBy: stateDemand,
  bind: (settings, context) =>
    bindStateFilter('spectral-signatures', settings, { context, learn: spectralScorer }),
};
