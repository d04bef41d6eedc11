// The two collapses of Souly et al. 2025: at a fixed count curves of all sizes overlap against training progress; at a
// fixed size curves of all counts overlap against poisoned documents seen.

import { type CurveDifference, curveDifference } from '../fits/curve-difference.ts';
import { type CurvePoint, learningCurve } from '../learning-curve.ts';
import type { Series } from '../series.ts';
import { FEWEST_SEEDS_FOR_INTERVAL } from '../statistics/interval.ts';
import { isInTransition, seedEstimate } from '../statistics/student-interval.ts';
import { type Claim, type ClaimPart, decideByInterval, intervalRule } from './claim.ts';

/**
 * Curves count as overlapping if their typical (root mean square) distance is below this where success is neither
 * absent nor complete. At the steepness found (about 8 per decade) a factor of 1.4 in the count does as much;
 * under a share law curves of sizes with three times the data would be 0.5 apart.
 */
export const OVERLAP_DISTANCE = 0.2;
/** Checkpoints whose progress differs by more than this are not the same place. */
const PROGRESS_TOLERANCE = 0.02;

/** One place at which two curves are compared: the values of both, by seed. */
interface Place {
  readonly part: string;
  readonly curves: readonly [Curves, Curves];
  readonly pairs: readonly { readonly a: number; readonly b: number }[];
}

function inTransition({ pairs }: Place): boolean {
  const sum = pairs.reduce((total, { a, b }) => total + a + b, 0);
  return isInTransition(sum / (2 * pairs.length));
}

interface Curves {
  readonly series: string;
  readonly documents: number;
  /** By seed. */
  readonly bySeed: ReadonlyMap<number, readonly CurvePoint[]>;
}

function curvesOf(series: readonly Series[]): Curves[] {
  return series.flatMap((item) => {
    const done = item.outcomes.filter((run) => run.documents > 0 && run.asr !== null);
    const counts = [...new Set(done.map((run) => run.documents))].sort((a, b) => a - b);
    return counts.map((documents) => {
      const own = done.filter((run) => run.documents === documents);
      return {
        series: item.id,
        documents,
        bySeed: new Map(own.map((run) => [run.seed, learningCurve(run)])),
      };
    });
  });
}

/** Seeds that all of the curves have, ascending. */
function sharedSeeds(curves: readonly Curves[]): number[] {
  const [first, ...others] = curves;
  const seeds = [...(first?.bySeed.keys() ?? [])].filter((seed) =>
    others.every(({ bySeed }) => bySeed.has(seed)),
  );
  return seeds.sort((a, b) => a - b);
}

/** All pairs of curves with one thing in common. */
function pairsBy(curves: readonly Curves[], key: (item: Curves) => string): (readonly [Curves, Curves])[] {
  return curves.flatMap((a, i) =>
    curves
      .slice(i + 1)
      .filter((b) => key(a) === key(b))
      .map((b) => [a, b] as const),
  );
}

function placesByProgress(curves: readonly Curves[], seeds: readonly number[]): Place[] {
  return pairsBy(curves, (item) => String(item.documents)).flatMap(([a, b]) => {
    const [first] = seeds.map((seed) => a.bySeed.get(seed) ?? []);
    return (first ?? []).flatMap(({ progress }, i) => {
      const isHere = (point: CurvePoint): boolean =>
        Math.abs(point.progress - progress) <= PROGRESS_TOLERANCE;
      const pairs = seeds.flatMap((seed) => {
        const [p, q] = [a.bySeed.get(seed)?.[i], b.bySeed.get(seed)?.[i]];
        if (p === undefined || q === undefined || !isHere(p) || !isHere(q)) return [];
        return [{ a: p.asr, b: q.asr }];
      });
      return pairs.length === seeds.length
        ? [{ part: `${a.documents} documents`, curves: [a, b], pairs }]
        : [];
    });
  });
}

/** Success of a curve when a number of documents had been seen, on the straight line between checkpoints; null outside them. */
function asrWhenSeen(curve: readonly CurvePoint[], seen: number): number | null {
  for (const [i, after] of curve.entries()) {
    const before = curve[i - 1];
    if (before === undefined || after.seen < seen) continue;
    if (before.seen > seen) return null;
    if (after.seen === before.seen) return after.asr;
    const share = (seen - before.seen) / (after.seen - before.seen);
    return before.asr * (1 - share) + after.asr * share;
  }
  return null;
}

/** Places are the checkpoints of the smaller count, `a`: the larger, `b`, had seen as many earlier in its training. */
function placesBySeen(all: readonly Curves[], seeds: readonly number[]): Place[] {
  const curves = all.map((item) => ({
    ...item,
    bySeed: new Map([...item.bySeed].map(([seed, curve]) => [seed, curve.filter((p) => p.isPoisonedPhase)])),
  }));
  return pairsBy(curves, (item) => item.series).flatMap(([a, b]) => {
    const points = Math.max(0, ...[...a.bySeed.values()].map((curve) => curve.length));
    return Array.from({ length: points }, (_, i) => i).flatMap((i) => {
      const pairs = seeds.flatMap((seed) => {
        const point = a.bySeed.get(seed)?.[i];
        const other = point && asrWhenSeen(b.bySeed.get(seed) ?? [], point.seen);
        return typeof other === 'number' && point !== undefined ? [{ a: point.asr, b: other }] : [];
      });
      return pairs.length === seeds.length ? [{ part: a.series, curves: [a, b], pairs }] : [];
    });
  });
}

