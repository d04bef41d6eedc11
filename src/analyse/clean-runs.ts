// What an experiment without any poison shows: clean loss by setting and size.
import { plantedDocuments } from '../config/poisons.ts';
import type { RunRecord } from '../run/record.ts';
import type { AnalysedGroup } from './claims/contrasts.ts';
import type { Headline } from './claims/headline.ts';
import type { RunOutcome } from './run-outcome.ts';
import type { Interval } from './statistics/interval.ts';
import { seedEstimate } from './statistics/student-interval.ts';

/** Clean loss of one setting at one size, at the end of the runs. */
export interface CleanCell {
  readonly group: string;
  /** The series, e.g. `d32`. */
  readonly series: string;
  readonly parameters: number;
  readonly tokens: number;
  /** Seeds with an outcome. */
  readonly seeds: number;
  /** Runs that diverged or failed. */
  readonly lost: number;
  /** Mean over seeds, nats/token, with Student's interval; null without an outcome, no interval with fewer than 5 seeds. */
  readonly estimate: number | null;
  readonly interval: Interval | null;
  /** Whether no other setting of this size has a lower mean: among those of which no run was lost. */
  readonly lowest: boolean;
}

function lossesBySeed(outcomes: readonly RunOutcome[]): number[] {
  const losses = new Map<number, number[]>();
  for (const { seed, final } of outcomes) {
    const loss = final?.cleanLossNats;
    if (typeof loss === 'number' && Number.isFinite(loss))
      losses.set(seed, [...(losses.get(seed) ?? []), loss]);
  }
  return [...losses.values()].map((own) => own.reduce((sum, loss) => sum + loss, 0) / own.length);
}

/** Whether every run of a cell counts: the mean of those that did not diverge says little about a setting. */
const isComplete = ({ estimate, lost }: Pick<CleanCell, 'estimate' | 'lost'>) =>
  estimate !== null && lost === 0;

/**
 * The cells in order of groups and sizes; null unless there are runs and none of them plants a poisoned document.
 * @param records all runs of the experiment, twins included
 */
export function cleanRuns(
  groups: readonly Pick<AnalysedGroup, 'group' | 'series'>[],
  records: readonly Pick<RunRecord, 'config'>[],
): CleanCell[] | null {
  if (records.length === 0 || records.some(({ config }) => plantedDocuments(config.phases) > 0)) return null;
  const cells = groups.flatMap(({ group, series }) =>
    series.map(({ id, parameters, tokens, outcomes }) => {
      const losses = lossesBySeed(outcomes);
      const { mean, interval } = seedEstimate(losses);
      const lost = outcomes.filter(({ record }) => record.status !== 'done').length;
      return {
        group: group.id,
        ...{ series: id, parameters, tokens, seeds: losses.length, lost, estimate: mean, interval },
      };
    }),
  );
  return cells.map((cell) => {
    const rivals = cells.filter((own) => own.series === cell.series && isComplete(own));
    const least = Math.min(...rivals.map(({ estimate }) => estimate as number));
    return { ...cell, lowest: rivals.length > 1 && isComplete(cell) && cell.estimate === least };
  });
}

/** The verdict on such an experiment: it decides nothing about poison. */
export function cleanHeadline(cells: readonly CleanCell[], titleOf: (group: string) => string): Headline {
  const lowest = cells.filter((cell) => cell.lowest).sort((a, b) => a.parameters - b.parameters);
  return {
    status: 'illustration',
    headline: 'None of these runs is poisoned: what they show is clean loss.',
    reasons: lowest.map(
      ({ series, group, estimate }) =>
        `${series}: lowest with ${titleOf(group)}, ${(estimate as number).toFixed(3)} nats/token.`,
    ),
  };
}
