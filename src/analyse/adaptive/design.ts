// Which run next: the one that adds most information about the goal for its cost. A run at P documents tells p (1 - p)
// about where the curve stands, so counts near P50 tell most; about a slope, sizes far apart tell most.
import { log10 } from '../../core/math.ts';
import { FEWEST_SEEDS_FOR_INTERVAL } from '../statistics/interval.ts';
import type { AdaptiveGroup, AdaptiveSweep, Arm, Candidate, Outcomes } from './adaptive-sweep.ts';
import { pairedArms, type Target } from './measure-goal.ts';
import { expectedSuccess, type PlanningCurve, planningCurves } from './planning-curve.ts';

/** Counts whose expected success lies in this range serve about equally well, and together they show the steepness. */
const USEFUL = { minimum: 0.2, maximum: 0.8 } as const;

/** Runs that are chosen together: one, or a pair of one seed for a ratio. */
export type Block = readonly Candidate[];

/** What has been chosen, and what the next block would add. */
export class Design {
  readonly #sweep: AdaptiveSweep;
  readonly #chosen: Set<number>;
  readonly #runs = new Map<Arm, readonly Candidate[]>();
  readonly #curves: ReadonlyMap<string, ReadonlyMap<string, PlanningCurve>>;

  /** @param options.chosen places in the plan, with or without an outcome */
  constructor(sweep: AdaptiveSweep, options: { chosen: Iterable<number>; outcomes: Outcomes }) {
    this.#sweep = sweep;
    this.#chosen = new Set(options.chosen);
    this.#curves = new Map(sweep.groups.map((group) => [group.id, planningCurves(group, options.outcomes)]));
  }

  /** Takes a block into the design. */
  add(block: Block): void {
    for (const { place } of block) this.#chosen.add(place);
    this.#runs.clear();
  }

  /** Runs with poison that are chosen for a size. */
  #runsOf(arm: Arm): readonly Candidate[] {
    const known = this.#runs.get(arm);
    if (known !== undefined) return known;
    const runs = arm.outcomes.filter(({ place, documents }) => documents > 0 && this.#chosen.has(place));
    this.#runs.set(arm, runs);
    return runs;
  }

