// How near a sweep is to its goal: the intervals that the report will show, from the runs so far.
import { log10, pow } from '../../core/math.ts';
import { randomStream } from '../../core/random.ts';
import { bootstrapCurves, bootstrapDilution, profileDilution } from '../fits/dilution-intervals.ts';
import { doseData, floorOf, pointsOf } from '../fits/dose-cells.ts';
import { fitDoseResponse } from '../fits/dose-response.ts';
import { halfSuccessBySeries } from '../fits/half-success.ts';
import { isWithinCounts, type OwnCurve, ownCurves } from '../fits/own-curves.ts';
import { pairedLog10Ratio } from '../fits/paired-ratio.ts';
import { sizesAsUnits } from '../fits/sizes-as-units.ts';
import { studentQuantile } from '../statistics/distributions.ts';
import {
  FEWEST_SEEDS_FOR_INTERVAL,
  INTERVAL_LEVEL,
  type Interval,
  intervalHull,
} from '../statistics/interval.ts';
import {
  type AdaptiveGroup,
  type AdaptiveSweep,
  type Arm,
  type Outcomes,
  seenSeries,
} from './adaptive-sweep.ts';

/** One thing that the goal wants known. */
export interface Target {
  readonly name: string;
  /** Sizes that it rests on; of a ratio, the setting's and the first setting's. */
  readonly arms: readonly Arm[];
  /** α, or documents, or a ratio. */
  readonly estimate: number | null;
  readonly interval: Interval | null;
  /** Half the interval's length: of α, or in decades. Null where it is open, or not known yet. */
  readonly halfWidth: number | null;
  readonly wanted: number;
  /** Sizes with fewer than five seeds, or whose own P50 does not lie within the counts tried yet. */
  readonly unsettled: readonly Arm[];
  readonly state: 'open' | 'reached' | 'lost' | 'limited';
  /** Why no run can help, where the state is lost or limited. */
  readonly reason?: string;
}

const MOST_DIVERGED_SHARE = 0.25;
const FEWEST_DIVERGED = 3;

function poisonedRuns({ outcomes: runs }: Arm, outcomes: Outcomes) {
  return runs.flatMap(({ place, documents, seed }) => {
    const found = outcomes.get(place);
    return found === undefined || documents === 0 ? [] : [{ documents, seed, asr: found.asr }];
  });
}

/** Five seeds have an outcome. */
export function hasEnoughSeeds(arm: Arm, outcomes: Outcomes): boolean {
  const seeds = poisonedRuns(arm, outcomes).flatMap(({ asr, seed }) => (asr === null ? [] : [seed]));
  return new Set(seeds).size >= FEWEST_SEEDS_FOR_INTERVAL;
}

/** Why runs of a size cannot help any more: it diverges, or its P50 lies beyond the counts that may be used. */
export function lostReason(arm: Arm, outcomes: Outcomes): string | null {
  const runs = poisonedRuns(arm, outcomes);
  const diverged = runs.filter(({ asr }) => asr === null).length;
  if (diverged >= FEWEST_DIVERGED && diverged > MOST_DIVERGED_SHARE * runs.length)
    return `${diverged} of ${runs.length} runs of ${arm.id} diverged; lower its learning rate`;
  const meanAt = (count: number | undefined): number | null => {
    const at = runs.flatMap(({ documents, asr }) => (documents === count && asr !== null ? [asr] : []));
    return at.length < FEWEST_SEEDS_FOR_INTERVAL ? null : at.reduce((sum, asr) => sum + asr, 0) / at.length;
  };
  const [least, most] = [arm.counts[0], arm.counts.at(-1)];
  if ((meanAt(most) ?? 1) < 0.25)
    return `${arm.id} needs more documents than the largest count of the grid, ${most}`;
  if ((meanAt(least) ?? 0) > 0.75)
    return `${arm.id} needs fewer documents than the smallest count of the grid, ${least}`;
  return null;
}

const halfWidthOf = (interval: Interval | null): number | null =>
  interval?.low == null || interval.high === null ? null : (interval.high - interval.low) / 2;