/** Runs whose curves are compared at one of the places. */
function runsBehind(places: readonly Place[], seeds: readonly number[]): number {
  return new Set(places.flatMap(({ curves }) => curves)).size * seeds.length;
}

function distance(places: readonly Place[], seeds: readonly number[]): CurveDifference {
  const found = curveDifference(seeds.map((_, r) => places.map(({ pairs }) => pairs[r].a - pairs[r].b)));
  return places.length === 0 ? { ...found, seeds: seeds.length } : found;
}

function meanOver(places: readonly Place[], pick: (place: Place) => number): number | null {
  if (places.length === 0) return null;
  return places.reduce((sum, place) => sum + pick(place), 0) / places.length;
}

const WORDS = {
  'progress-collapse': {
    statement:
      'At a fixed count, success rises alike at every size and amount of data, seen against the share of training done.',
    quantity:
      'distance between the curves of two sizes or amounts of data at equal progress, as a difference of success (0-1)',
    none: 'Success is absent or complete at every checkpoint, so there are no curves to compare.',
  },
  'exposure-collapse': {
    statement:
      'At a fixed size, success is the same whatever the count, once equally many poisoned documents have been seen.',
    quantity:
      'distance between the curves of two counts at equally many poisoned documents seen, as a difference of success (0-1)',
    none: 'No two curves pass through the same number of documents seen while success is neither absent nor complete.',
  },
} as const;

function claimOf(
  id: keyof typeof WORDS,
  options: { group: string; seeds: readonly number[]; places: readonly Place[] },
): Claim {
  const { group, seeds } = options;
  const places = options.places.filter(inTransition);
  const { estimate, interval } = distance(places, seeds);
  const rule = intervalRule(WORDS[id].quantity, { low: null, high: OVERLAP_DISTANCE });
  const names = [...new Set(places.map(({ part }) => part))];
  const parts = names.map((of): ClaimPart => {
    const here = places.filter(({ part }) => part === of);
    const own = distance(here, seeds);
    return {
      of,
      estimate: own.estimate,
      interval: own.interval,
      runs: runsBehind(here, seeds),
      seeds: seeds.length,
    };
  });
  const signed = seedEstimate(
    places.length === 0
      ? []
      : seeds.map((_, r) => meanOver(places, ({ pairs }) => pairs[r].a - pairs[r].b) ?? 0),
  );
  const decision =
    places.length === 0 && seeds.length >= FEWEST_SEEDS_FOR_INTERVAL
      ? ({ status: 'inconclusive', reason: WORDS[id].none } as const)
      : decideByInterval(interval, rule);
  return {
    id,
    group,
    baseline: null,
    statement: WORDS[id].statement,
    ...decision,
    rule,
    estimate,
    interval,
    n: {
      runs: runsBehind(places.length > 0 ? places : options.places, seeds),
      controls: 0,
      seeds: seeds.length,
    },
    parts,
    numbers: {
      places: places.length,
      meanAbsoluteDifference: meanOver(places, ({ pairs }) =>
        Math.abs(pairs.reduce((sum, { a, b }) => sum + a - b, 0) / pairs.length),
      ),
      [id === 'progress-collapse' ? 'smallerMinusLarger' : 'laterMinusEarlier']: signed.mean,
      [id === 'progress-collapse' ? 'smallerMinusLargerLow' : 'laterMinusEarlierLow']:
        signed.interval?.low ?? null,
      [id === 'progress-collapse' ? 'smallerMinusLargerHigh' : 'laterMinusEarlierHigh']:
        signed.interval?.high ?? null,
    },
  };
}

/** Curves of cells with enough seeds for an interval, so that a lost run costs its cell and not all seeds; else all. */
function usableCurves(series: readonly Series[]): Curves[] {
  const all = curvesOf(series);
  const full = all.filter(({ bySeed }) => bySeed.size >= FEWEST_SEEDS_FOR_INTERVAL);
  return full.length > 0 ? full : all;
}

/** Both collapses, each where the group has curves to compare: two sizes at one count, two counts at one size. */
export function collapseClaims(group: string, series: readonly Series[]): Claim[] {
  const curves = usableCurves(series);
  const seeds = sharedSeeds(curves);
  const claims: Claim[] = [];
  const progress = placesByProgress(curves, seeds);
  if (progress.length > 0) {
    claims.push(claimOf('progress-collapse', { group, seeds, places: progress }));
  }
  const seen = placesBySeen(curves, seeds);
  if (seen.length > 0) claims.push(claimOf('exposure-collapse', { group, seeds, places: seen }));
  return claims;
}
