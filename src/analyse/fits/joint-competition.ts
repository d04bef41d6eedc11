// Competition with innocent uses of the trigger, fitted to all shares and amounts of them together: what one innocent use is
// worth, with its interval, and the laws side by side.
import { pow } from '../../core/math.ts';
import type { RandomStream } from '../../core/random.ts';
import type { Group } from '../groups.ts';
import { findSeries } from '../series.ts';
import { studentQuantile } from '../statistics/distributions.ts';
import {
  FEWEST_SEEDS_FOR_INTERVAL,
  INTERVAL_LEVEL,
  type Interval,
  intervalHull,
} from '../statistics/interval.ts';
import { profileInterval } from '../statistics/profile-interval.ts';
import { seedInterval } from '../statistics/seed-bootstrap.ts';
import { bestWeight, COMPETITION_MODELS, fitCompeting, WEIGHT_BOUNDS } from './competition-models.ts';
import { type DoseData, doseData, drawWeights, floorOf, pointsOf, unitsOf } from './dose-cells.ts';
import { LAW_MODELS } from './law-models.ts';
import { ownCurves } from './own-curves.ts';
import { type LawFit, rankLaws } from './rank-laws.ts';

/** What innocent uses do, over several shares of them. */
export interface JointCompetition {
  /** Ids of the groups whose runs are fitted together: they differ in the share of innocent uses alone. */
  readonly groups: readonly string[];
  readonly runs: number;
  readonly seeds: number;
  /** Every law over all these runs, each share and amount of data a series of its own. */
  readonly laws: readonly LawFit[];
  /** w: one innocent use takes away as much as w poisoned documents bring. */
  readonly weight: number;
  /** The wider of bootstrap over seeds and profile at each end; null with fewer than five seeds. An end beyond a thousand or a thousandth is null. */
  readonly weightInterval: Interval | null;
}

const SHARE = '.trigger.cleanShare';

/** Labels without the share of innocent uses. */
function otherLabels({ labels }: Group): string {
  return JSON.stringify(Object.entries(labels).filter(([path]) => !path.endsWith(SHARE)));
}

/** The runs of all groups, each share and amount of data a series of its own. */
function pooledData(groups: readonly Group[]): DoseData {
  const known = new Set<string>();
  const series = groups.flatMap((group) =>
    findSeries(
      group.outcomes.filter(({ record }) => !known.has(record.id)),
      'dilution',
    ).map((own) => {
      for (const { record } of own.outcomes) known.add(record.id);
      return { ...own, id: `${group.id}, ${own.id}` };
    }),
  );
  return doseData(series);
}

const within = ({ minimum, maximum }: typeof WEIGHT_BOUNDS, value: number | null): number | null =>
  value === null || value <= minimum + 0.01 || value >= maximum - 0.01 ? null : pow(10, value);

function weightInterval(
  data: DoseData,
  options: { estimate: number; dispersion: number; parameters: number; draws: number; stream: RandomStream },
): Interval {
  const { estimate, dispersion, parameters, stream } = options;
  const draws = Array.from({ length: options.draws }, () => {
    const weights = drawWeights(stream, data);
    return bestWeight(pointsOf(data.cells, weights), floorOf(data, weights));
  });
  const seeds = unitsOf(data);
  const bySeeds = seedInterval({ estimate, draws, seeds, level: INTERVAL_LEVEL });
  const [points, floor] = [pointsOf(data.cells), floorOf(data)];
  const runs = data.cells.reduce((sum, cell) => sum + cell.runs.length, 0);
  const t = studentQuantile(0.5 + INTERVAL_LEVEL / 2, runs - parameters);
  const byProfile = profileInterval({
    loss: (log10Weight) => -2 * fitCompeting(points, { floor, log10Weight }).logQuasiLikelihood,
    estimate,
    allowance: dispersion * t * t,
    bounds: WEIGHT_BOUNDS,
    level: INTERVAL_LEVEL,
  });
  const { low, high, level } = intervalHull(bySeeds, byProfile);
  return { low: within(WEIGHT_BOUNDS, low), high: within(WEIGHT_BOUNDS, high), level };
}

/** The fit to runs of which some have innocent uses. */
export function competitionOf(
  data: DoseData,
  options: { draws: number; stream: RandomStream },
): Omit<JointCompetition, 'groups'> {
  const { dispersion, parameters } = ownCurves(data);
  const estimate = bestWeight(pointsOf(data.cells), floorOf(data));
  const isEnough = unitsOf(data) >= FEWEST_SEEDS_FOR_INTERVAL && dispersion !== null;
  return {
    runs: data.cells.reduce((sum, cell) => sum + cell.runs.length, 0),
    seeds: data.seeds.length,
    laws: rankLaws(data, dispersion, [...LAW_MODELS, ...COMPETITION_MODELS]),
    weight: pow(10, estimate),
    weightInterval: isEnough ? weightInterval(data, { ...options, estimate, dispersion, parameters }) : null,
  };
}

/** One fit for each set of settings that has runs at two shares of innocent uses or more, and two counts. */
export function jointCompetition(
  groups: readonly Group[],
  options: { draws: number; streamOf: (...purpose: string[]) => RandomStream },
): JointCompetition[] {
  const kinds = [...new Set(groups.map((group) => `${otherLabels(group)} ${group.span}`))];
  return kinds.flatMap((kind) => {
    const own = groups.filter((group) => `${otherLabels(group)} ${group.span}` === kind);
    if (own.length < 2 || !own.some(({ labels }) => Object.keys(labels).some((path) => path.endsWith(SHARE))))
      return [];
    const data = pooledData(own);
    const hasUses = data.cells.some(({ innocentUses }) => innocentUses > 0);
    if (!hasUses || new Set(data.cells.map(({ documents }) => documents)).size < 2) return [];
    const ids = own.map(({ id }) => id);
    return [
      { groups: ids, ...competitionOf(data, { draws: options.draws, stream: options.streamOf(...ids) }) },
    ];
  });
}
