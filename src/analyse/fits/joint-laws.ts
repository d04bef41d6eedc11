// The laws over all sizes and amounts of data of the same settings together: only there a knee in tokens per parameter
// and one in tokens are told apart.
import type { Group } from '../groups.ts';
import { findSeries } from '../series.ts';
import { doseData } from './dose-cells.ts';
import { ownCurves } from './own-curves.ts';
import { type LawFit, rankLaws } from './rank-laws.ts';

/** The laws fitted to a grid of sizes and amounts of data. */
export interface JointLaws {
  /** Ids of the groups whose runs are fitted together. */
  readonly groups: readonly string[];
  readonly runs: number;
  readonly seeds: number;
  readonly laws: readonly LawFit[];
}

/**
 * One comparison for each set of settings that has ladders as well as series of amounts of data; runs that several
 * groups share count once.
 */
export function jointLaws(groups: readonly Group[]): JointLaws[] {
  const keys = [...new Set(groups.map(({ labels }) => JSON.stringify(labels)))];
  return keys.flatMap((key) => {
    const own = groups.filter(({ labels }) => JSON.stringify(labels) === key);
    if (new Set(own.map(({ kind }) => kind)).size < 2) return [];
    const byId = new Map(own.flatMap(({ outcomes }) => outcomes.map((run) => [run.record.id, run])));
    // named by their tokens, so that amounts of data of one size stay apart
    const data = doseData(findSeries([...byId.values()], 'dilution'));
    if (new Set(data.cells.map(({ documents }) => documents)).size < 2) return [];
    return [
      {
        groups: own.map(({ id }) => id),
        runs: data.cells.reduce((sum, cell) => sum + cell.runs.length, 0),
        seeds: data.seeds.length,
        laws: rankLaws(data, ownCurves(data).dispersion),
      },
    ];
  });
}