  #success(arm: Arm, documents: number): number {
    const curve = this.#curves.get(arm.group)?.get(arm.id);
    return curve === undefined ? 0.5 : expectedSuccess(curve, documents);
  }

  /** Counts worth a run: those in the useful range, or the nearest on either side of P50. */
  #usefulCounts(arm: Arm): number[] {
    const success = (count: number) => this.#success(arm, count);
    const below = arm.counts.filter((count) => success(count) <= 0.5).at(-1);
    const above = arm.counts.find((count) => success(count) > 0.5);
    return arm.counts.filter(
      (count) =>
        count === below ||
        count === above ||
        (success(count) >= USEFUL.minimum && success(count) <= USEFUL.maximum),
    );
  }

  /** Whether runs of five seeds are chosen, on both sides of P50 where the counts allow it. */
  isCovered(arm: Arm): boolean {
    const runs = this.#runsOf(arm);
    const isAbove = (count: number): boolean => this.#success(arm, count) > 0.5;
    const sides = new Set(arm.counts.map(isAbove));
    const tried = new Set(runs.map(({ documents }) => isAbove(documents)));
    return (
      tried.size === sides.size && new Set(runs.map(({ seed }) => seed)).size >= FEWEST_SEEDS_FOR_INTERVAL
    );
  }

  /**
   * The next run of a size: the useful count used least, the nearer to P50 where equal; its seed is the one that the size has
   * used least, the lowest where equal.
   * @param seed that it must have
   */
  nextRun(arm: Arm, seed?: number): Candidate | null {
    const used = this.#runsOf(arm);
    const usesOf = (key: 'documents' | 'seed') => {
      const uses = new Map<number, number>();
      for (const run of used) uses.set(run[key], (uses.get(run[key]) ?? 0) + 1);
      return (value: number) => uses.get(value) ?? 0;
    };
    const [countUses, seedUses] = [usesOf('documents'), usesOf('seed')];
    const far = (count: number) => Math.abs(this.#success(arm, count) - 0.5);
    const free = arm.outcomes.filter(
      (run) => !this.#chosen.has(run.place) && run.documents > 0 && (seed === undefined || run.seed === seed),
    );
    const freeCounts = new Set(free.map(({ documents }) => documents));
    const counts = this.#usefulCounts(arm)
      .filter((count) => freeCounts.has(count))
      .sort((one, other) => countUses(one) - countUses(other) || far(one) - far(other) || one - other);
    const [first] = free
      .filter(({ documents }) => documents === counts[0])
      .sort((one, other) => seedUses(one.seed) - seedUses(other.seed) || one.seed - other.seed);
    return first ?? null;
  }

  /** Controls that a size lacks. */
  controlsOf(arm: Arm): Candidate[] {
    const controls = arm.outcomes
      .filter(({ documents }) => documents === 0)
      .sort((a, b) => a.seed - b.seed)
      .slice(0, this.#sweep.settings.controls);
    return controls.filter(({ place }) => !this.#chosen.has(place));
  }

  /** p (1 - p), summed over the runs of a size. */
  #information(arm: Arm, also: readonly Candidate[] = []): number {
    return [...this.#runsOf(arm), ...also].reduce((sum, { documents }) => {
      const p = this.#success(arm, documents);
      return sum + p * (1 - p);
    }, 0);
  }

  /** Information about a slope: the weighted squares of log10 D about their mean. */
  #slopeInformation({ arms }: AdaptiveGroup, arm?: Arm, also: readonly Candidate[] = []): number {
    const units = arms.map((own) => ({
      weight: this.#information(own, own === arm ? also : []),
      x: log10(own.tokens),
    }));
    const total = units.reduce((sum, { weight }) => sum + weight, 0);
    if (total === 0) return 0;
    const mean = units.reduce((sum, { weight, x }) => sum + weight * x, 0) / total;
    return units.reduce((sum, { weight, x }) => sum + weight * (x - mean) * (x - mean), 0);
  }

  /** Blocks that could come next for a target, each with what it would add to what is known of it. */
  #options({ arms }: Target): { block: Block; gain: number }[] {
    const { goal } = this.#sweep.settings;
    if (goal.kind === 'ratio') return this.#pairs(arms);
    return arms.flatMap((arm) => {
      const run = this.nextRun(arm);
      if (run === null) return [];
      const p = this.#success(arm, run.documents);
      const group = this.#sweep.groups.find(({ id }) => id === arm.group);
      const isSlope = goal.kind === 'alpha' && group !== undefined;
      const gain = isSlope
        ? this.#slopeInformation(group, arm, [run]) - this.#slopeInformation(group)
        : p * (1 - p);
      return [{ block: [run], gain }];
    });
  }

  /** A pair and what it adds to what is known of the ratio. */
  #pairs(sides: readonly Arm[]): { block: Block; gain: number }[] {
    const block = this.nextPair(sides);
    if (block === null) return [];
    const known = (also: readonly Candidate[]): number => {
      const each = sides.map((arm) =>
        this.#information(
          arm,
          also.filter((run) => arm.outcomes.includes(run)),
        ),
      );
      return 1 / each.reduce((sum, information) => sum + 1 / information, 0);
    };
    return [{ block, gain: known(block) - known([]) }];
  }

  /** Runs of one seed, so that each side has as many of it: the seed that the sides have used least. */
  nextPair(sides: readonly Arm[]): Block | null {
    const seeds = [...new Set(sides.flatMap(({ outcomes }) => outcomes.map(({ seed }) => seed)))];
    const usesOf = (arm: Arm, seed: number) => this.#runsOf(arm).filter((run) => run.seed === seed).length;
    const level = (seed: number) => Math.min(...sides.map((arm) => usesOf(arm, seed)));
    seeds.sort((a, b) => level(a) - level(b) || a - b);
    for (const seed of seeds) {
      const behind = sides.filter((arm) => usesOf(arm, seed) <= level(seed));
      const block = behind.flatMap((arm) => this.nextRun(arm, seed) ?? []);
      if (block.length === behind.length) return block;
    }
    return null;
  }

  /** The next block of sizes that are chosen together. */
  next(unit: readonly Arm[]): Block | null {
    if (unit.length > 1) return this.nextPair(unit);
    const run = this.nextRun(unit[0]);
    return run === null ? null : [run];
  }

  /** The block that adds most per operation, of those that fit. */
  best(targets: readonly Target[], fits: (block: Block) => boolean): Block | null {
    let found: { block: Block; value: number } | null = null;
    for (const { block, gain } of targets.flatMap((target) => this.#options(target))) {
      const value = gain / flopsOf(block);
      if (fits(block) && (found === null || value > found.value)) found = { block, value };
    }
    return found?.block ?? null;
  }
}

/** Operations of runs. */
export function flopsOf(runs: Iterable<Pick<Candidate, 'flops'>>): number {
  let sum = 0;
  for (const { flops } of runs) sum += flops;
  return sum;
}

/** Sizes that are chosen together: each by itself, or for a ratio that of a setting with that of the first. */
export function unitsOf({ settings: { goal }, groups }: AdaptiveSweep): (readonly Arm[])[] {
  const [base, ...others] = groups;
  if (goal.kind === 'ratio') return others.flatMap((own) => pairedArms(own, base));
  return groups.flatMap(({ arms }) => arms.map((arm) => [arm]));
}