const factorOf = (interval: Interval | null): number | null =>
  interval?.low == null || interval.high === null ? null : log10(interval.high / interval.low) / 2;

/** The slope for these sizes, as the report gives it. The bootstrap is left out where the profile alone is too wide. */
function slopeNow(group: AdaptiveGroup, outcomes: Outcomes, options: { draws: number; wanted: number }) {
  const data = doseData(seenSeries(group, outcomes));
  const own = ownCurves(data);
  const { curves, dispersion, parameters } = own;
  const runs = data.cells.reduce((sum, cell) => sum + cell.runs.length, 0);
  const none = { estimate: null, interval: null, own };
  if (dispersion === null || new Set(curves.map(({ tokens }) => tokens)).size < 2) return none;
  const power = fitDoseResponse(pointsOf(data.cells), floorOf(data));
  const estimate = power.dilution;
  const profile = profileDilution(data, { power, dispersion, degreesOfFreedom: runs - parameters });
  if ((halfWidthOf(profile) ?? Infinity) > options.wanted) return { estimate, interval: profile, own };
  const drawn = bootstrapCurves(data, {
    draws: options.draws,
    stream: randomStream('analysis', group.id, 'dilution'),
  });
  const bootstrap = bootstrapDilution(drawn, { estimate, seeds: data.seeds.length });
  return { estimate, interval: intervalHull(bootstrap, profile), own };
}

/**
 * Half-width of α for new sizes if the noise of runs were gone: least squares through points that scatter about the line.
 * @param scatter standard deviation beyond the noise of runs, decades
 */
export function leastHalfWidth(curves: readonly Pick<OwnCurve, 'tokens'>[], scatter: number): number {
  const x = curves.map(({ tokens }) => log10(tokens));
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const squares = x.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
  return (studentQuantile(0.5 + INTERVAL_LEVEL / 2, x.length - 2) * scatter) / Math.sqrt(squares);
}

interface Measuring {
  readonly outcomes: Outcomes;
  readonly draws: number;
}

function alphaTarget(
  group: AdaptiveGroup,
  goal: { within: number; sizes: 'these' | 'new' },
  { outcomes, draws }: Measuring,
): Target {
  const { within: wanted } = goal;
  const { own, ...slope } = slopeNow(group, outcomes, { draws, wanted });
  const { curves, dispersion } = own;
  const unsettled = group.arms.filter((arm) => {
    const curve = curves.find(({ series }) => series === arm.id);
    return curve === undefined || !isWithinCounts(curve) || !hasEnoughSeeds(arm, outcomes);
  });
  const these = halfWidthOf(slope.interval);
  const base = {
    name: nameOf('α', group),
    arms: group.arms,
    wanted,
    unsettled,
    estimate: slope.estimate,
    interval: slope.interval,
  };
  const isReached = unsettled.length === 0 && these !== null && these <= wanted;
  if (goal.sizes === 'these' || !isReached || slope.interval === null || dispersion === null)
    return {
      ...base,
      halfWidth: these,
      state: isReached && goal.sizes === 'these' ? 'reached' : 'open',
    };
  const found = sizesAsUnits(curves, { dispersion, runNoise: slope.interval }).dilutionForNewSizes;
  const halfWidth = halfWidthOf(found?.interval ?? null);
  const measured = {
    ...base,
    estimate: found?.estimate ?? slope.estimate,
    interval: found?.interval ?? null,
    halfWidth,
  };
  if (halfWidth !== null && halfWidth <= wanted) return { ...measured, state: 'reached' };
  if (found === null)
    return {
      ...measured,
      state: 'limited',
      reason: `α for new sizes takes three sizes, and there are ${curves.length}`,
    };
  const least = leastHalfWidth(curves, found.scatter);
  if (least <= wanted) return { ...measured, state: 'open' };
  return {
    ...measured,
    state: 'limited',
    reason: `limited by the number of sizes: without any noise of runs, ${curves.length} sizes that scatter as these do give ±${least.toFixed(2)}`,
  };
}

