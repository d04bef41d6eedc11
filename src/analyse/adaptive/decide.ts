// The decisions of an adaptive sweep. Each is a pure function of the config and of the records of the batches before, so
// that machines, workers and interruptions change nothing, and anybody can make the decisions again.
import { InputError } from '../../core/errors.ts';
import type { AdaptiveSweep, Arm, Candidate, Outcomes } from './adaptive-sweep.ts';
import { type Block, Design, flopsOf, unitsOf } from './design.ts';
import { measureGoal, type Target } from './measure-goal.ts';

/** Batches are filled to end together on this many workers, however many there are. */
const NOMINAL_WORKERS = 2;
/** The first grid of a size: counts spread over those that may be used, and seeds. */
const FIRST_COUNTS = 5;
const FIRST_SEEDS = 2;
/** A batch costs about this share of what was spent before, or one run for each nominal worker. */
const BATCH_SHARE = 0.25;

/** What is decided once a batch is complete. */
export interface Decision {
  /** Planned operations of the runs chosen before. */
  readonly spentFlops: number;
  readonly targets: readonly Target[];
  /** Places in the plan of the next batch; none: the sweep ends. */
  readonly batch: readonly number[];
  /** Why it ends. */
  readonly end?: SweepEnd;
}

export interface SweepEnd {
  readonly kind: 'reached' | 'limited' | 'lost' | 'budget' | 'runs';
  /** A sentence. */
  readonly text: string;
}

/** The operations of the busier of the nominal workers, longest run first. */
function makespan(runs: readonly Candidate[]): number {
  const loads = new Array<number>(NOMINAL_WORKERS).fill(0);
  for (const { flops } of [...runs].sort((a, b) => b.flops - a.flops)) {
    const least = loads.indexOf(Math.min(...loads));
    loads[least] += flops;
  }
  return Math.max(...loads);
}

/** Up to `number` of the counts, evenly spread over their list, the ends among them. */
function spread(counts: readonly number[], number: number): number[] {
  const places = Array.from({ length: number }, (_, i) =>
    Math.round((i * (counts.length - 1)) / (number - 1)),
  );
  return [...new Set(places)].map((place) => counts[place]);
}

/** The small grid that a sweep begins with: the cheapest size of every setting. */
function firstGrid({ groups }: AdaptiveSweep, design: Design): Candidate[] {
  return groups.flatMap(({ arms: [arm] }) => {
    const seeds = [...new Set(arm.outcomes.map(({ seed }) => seed))]
      .sort((a, b) => a - b)
      .slice(0, FIRST_SEEDS);
    const counts = spread(arm.counts, FIRST_COUNTS);
    const grid = arm.outcomes.filter(
      ({ documents, seed }) => counts.includes(documents) && seeds.includes(seed),
    );
    return [...design.controlsOf(arm), ...grid];
  });
}

/** Sizes that are chosen together. */
type Unit = readonly Arm[];

/** Runs for the cheapest of the units, as long as one wants more, up to `most` blocks each. */
function runsFor(
  units: readonly Unit[],
  design: Design,
  wants: (unit: Unit) => boolean,
  most: number,
): Candidate[] {
  const least = Math.min(...units.map(flopsOf));
  return units
    .filter((unit) => flopsOf(unit) === least)
    .flatMap((unit) => {
      const chosen: Candidate[] = [];
      const take = (block: Block) => {
        design.add(block);
        chosen.push(...block);
      };
      for (const arm of unit) take(design.controlsOf(arm));
      for (let i = 0; i < most && wants(unit); i++) {
        const block = design.next(unit);
        if (block === null) break;
        take(block);
      }
      return chosen;
    });
}

/** Ten runs are more than five seeds on both sides of P50 can need. */
const MOST_FOR_COVER = 10;
const MOST_TO_SETTLE = 2;

/**
 * Runs that every size must have: of five seeds, on both sides of P50, the cheapest size first; and where a target is exact
 * enough, those of sizes whose own P50 does not lie within the counts tried.
 */
function required(sweep: AdaptiveSweep, design: Design, targets: readonly Target[]): Candidate[] {
  const live = new Set(targets.flatMap(({ arms }) => arms));
  const units = unitsOf(sweep).filter((unit) => unit.every((arm) => live.has(arm)));
  const isCovered = (unit: Unit) => unit.every((arm) => design.isCovered(arm));
  const lacking = units.filter((unit) => !isCovered(unit));
  if (lacking.length > 0) return runsFor(lacking, design, (unit) => !isCovered(unit), MOST_FOR_COVER);
  const unsettled = targets
    .filter(({ halfWidth, wanted }) => halfWidth !== null && halfWidth <= wanted)
    .flatMap((target) => target.unsettled.map((arm): Unit => [arm]));
  return runsFor(unsettled, design, () => true, MOST_TO_SETTLE);
}