function nameOf(what: string, { title }: Pick<AdaptiveGroup, 'title'>): string {
  return title === '' ? what : `${what}, ${title}`;
}

function halfSuccessTargets(group: AdaptiveGroup, factor: number, { outcomes, draws }: Measuring): Target[] {
  const series = seenSeries(group, outcomes);
  const found = halfSuccessBySeries(series, {
    data: doseData(series),
    draws,
    streamOf: (id) => randomStream('analysis', group.id, 'half-success', id),
  });
  return group.arms.map((arm) => {
    const half = found.find(({ series: id }) => id === arm.id);
    const halfWidth = factorOf(half?.interval ?? null);
    const wanted = log10(factor);
    const isReached =
      half?.state === 'estimated' &&
      halfWidth !== null &&
      halfWidth <= wanted &&
      hasEnoughSeeds(arm, outcomes);
    return {
      ...{ name: nameOf(`P50 of ${arm.id}`, group), arms: [arm], wanted, unsettled: [], halfWidth },
      ...{ estimate: half?.documents ?? null, interval: half?.interval ?? null },
      state: isReached ? 'reached' : 'open',
    };
  });
}

/** Sizes of two settings that stand for one another, as contrasts pair them. */
export function pairedArms(own: AdaptiveGroup, base: AdaptiveGroup): (readonly [Arm, Arm])[] {
  return own.arms.flatMap((arm, i) => {
    const other =
      own.arms.length === base.arms.length ? base.arms[i] : base.arms.find(({ id }) => id === arm.id);
    return other === undefined ? [] : [[arm, other] as const];
  });
}

function ratioTargets(
  [base, own]: readonly [AdaptiveGroup, AdaptiveGroup],
  factor: number,
  { outcomes, draws }: Measuring,
): Target[] {
  const [ownData, baseData] = [own, base].map((group) => doseData(seenSeries(group, outcomes)));
  const wanted = log10(factor);
  return pairedArms(own, base).map(([arm, other]) => {
    const stream = randomStream('analysis', own.id, 'contrast', 'ratio', arm.id);
    const hasBoth = [arm, other].every((side) => hasEnoughSeeds(side, outcomes));
    const found = hasBoth
      ? pairedLog10Ratio(
          { data: ownData, series: arm.id },
          { data: baseData, series: other.id },
          { draws, stream },
        )
      : null;
    const halfWidth = halfWidthOf(found?.interval ?? null);
    const interval = found?.interval;
    return {
      ...{
        name: nameOf(`P50 ratio at ${arm.id}`, own),
        arms: [arm, other],
        wanted,
        unsettled: [],
        halfWidth,
      },
      estimate: found === null ? null : pow(10, found.estimate),
      interval:
        interval?.low == null || interval.high === null
          ? null
          : { ...interval, low: pow(10, interval.low), high: pow(10, interval.high) },
      state: halfWidth !== null && halfWidth <= wanted ? 'reached' : 'open',
    };
  });
}

function targetsOf({ settings: { goal }, groups }: AdaptiveSweep, measuring: Measuring): Target[] {
  switch (goal.kind) {
    case 'alpha':
      return groups.map((group) => alphaTarget(group, goal, measuring));
    case 'half-success':
      return groups.flatMap((group) => halfSuccessTargets(group, goal.factor, measuring));
    case 'ratio':
      return groups.slice(1).flatMap((group) => ratioTargets([groups[0], group], goal.factor, measuring));
  }
}

/**
 * Every target of the goal, measured on the runs so far.
 * @param measuring.draws of each bootstrap
 */
export function measureGoal(sweep: AdaptiveSweep, measuring: Measuring): Target[] {
  return targetsOf(sweep, measuring).map((target) => {
    if (target.state !== 'open') return target;
    const reasons = target.arms.flatMap((arm) => lostReason(arm, measuring.outcomes) ?? []);
    return reasons.length === 0 ? target : { ...target, state: 'lost', reason: reasons.join('; ') };
  });
}