/** Fills a batch with what tells most for its cost. */
function fill(
  batch: Candidate[],
  design: Design,
  options: { targets: readonly Target[]; spent: number; left: number },
): void {
  const { targets, spent, left } = options;
  const share = (BATCH_SHARE * spent) / NOMINAL_WORKERS;
  const spanOf = () => (batch.length === 0 ? Infinity : Math.max(makespan(batch), share));
  let span = spanOf();
  const fits = (block: Block) =>
    flopsOf(batch) + flopsOf(block) <= left && makespan([...batch, ...block]) <= span;
  for (let block = design.best(targets, fits); block !== null; block = design.best(targets, fits)) {
    design.add(block);
    batch.push(...block);
    if (span === Infinity) span = spanOf();
  }
}

const sentence = (parts: readonly string[]): string => `${parts.join('; ')}.`;

/** Why no more runs are wanted; null while some are. */
function endOf(targets: readonly Target[]): SweepEnd | null {
  if (targets.some(({ state }) => state === 'open')) return null;
  const reasons = targets.flatMap(({ name, reason }) => (reason === undefined ? [] : [`${name}: ${reason}`]));
  if (reasons.length === 0) return { kind: 'reached', text: 'The goal is reached.' };
  const kind = targets.some(({ state }) => state === 'lost') ? 'lost' : 'limited';
  return { kind, text: sentence(reasons) };
}

/**
 * The next batch, or why there is none.
 * @param past.chosen places in the plan of all batches before, each with an outcome
 * @param past.draws of each bootstrap
 * @throws InputError where the budget does not hold the first grid
 */
export function decide(
  sweep: AdaptiveSweep,
  past: { chosen: readonly number[]; outcomes: Outcomes; draws: number },
): Decision {
  const { chosen, outcomes, draws } = past;
  const { budgetFlops } = sweep.settings;
  const spentFlops = flopsOf(chosen.map((place) => sweep.candidates[place]));
  const isFirst = chosen.length === 0;
  const targets = isFirst ? [] : measureGoal(sweep, { outcomes, draws });
  const end = isFirst ? null : endOf(targets);
  if (end !== null) return { spentFlops, targets, batch: [], end };
  const left = budgetFlops - spentFlops;
  const design = new Design(sweep, { chosen, outcomes });
  const open = targets.filter(({ state }) => state === 'open');
  const batch = isFirst ? firstGrid(sweep, design) : required(sweep, design, open);
  if (isFirst && flopsOf(batch) > left)
    throw new InputError(
      `sweep.adaptive.budgetFlops is ${budgetFlops.toPrecision(3)}, and the small grid that comes first takes ${flopsOf(batch).toPrecision(3)} operations: ` +
        'give a larger budget, or fewer sizes, counts or tokens',
    );
  if (flopsOf(batch) > left)
    return { spentFlops, targets, batch: [], end: budgetEnd(spentFlops, budgetFlops) };
  fill(batch, design, { targets: open, spent: spentFlops, left });
  const places = [...new Set(batch.map(({ place }) => place))].sort((a, b) => a - b);
  if (places.length > 0) return { spentFlops, targets, batch: places };
  const isPoor = design.best(open, () => true) !== null;
  const text =
    'Every run of the grid that tells something about the goal is done: give more seeds or counts.';
  return {
    ...{ spentFlops, targets, batch: [] },
    end: isPoor ? budgetEnd(spentFlops, budgetFlops) : { kind: 'runs', text },
  };
}

function budgetEnd(spent: number, budget: number): SweepEnd {
  const share = Math.round((100 * spent) / budget);
  return {
    kind: 'budget',
    text: `The budget is spent (${share} %): the next runs do not fit into what is left. A larger sweep.adaptive.budgetFlops goes on from here.`,
  };
}

/** A sweep as far as it is complete. */
export interface Replay {
  readonly decisions: readonly Decision[];
  /** Runs of the last batch that have no outcome yet, by place; none: the sweep has ended. */
  readonly missing: readonly number[];
  /** Places chosen, those that are missing included. */
  readonly chosen: readonly number[];
}

/**
 * Makes the decisions of a sweep again from its outcomes.
 * @param options.outcomes of chosen runs; others are never looked at
 */
export function replay(sweep: AdaptiveSweep, options: { outcomes: Outcomes; draws: number }): Replay {
  const { outcomes, draws } = options;
  const decisions: Decision[] = [];
  const chosen: number[] = [];
  const known = new Map<number, NonNullable<ReturnType<Outcomes['get']>>>();
  for (;;) {
    const decision = decide(sweep, { chosen, outcomes: known, draws });
    decisions.push(decision);
    chosen.push(...decision.batch);
    const missing = decision.batch.filter((place) => !outcomes.has(place));
    if (missing.length > 0 || decision.batch.length === 0) return { decisions, missing, chosen };
    for (const place of decision.batch) {
      const found = outcomes.get(place);
      if (found !== undefined) known.set(place, found);
    }
  }
}
